/**
 * The halves of vector registers that a region uses, in locals.
 *
 * Within a stretch of floating-point arithmetic (float-trial.ts) scalars are kept by themselves, and put into their vectors where
 * these are wanted as a whole: else each operation would take its operands out of vectors and put its result into one.
 */
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

/** A scalar that is kept in a local of its own. */
interface Lane {
  readonly isDouble: boolean;
  /** The vector does not have it yet. */
  isNew: boolean;
}

export class VectorRegisters {
  /** Local of each half that has one: low halves by register number, then high ones. */
  private readonly locals = new Map<number, number>();

  /** Of the lowest lanes, by register. */
  private readonly lanes = new Map<number, Lane>();
  /** Scalars are kept by themselves. */
  keepsLanes = false;

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
    if (half === Half.Low) this.settle(register);
    this.code.get(this.locals.get(key(register, half))!);
  }

  /** Pops a vector. */
  set(register: number, half = Half.Low): void {
    if (half === Half.Low) this.lanes.delete(register);
    this.code.set(this.locals.get(key(register, half))!);
  }

  /** Pushes the lowest lane of the lower half. */
  pushLane(register: number, isDouble: boolean): void {
    const { code } = this;
    const local = this.laneLocal(register, isDouble);
    if (this.lanes.get(register)?.isDouble === isDouble) return code.get(local);
    this.push(register);
    code.simdLane(isDouble ? Simd.F64x2Extract : Simd.F32x4Extract, 0);
    if (!this.keepsLanes) return;
    code.tee(local);
    this.lanes.set(register, { isDouble, isNew: false });
  }

  /** Lower half of a register ← that of `rest` with its lowest lane from what `pushValue` pushes. */
  setLane(register: number, rest: number, isDouble: boolean, pushValue: () => void): void {
    const { code, keepsLanes } = this;
    if (!keepsLanes) {
      this.push(rest);
      pushValue();
      code.simdLane(isDouble ? Simd.F64x2Replace : Simd.F32x4Replace, 0);
      return this.set(register);
    }
    pushValue();
    code.set(this.laneLocal(register, isDouble));
    if (this.lanes.get(rest)?.isDouble === !isDouble) this.settle(rest);
    if (register !== rest) this.copy(register, rest);
    this.lanes.set(register, { isDouble, isNew: true });
  }

  /** Lower half of a register ← that of another. */
  move(register: number, from: number): void {
    const lane = this.lanes.get(from);
    if (lane?.isNew === true) {
      this.code.get(this.laneLocal(from, lane.isDouble));
      this.code.set(this.laneLocal(register, lane.isDouble));
    }
    this.copy(register, from);
    this.lanes.delete(register);
    if (lane?.isNew === true) this.lanes.set(register, { ...lane });
  }

  /** Puts all lasting scalars into their vectors. */
  settleLanes(): void {
    for (const register of this.lanes.keys()) if (((LASTING >>> register) & 1) !== 0) this.settle(register);
    this.lanes.clear();
  }

  /** Puts the lowest lane of a register into its vector. */
  private settle(register: number): void {
    const lane = this.lanes.get(register);
    if (lane?.isNew !== true) return;
    const { code } = this;
    const local = this.locals.get(key(register, Half.Low))!;
    code.get(local);
    code.get(this.laneLocal(register, lane.isDouble));
    code.simdLane(lane.isDouble ? Simd.F64x2Replace : Simd.F32x4Replace, 0);
    code.set(local);
    lane.isNew = false;
  }

  private copy(register: number, from: number): void {
    if (register === from) return;
    this.code.get(this.locals.get(key(from, Half.Low))!);
    this.code.set(this.locals.get(key(register, Half.Low))!);
  }

  private laneLocal(register: number, isDouble: boolean): number {
    const first = Local.Vectors + 2 * this.count;
    return first + register + (isDouble ? 0 : VectorRegister.Count);
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
