/**
 * `Uop.Vector`, `Uop.VectorWhole` and `Uop.VectorTest` with the vector instructions of Wasm, where that takes one or a few of
 * them. The rest, and all on MMX registers, is the core's.
 */
import { VectorOp, VectorTestOp, VectorWholeOp } from '../../assembly/abi/vector-op.js';
import { VectorForm } from '../../assembly/abi/vector-register.js';
import type { Emitter } from './emitter.js';
import { setOrder } from './explicit-flags.js';
import type { UopFields } from './region.js';
import { Simd } from './simd-opcodes.js';
import { ARITHMETIC } from './vector-arithmetic.js';
import { Half } from './vector-registers.js';
import type { VectorRows } from './vector-row.js';
import { SHIFTS } from './vector-shifts.js';
import { SHUFFLES } from './vector-shuffles.js';
import { formOf, operationOf } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

const ROWS: VectorRows = { ...ARITHMETIC, ...SHIFTS, ...SHUFFLES };
/** Where the upper half of an immediate says by how much the imm8 is shifted for the high half (abi/vector-op.ts). */
const IMMEDIATE_SHIFT = 8;
const IMMEDIATE = 0xff;

/** Whether Wasm has it, so that nothing is called. */
export function hasRow(uop: UopFields): boolean {
  return ROWS[operationOf(uop) as VectorOp] !== undefined;
}

/** An operation whose halves are alike. */
export function vectorOperation(emitter: Emitter, uop: UopFields): boolean {
  const form = formOf(uop);
  const op: VectorOp = operationOf(uop);
  const row = ROWS[op];
  if (row === undefined || form >= VectorForm.Mmx) return false;
  const { code, vectors } = emitter;
  const isWide = form === VectorForm.Vex256;
  if (op === VectorOp.Move && form === VectorForm.Legacy) {
    vectors.move(uop.a, uop.c);
    return true;
  }
  // The high half first: the low one may be its count.
  for (const half of isWide ? [Half.High, Half.Low] : [Half.Low]) {
    const immediate = half === Half.High ? uop.high >> (uop.high >> IMMEDIATE_SHIFT) : uop.high;
    row({
      code,
      x: () => vectors.push(uop.b, half),
      y: () => vectors.push(uop.c, half),
      third: () => vectors.push(uop.n, half),
      count: () => vectors.push(uop.n, Half.Low),
      immediate: immediate & IMMEDIATE,
    });
  }
  vectors.set(uop.a);
  if (isWide) vectors.setHigh(uop.a);
  else if (form !== VectorForm.Legacy) vectors.clearHigh(uop.a);
  return true;
}

const SPLATS: Partial<Record<VectorWholeOp, readonly [extract: Simd, splat: Simd]>> = {
  [VectorWholeOp.Broadcast8]: [Simd.I8x16ExtractU, Simd.I8x16Splat],
  [VectorWholeOp.Broadcast16]: [Simd.I16x8ExtractU, Simd.I16x8Splat],
  [VectorWholeOp.Broadcast32]: [Simd.I32x4Extract, Simd.I32x4Splat],
  [VectorWholeOp.Broadcast64]: [Simd.I64x2Extract, Simd.I64x2Splat],
};
/** What gathers the signs of the lanes of a half, and how many lanes there are. */
const SIGNS: Partial<Record<VectorWholeOp, readonly [op: Simd, lanes: number]>> = {
  [VectorWholeOp.Signs8]: [Simd.I8x16BitMask, 16],
  [VectorWholeOp.Signs32]: [Simd.I32x4BitMask, 4],
  [VectorWholeOp.Signs64]: [Simd.I64x2BitMask, 2],
};

/** An operation across the halves. */
export function wholeOperation(emitter: Emitter, uop: UopFields): boolean {
  const op: VectorWholeOp = operationOf(uop);
  const splat = SPLATS[op];
  const signs = SIGNS[op];
  if (splat !== undefined) broadcast(emitter, uop, splat);
  else if (signs !== undefined) gatherSigns(emitter, uop, signs);
  else if (op === VectorWholeOp.InsertHalf) insertHalf(emitter, uop);
  else if (op === VectorWholeOp.ExtractHalf) extractHalf(emitter, uop);
  else if (op === VectorWholeOp.ZeroUpper) zeroUpper(emitter, uop);
  else return false;
  return true;
}

function broadcast(
  { code, vectors }: Emitter,
  uop: UopFields,
  [extract, splat]: readonly [Simd, Simd],
): void {
  vectors.push(uop.c);
  code.simdLane(extract, 0);
  code.simd(splat);
  vectors.set(uop.a);
  if (formOf(uop) !== VectorForm.Vex256) return vectors.clearHigh(uop.a);
  vectors.push(uop.a);
  vectors.setHigh(uop.a);
}

function gatherSigns({ code, vectors }: Emitter, uop: UopFields, [op, lanes]: readonly [Simd, number]): void {
  const form = formOf(uop);
  code.splat64(0, 0);
  vectors.push(uop.c);
  code.simd(op);
  if (form === VectorForm.Vex256) {
    vectors.push(uop.c, Half.High);
    code.simd(op);
    code.i32(lanes);
    code.op(Op.I32Shl);
    code.op(Op.I32Or);
  }
  code.simdLane(Simd.I32x4Replace, 0);
  vectors.set(uop.a);
  if (form === VectorForm.Vex128) vectors.clearHigh(uop.a);
}

/** VINSERTF128 */
function insertHalf({ vectors }: Emitter, { a, b, c, high }: UopFields): void {
  const isHigh = (high & 1) !== 0;
  if (isHigh) vectors.push(c);
  else vectors.push(b, Half.High);
  vectors.push(isHigh ? b : c);
  vectors.set(a);
  vectors.setHigh(a);
}

/** VEXTRACTF128 */
function extractHalf({ vectors }: Emitter, { a, c, high }: UopFields): void {
  vectors.push(c, (high & 1) !== 0 ? Half.High : Half.Low);
  vectors.set(a);
  vectors.clearHigh(a);
}

/** VZEROUPPER */
function zeroUpper({ vectors }: Emitter, { high }: UopFields): void {
  for (let register = 0; register < high; register++) vectors.clearHigh(register);
}

/** PTEST: ZF if no bit is in both, CF if none of c is missing in b. */
export function vectorTest(emitter: Emitter, uop: UopFields): boolean {
  const { code, vectors } = emitter;
  if (operationOf(uop) !== VectorTestOp.Bits || formOf(uop) === VectorForm.Vex256) return false;
  vectors.push(uop.b);
  vectors.push(uop.c);
  code.simd(Simd.And);
  code.simd(Simd.AnyTrue);
  code.op(Op.I64ExtendI32U);
  vectors.push(uop.c);
  vectors.push(uop.b);
  code.simd(Simd.AndNot);
  code.simd(Simd.AnyTrue);
  code.op(Op.I32Eqz);
  setOrder(emitter);
  return true;
}
