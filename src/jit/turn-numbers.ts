/**
 * What is known of numbers in the turns of a loop that may be undone (tentative-loop.ts): those that come from elsewhere leave
 * marks of their exponents, which are looked at when the turns are over. Sums that turns add to need no look at all.
 */
import { FloatFormat, FloatOp } from '../../assembly/abi/float-op.js';
import type { CodeWriter } from './code-writer.js';
import { isLookedAt } from './float-operations.js';
import { halvesOf } from './float-packed.js';
import { formatOf } from './float-path.js';
import { type FloatRange, sumRange, TURN_EXPONENT, turnRange } from './float-range.js';
import { keyOf, KnownNumbers } from './known-numbers.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Simd } from './simd-opcodes.js';
import { Half } from './vector-registers.js';
import { addVectorUse, noUse, operationOf, type VectorUse, vectorUse } from './vector-use.js';

/** Half of a register as an operation takes it. */
interface Operand {
  readonly register: number;
  readonly half: Half;
  readonly isDouble: boolean;
  readonly isWhole: boolean;
}

const FORMATS = [
  { isDouble: true, isWhole: true },
  { isDouble: true, isWhole: false },
  { isDouble: false, isWhole: true },
  { isDouble: false, isWhole: false },
] as const;
type Format = (typeof FORMATS)[number];

/** In the word that has it: where an exponent begins, its bits, and that of one. */
const EXPONENT = {
  single: { shift: 23, bits: 8, bias: 127 },
  double: { shift: 20, bits: 11, bias: 1023 },
} as const;

function exponentOf(isDouble: boolean): { shift: number; bits: number; bias: number; span: number } {
  const format = isDouble ? 'double' : 'single';
  return { ...EXPONENT[format], span: TURN_EXPONENT[format] };
}

/** For each format: bits that are set in all values so far if all were ordinary. And a value while it is marked. */
const MARKS = Local.Doubts;
const VALUE = Local.Doubts + FORMATS.length;

export class TurnNumbers extends KnownNumbers {
  private formats: readonly Format[] = [];
  private sums: readonly Operand[] = [];

  /** Before the first turn: what the turns find in registers. */
  begin(uops: readonly UopFields[]): void {
    const { code } = this.ground;
    const operands = uops.filter(isLookedAt).flatMap(operandsOf);
    this.formats = FORMATS.filter((format) => operands.some((operand) => isFormat(operand, format)));
    for (const format of this.formats) {
      code.splat64(-1, -1);
      code.set(marksOf(format));
    }
    const { kept, sums } = carried(uops);
    this.sums = sums;
    for (const { register, half, isDouble, isWhole } of [...kept, ...sums])
      this.doubt(register, half, isDouble, isWhole);
    for (const { register, half, isDouble, isWhole } of sums)
      this.set(register, half, isDouble, isWhole, sumRange(isDouble), keyOf(register, half));
  }

  /** Exponents from -span to span - 1, moved to where their highest bits are ones; or zero, if it may be. */
  override doubt(
    register: number,
    half: Half,
    isDouble: boolean,
    isWhole: boolean,
    mustBeNonzero = false,
  ): FloatRange {
    const { code, vectors } = this.ground;
    const { shift, bits, bias, span } = exponentOf(isDouble);
    const moved = ((1 << bits) - 2 * span - (bias - span)) << shift;
    vectors.push(register, half);
    code.tee(VALUE);
    code.splat64(isDouble ? 0 : moved, moved);
    code.simd(isDouble ? Simd.I64x2Add : Simd.I32x4Add);
    if (!mustBeNonzero) {
      code.get(VALUE);
      code.splat64(0, 0);
      code.simd(isDouble ? Simd.F64x2Eq : Simd.F32x4Eq);
      code.simd(Simd.Or);
    }
    const marks = marksOf({ isDouble, isWhole });
    code.get(marks);
    code.simd(Simd.And);
    code.set(marks);
    const range = turnRange(isDouble, mustBeNonzero);
    this.set(register, half, isDouble, isWhole, range);
    return range;
  }

  /** After each turn: what the next finds where it expects a sum. */
  endTurn(): void {
    for (const { register, half, isDouble, isWhole } of this.sums) {
      const isSum = this.find(register, half, isDouble, isWhole)?.sum === keyOf(register, half);
      if (!isSum) this.doubt(register, half, isDouble, isWhole);
    }
  }

  /** After the last turn: gives all of them up if a value was not ordinary. */
  confirm(): void {
    const { code } = this.ground;
    this.formats.forEach((format, i) => {
      pushExpected(this.ground.code, format);
      code.get(marksOf(format));
      code.simd(Simd.AndNot);
      if (i > 0) code.simd(Simd.Or);
    });
    code.simd(Simd.AnyTrue);
    this.ground.retreatIf();
  }
}

function isFormat(operand: Format, format: Format): boolean {
  return operand.isDouble === format.isDouble && operand.isWhole === format.isWhole;
}

function marksOf(format: Format): number {
  return MARKS + FORMATS.findIndex((each) => isFormat(each, format));
}

/** Pushes the bits that are set in the marks of ordinary values, in the lanes that count. */
function pushExpected(code: CodeWriter, { isDouble, isWhole }: Format): void {
  const { shift, bits, span } = exponentOf(isDouble);
  const highest = ((1 << bits) - 2 * span) << shift;
  const lane = isDouble ? [0, highest] : [highest, isWhole ? highest : 0];
  code.words([...lane, ...(isWhole ? lane : [0, 0])]);
}

/** What an operation takes from registers. */
function operandsOf(uop: UopFields): Operand[] {
  const op: FloatOp = operationOf(uop);
  const format = formatOf(uop);
  const isWhole = format >= FloatFormat.PackedSingle;
  if (op === FloatOp.CvtSs2Sd || op === FloatOp.CvtSd2Ss)
    return [{ register: uop.c, half: Half.Low, isDouble: op === FloatOp.CvtSd2Ss, isWhole: false }];
  const registers = op === FloatOp.Sqrt ? [uop.c] : [uop.b, uop.c];
  return halvesOf(uop).flatMap((half) =>
    registers.map((register) => ({ register, half, isDouble: (format & 1) !== 0, isWhole })),
  );
}

/** Operands that a turn takes from before it: of registers that keep their values, and of those that are only added to. */
function carried(uops: readonly UopFields[]): { kept: readonly Operand[]; sums: readonly Operand[] } {
  const found = new Map<number, Operand>();
  const written = noUse();
  for (const uop of uops) {
    for (const operand of isLookedAt(uop) ? operandsOf(uop) : []) {
      const key = keyOf(operand.register, operand.half);
      if (!writes(written, operand) && !found.has(key)) found.set(key, operand);
    }
    addVectorUse(written, uop);
  }
  const operands = [...found.values()];
  return {
    kept: operands.filter((operand) => !writes(written, operand)),
    sums: operands.filter((operand) => writes(written, operand) && isSum(uops, operand)),
  };
}

function writes({ writtenLow, writtenHigh }: VectorUse, { register, half }: Operand): boolean {
  return (((half === Half.Low ? writtenLow : writtenHigh) >>> register) & 1) !== 0;
}

/** Whatever writes it adds to it. */
function isSum(uops: readonly UopFields[], operand: Operand): boolean {
  return uops.every((uop) => {
    if (!writes(vectorUse(uop), operand)) return true;
    const op = operationOf(uop);
    const isAddition = isLookedAt(uop) && (op === FloatOp.Add || op === FloatOp.Sub);
    return isAddition && (uop.b === operand.register || uop.c === operand.register);
  });
}
