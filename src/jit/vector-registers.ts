/** The halves of vector registers that a region uses, in locals. */
import { VECTOR_SHIFT, VectorRegister } from '../../assembly/abi/vector-register.js';
import type { CodeWriter } from './code-writer.js';
import { Local } from './locals.js';
import { Simd } from './simd-opcodes.js';
import type { VectorUse } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

const HALF_BYTES = 16;
/** The architectural registers; temporaries are dead where a region begins and ends. */
const LASTING = (1 << VectorRegister.T0) - 1;

/** Which half of a vector register: the lower 128 bits or the upper. */
export enum Half {
  Low,
  High,
}

export class VectorRegisters {
  /** Local of each half that has one: low halves by register number, then high ones. */
  private readonly locals = new Map<number, number>();

  constructor(
    private readonly code: CodeWriter,
    /** Of the vector file. */
    private readonly address: number,
    /** What the whole region touches. */
    private readonly use: VectorUse,
  ) {
    const { readLow, readHigh, writtenLow, writtenHigh } = use;
    this.allocate(readLow | writtenLow, Half.Low);
    // Nobody misses the upper half of a temporary that is not read.
    this.allocate(readHigh | (writtenHigh & LASTING), Half.High);
  }

  /** Locals that they take, from `Local.Vectors` on. */
  get count(): number {
    return this.locals.size;
  }

  private allocate(registers: number, half: Half): void {
    each(registers, (register) => this.locals.set(key(register, half), Local.Vectors + this.locals.size));
  }

  /** The local that keeps what is in the local of a half while a stretch may be undone. */
  savedLocal(local: number): number {
    return local + this.count;
  }

  /** Visits the locals of lasting halves that `use` writes. */
  eachWritten({ writtenLow, writtenHigh }: VectorUse, visit: (local: number) => void): void {
    this.exchange(writtenLow & LASTING, writtenHigh & LASTING, visit);
  }

  has(register: number, half: Half): boolean {
    return this.locals.has(key(register, half));
  }

  push(register: number, half = Half.Low): void {
    this.code.get(this.locals.get(key(register, half))!);
  }

  /** Pops a vector. */
  set(register: number, half = Half.Low): void {
    this.code.set(this.locals.get(key(register, half))!);
  }

  /** Pops the upper half, if anybody could see it. */
  setHigh(register: number): void {
    if (this.has(register, Half.High)) this.set(register, Half.High);
    else this.code.op(Op.Drop);
  }

  /** Clears the upper half, if anybody could see it. */
  clearHigh(register: number): void {
    if (!this.has(register, Half.High)) return;
    this.code.splat64(0, 0);
    this.set(register, Half.High);
  }

  /** Locals ← the vector file. */
  load(code: CodeWriter, low = LASTING, high = LASTING): void {
    this.exchange(low, high, (local, address) => {
      code.i32(0);
      code.simdMemory(Simd.Load, address);
      code.set(local);
    });
  }

  /** The vector file ← locals that the region writes. */
  store(code: CodeWriter, low = LASTING, high = LASTING): void {
    this.exchange(low & this.use.writtenLow, high & this.use.writtenHigh, (local, address) => {
      code.i32(0);
      code.get(local);
      code.simdMemory(Simd.Store, address);
    });
  }

  private exchange(low: number, high: number, visit: (local: number, address: number) => void): void {
    for (const [registers, half] of [
      [low, Half.Low],
      [high, Half.High],
    ] as const) {
      each(registers, (register) => {
        const local = this.locals.get(key(register, half));
        if (local !== undefined) visit(local, this.address + (register << VECTOR_SHIFT) + half * HALF_BYTES);
      });
    }
  }
}

function key(register: number, half: Half): number {
  return register + half * VectorRegister.Count;
}

function each(registers: number, visit: (register: number) => void): void {
  for (let register = 0; register < VectorRegister.Count; register++) {
    if (((registers >>> register) & 1) !== 0) visit(register);
  }
}
