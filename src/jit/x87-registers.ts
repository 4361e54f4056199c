/** The x87 registers that compiled code keeps in locals, counted from `Local.X87Base`. */
import type { CodeWriter } from './code-writer.js';
import type { StateAddresses } from './core-layout.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

export const REGISTERS = 8;
const REGISTER_SHIFT = 4;
/** Offset of sign and exponent in a register. */
const UPPER = 8;

/** Where a number is: the locals of its significand, and of its sign and exponent. */
export interface NumberLocals {
  readonly significand: number;
  readonly upper: number;
}

/** The locals of register n. */
export function localsOfRegister(n: number): NumberLocals {
  return { significand: Local.X87Significand + n, upper: Local.X87Upper + n };
}

/** Bit n: the locals have register n; they have been written to. */
export interface KeptRegisters {
  readonly kept: number;
  readonly changed: number;
}

export class X87Registers {
  private kept = 0;
  private changed = 0;

  constructor(
    private readonly code: CodeWriter,
    private readonly addresses: StateAddresses,
  ) {}

  /** Bit n: register n is in its locals only. */
  get dirty(): number {
    return this.changed;
  }

  /** None is kept. */
  open(): void {
    this.kept = 0;
    this.changed = 0;
  }

  get state(): KeptRegisters {
    return { kept: this.kept, changed: this.changed };
  }

  restore({ kept, changed }: KeptRegisters): void {
    this.kept = kept;
    this.changed = changed;
  }

  /** Brings register n into its locals. */
  keep(n: number): NumberLocals {
    const { code } = this;
    const { registers } = this.addresses.x87;
    const locals = localsOfRegister(n);
    if (((this.kept >> n) & 1) !== 0) return locals;
    this.kept |= 1 << n;
    this.pushAddress(n);
    code.tee(Local.Narrow0);
    code.memory(Op.I64Load, registers);
    code.set(locals.significand);
    code.get(Local.Narrow0);
    code.memory(Op.I32Load16U, registers + UPPER);
    code.set(locals.upper);
    return locals;
  }

  /** The locals of register n, which is kept, have been written to. */
  change(n: number): void {
    this.changed |= 1 << n;
  }

  /** All of register n is in its locals. */
  assign(n: number): void {
    this.kept |= 1 << n;
    this.change(n);
  }

  /** Writes back what has changed. */
  store(): void {
    for (let n = 0; n < REGISTERS; n++) if (((this.changed >> n) & 1) !== 0) this.storeOne(n);
  }

  private storeOne(n: number): void {
    const { code } = this;
    const { registers } = this.addresses.x87;
    const { significand, upper } = localsOfRegister(n);
    this.pushAddress(n);
    code.tee(Local.Narrow0);
    code.get(significand);
    code.memory(Op.I64Store, registers);
    code.get(Local.Narrow0);
    code.get(upper);
    code.memory(Op.I32Store16, registers + UPPER);
  }

  /** Pushes where register n is, from the first one on. */
  private pushAddress(n: number): void {
    const { code } = this;
    pushPhysical(code, n);
    code.i32(REGISTER_SHIFT);
    code.op(Op.I32Shl);
  }
}

/** Pushes the physical number of register n. */
export function pushPhysical(code: CodeWriter, n: number): void {
  code.get(Local.X87Base);
  if (n === 0) return;
  code.i32(n);
  code.op(Op.I32Add);
  code.i32(REGISTERS - 1);
  code.op(Op.I32And);
}
