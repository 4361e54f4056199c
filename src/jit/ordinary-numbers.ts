/**
 * Operands within a trial (float-trial.ts) that come from elsewhere and have yet to be looked at: all together, their exponents
 * must be ordinary (float-range.ts).
 */
import { type Doubt, keyOf, KnownNumbers } from './known-numbers.js';
import { type FloatRange, ordinaryRange, ORDINARY_EXPONENT } from './float-range.js';
import { DOUBTS, Local } from './locals.js';
import { Simd } from './simd-opcodes.js';
import type { Half } from './vector-registers.js';
import { bytesOf } from './vector-row.js';
import { Op } from './wasm-opcodes.js';

/** Values that are looked at together: whether the words of these lanes have exponents that count, one bit each. */
interface Vector extends Doubt {
  readonly lanes: number;
}
const FIRST_LANE = 1;
const SECOND_LANE = 2;
const LOW_LANES = 3;
const ODD_LANES = 10;
const ALL_LANES = 15;

/** Of exponents as they lie in a word that has been shifted left by one: where they begin, of one, and how far ordinary ones go. */
const BIAS = { single: 127, double: 1023 } as const;
const EXPONENT_SHIFT = { single: 24, double: 21 } as const;
const SIGN = 0x8000_0000;

export class OrdinaryNumbers extends KnownNumbers {
  private doubts: Doubt[] = [];

  protected override isWaiting(doubt: Doubt | undefined): doubt is Doubt {
    return doubt !== undefined && this.doubts.includes(doubt);
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
    this.known.set(keyOf(register, half), { isDouble, isWhole, range, doubt });
    return range;
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
