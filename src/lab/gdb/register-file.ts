/** The guest's registers in GDB's order and form. */
import { VmexitError } from '../../errors.js';
import type { Vm } from '../../hypervisor/vm.js';
import { hexToValue, valueToHex } from './hex.js';
import { describeTarget, type TargetDescription, type TargetRegister } from './target-description.js';

/** A register of which only the base is meant. */
const BASE = /^(fs|gs)\.base$/;

export class RegisterFile {
  /** GDB does not take another one later. */
  private readonly target: TargetDescription;

  /** @param isLong The registers of x86-64, or of i386; unless given, of the code that the guest executes now. */
  constructor(
    private readonly vm: Vm,
    isLong: boolean | undefined,
  ) {
    this.target = describeTarget(isLong ?? vm.codeAt(vm.registers.get('rip')).bits === 64);
  }

  get xml(): string {
    return this.target.xml;
  }

  /** The g packet's answer. */
  readAll(): string {
    return this.target.registers.map((register) => this.show(register)).join('');
  }

  /** The G packet; false if a part of it is no value for its register. */
  writeAll(text: string): boolean {
    let at = 0;
    for (const register of this.target.registers) {
      const digits = register.bits / 4;
      const piece = text.slice(at, at + digits);
      at += digits;
      // What is as it was is not written: a register that cannot be written may be among them.
      if (piece !== '' && piece !== this.show(register) && !this.store(register, piece)) return false;
    }
    return true;
  }

  read(index: number): string | null {
    const register = this.target.registers[index];
    return register ? this.show(register) : null;
  }

  write(index: number, text: string): boolean {
    const register = this.target.registers[index];
    return register !== undefined && this.store(register, text);
  }

  private show({ source, bits }: TargetRegister): string {
    const segment = BASE.exec(source)?.[1] as 'fs' | 'gs' | undefined;
    const { registers } = this.vm;
    return valueToHex(segment ? registers.segment(segment).base : registers.get(source), bits / 8);
  }

  /** GDB has room for more bits than some registers have: those must be zero. */
  private store({ source, bits }: TargetRegister, text: string): boolean {
    const value = hexToValue(text);
    if (value === null || text.length !== bits / 4) return false;
    const { registers } = this.vm;
    const segment = BASE.exec(source)?.[1] as 'fs' | 'gs' | undefined;
    try {
      if (segment) registers.setSegment(segment, { ...registers.segment(segment), base: value });
      else registers.set(source, value);
      return true;
    } catch (error) {
      if (error instanceof VmexitError) return false;
      throw error;
    }
  }
}
