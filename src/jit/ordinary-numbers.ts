/**
 * What is known of the numbers in vector registers within a trial (float-trial.ts), and what has yet to be looked at: operands
 * that come from elsewhere, whose exponents must be ordinary (float-range.ts).
 */
import { Uop } from '../../assembly/abi/uop.js';
import { VectorOp } from '../../assembly/abi/vector-op.js';
import { VectorRegister } from '../../assembly/abi/vector-register.js';
import type { CodeWriter } from './code-writer.js';
import { either, type FloatRange, ordinaryRange, ORDINARY_EXPONENT } from './float-range.js';
import { DOUBTS, Local } from './locals.js';
import type { UopFields } from './region.js';
import { Simd } from './simd-opcodes.js';
import { Half, type VectorRegisters } from './vector-registers.js';
import { bytesOf } from './vector-row.js';
import { operationOf, vectorUse } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** The part of the emitter that is needed here. */
interface Ground {
  readonly code: CodeWriter;
  readonly vectors: VectorRegisters;
  open(op: Op.If): void;
  close(): void;
  /** Gives up if the i32 on top of the stack is not zero. */
  retreatIf(): void;
}

/** A value to be looked at. */
interface Doubt {
  local: number;
  readonly isDouble: boolean;
  /** All its lanes count, not just the lowest. */
  readonly isWhole: boolean;
  mustBeNonzero: boolean;
}

/** Values that are looked at together: whether the words of these lanes have exponents that count, one bit each. */
interface Vector extends Doubt {
  readonly lanes: number;
}
const FIRST_LANE = 1;
const SECOND_LANE = 2;
const LOW_LANES = 3;
const ODD_LANES = 10;
const ALL_LANES = 15;

/** What is known of half of a vector register. */
interface Known {
  readonly isDouble: boolean;
  readonly isWhole: boolean;
  range: FloatRange;
  /** It is so if this comes out well. */
  doubt?: Doubt | undefined;
}

/** Of exponents as they lie in a word that has been shifted left by one: where they begin, of one, and how far ordinary ones go. */
const BIAS = { single: 127, double: 1023 } as const;
const EXPONENT_SHIFT = { single: 24, double: 21 } as const;
const SIGN = 0x8000_0000;

export class OrdinaryNumbers {
  private readonly known = new Map<number, Known>();
  private doubts: Doubt[] = [];

  constructor(private readonly ground: Ground) {}

  /** Looks at half of a register, unless it is known to be finite, not denormal and as wanted. */
  range(
    register: number,
    half: Half,
    isDouble: boolean,
    isWhole: boolean,
    mustBeNonzero = false,
  ): FloatRange {
    const known = this.known.get(key(register, half));
    if (known?.isDouble !== isDouble || (isWhole && !known.isWhole))
      return this.doubt(register, half, isDouble, isWhole, mustBeNonzero);
    if (!mustBeNonzero || known.range.isNonzero) return known.range;
    if (known.doubt === undefined || !this.doubts.includes(known.doubt))
      return this.doubt(register, half, isDouble, isWhole, mustBeNonzero);
    known.doubt.mustBeNonzero = true;
    return (known.range = ordinaryRange(isDouble, true));
  }

  /** Looks at half of a register in any case. */
  doubt(
    register: number,
    half: Half,
    isDouble: boolean,
    isWhole: boolean,
    mustBeNonzero = false,
  ): FloatRange {
    const { code, vectors } = this.ground;
    if (this.doubts.length === DOUBTS) this.check();
    const local = Local.Doubts + this.doubts.length;
    const doubt: Doubt = { local, isDouble, isWhole, mustBeNonzero };
    vectors.push(register, half);
    code.set(local);
    this.doubts.push(doubt);
    const range = ordinaryRange(isDouble, mustBeNonzero);
    this.known.set(key(register, half), { isDouble, isWhole, range, doubt });
    return range;
  }

  set(register: number, half: Half, isDouble: boolean, isWhole: boolean, range: FloatRange): void {
    this.known.set(key(register, half), { isDouble, isWhole, range });
  }

  /** Forgets what a micro-op overwrites. */
  forget(uop: UopFields): void {
    const moved = this.moved(uop);
    const { writtenLow, writtenHigh } = vectorUse(uop);
    for (let register = 0; register < VectorRegister.Count; register++) {
      if (((writtenLow >>> register) & 1) !== 0) this.known.delete(key(register, Half.Low));
      if (((writtenHigh >>> register) & 1) !== 0) this.known.delete(key(register, Half.High));
    }
    if (moved !== undefined) this.known.set(key(uop.a, Half.Low), moved);
  }

  /** What a move or an unpacking leaves in the lower half of its destination. */
  private moved(uop: UopFields): Known | undefined {
    if (uop.code !== Uop.Vector) return undefined;
    const first = this.known.get(key(uop.b, Half.Low));
    const second = this.known.get(key(uop.c, Half.Low));
    switch (operationOf(uop) as VectorOp) {
      case VectorOp.Move:
        return second;
      case VectorOp.MoveLow32:
        return second?.isDouble === false ? { ...second, isWhole: false } : undefined;
      case VectorOp.MoveLow64:
      case VectorOp.MoveZero64:
        return second && { ...second, isWhole: false };
      case VectorOp.DuplicateEven64:
        return both(second, second, false);
      case VectorOp.UnpackLow64:
        return both(first, second, false);
      case VectorOp.UnpackHigh64:
      case VectorOp.ShufflePairs64:
        return both(first, second, true);
      default:
        return undefined;
    }
  }

  /** Gives up if something that waits is not ordinary. */
  check(): void {
    if (this.doubts.length === 0) return;
    const formats = [this.gather(true), this.gather(false)].filter(({ length }) => length > 0);
    this.doubts = [];
    const { ground } = this;
    this.pushOutside(formats);
    ground.open(Op.If);
    for (const vector of formats.flat()) if (!vector.mustBeNonzero) this.replaceZeros(vector);
    this.pushOutside(formats);
    ground.retreatIf();
    ground.close();
  }

  /** The values of a format as vectors, in the locals of the first of each: scalars are put together. */
  private gather(isDouble: boolean): Vector[] {
    const own = this.doubts.filter((doubt) => doubt.isDouble === isDouble);
    const scalars = own
      .filter(({ isWhole }) => !isWhole)
      .map((doubt) => ({ ...doubt, lanes: isDouble ? SECOND_LANE : FIRST_LANE }));
    const isAlone = own.length === 1;
    const wholes = own
      .filter(({ isWhole }) => isWhole)
      .map((doubt) => ({ ...doubt, lanes: isDouble && isAlone ? ODD_LANES : ALL_LANES }));
    if (scalars.length === 1 && isAlone) return scalars;
    if (isDouble) return [...wholes, ...this.pairs(scalars, 8, own.length === 2 ? ODD_LANES : ALL_LANES)];
    const pairs = this.pairs(scalars, 4, LOW_LANES);
    return own.length === 2 && wholes.length === 0 ? pairs : [...wholes, ...this.pairs(pairs, 8, ALL_LANES)];
  }

  /** The lowest bytes of two values beside each other, and so on. */
  private pairs(values: readonly Vector[], width: number, lanes: number): Vector[] {
    const { code } = this.ground;
    const pairs: Vector[] = [];
    for (let i = 0; i < values.length; i += 2) {
      const first = values[i]!;
      const second = values[i + 1] ?? first;
      code.get(first.local);
      code.get(second.local);
      code.shuffle(width === 8 ? bytesOf(8, [0, 2]) : bytesOf(4, [0, 4, 1, 5]));
      code.set(first.local);
      pairs.push({ ...first, lanes, mustBeNonzero: first.mustBeNonzero || second.mustBeNonzero });
    }
    return pairs;
  }

  /** Pushes whether an exponent is not ordinary (i32). */
  private pushOutside(formats: readonly (readonly Vector[])[]): void {
    const { code } = this.ground;
    formats.forEach((vectors, i) => {
      this.pushFarLanes(vectors, vectors[0]!.isDouble);
      code.simd(Simd.I32x4BitMask);
      const lanes = vectors.length === 1 ? vectors[0]!.lanes : ALL_LANES;
      if (lanes !== ALL_LANES) {
        code.i32(lanes);
        code.op(Op.I32And);
      }
      if (i > 0) code.op(Op.I32Or);
    });
  }

  /** Pushes a vector with ones in lanes where an exponent is not ordinary: one signed comparison, of the largest. */
  private pushFarLanes(vectors: readonly Vector[], isDouble: boolean): void {
    const { code } = this.ground;
    const format = isDouble ? 'double' : 'single';
    const span = ORDINARY_EXPONENT[format];
    const unit = EXPONENT_SHIFT[format];
    const step = isDouble ? 2 : 1;
    for (let i = 0; i < vectors.length; i += step) {
      code.get(vectors[i]!.local);
      if (isDouble && vectors.length > 1) {
        code.get((vectors[i + 1] ?? vectors[i]!).local);
        code.shuffle(bytesOf(4, [1, 3, 5, 7]));
      }
      code.i32(1);
      code.simd(Simd.I32x4Shl);
      const least = ((BIAS[format] - span) << unit) + SIGN;
      code.splat64(least, least);
      code.simd(Simd.I32x4Sub);
      if (i > 0) code.simd(Simd.I32x4MaxS);
    }
    const most = ((2 * span) << unit) - 1 - SIGN;
    code.splat64(most, most);
    code.simd(Simd.I32x4GtS);
  }

  /** Lanes of a value that are zero ← a number below two. */
  private replaceZeros({ local, isDouble }: Vector): void {
    const { code } = this.ground;
    code.get(local);
    code.get(local);
    code.splat64(0, 0);
    code.simd(isDouble ? Simd.F64x2Eq : Simd.F32x4Eq);
    // All ones, without those above the exponent of one.
    code.i32(2);
    code.simd(isDouble ? Simd.I64x2ShrU : Simd.I32x4ShrU);
    code.simd(Simd.Or);
    code.set(local);
  }
}

function key(register: number, half: Half): number {
  return register + half * VectorRegister.Count;
}

/** A pair of doubles, of which one is from each. */
function both(first: Known | undefined, second: Known | undefined, isOfWhole: boolean): Known | undefined {
  if (first?.isDouble !== true || second?.isDouble !== true) return undefined;
  if (isOfWhole && !(first.isWhole && second.isWhole)) return undefined;
  return { isDouble: true, isWhole: true, range: either(first.range, second.range) };
}
