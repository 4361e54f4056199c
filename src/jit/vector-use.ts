/**
 * Which vector registers each micro-op touches, for the compiler: what to keep in locals, and what to exchange with the
 * vector file around a micro-op that the interpreter runs (abi/uop.ts, abi/vector-op.ts).
 *
 * Halves are counted by themselves: code for SSE has no locals for the upper ones.
 */
import { CryptoOp } from '../../assembly/abi/crypto-op.js';
import { FloatOp } from '../../assembly/abi/float-op.js';
import { Uop } from '../../assembly/abi/uop.js';
import { VectorOp, VectorWholeOp } from '../../assembly/abi/vector-op.js';
import { VectorForm, VectorRegister } from '../../assembly/abi/vector-register.js';
import type { UopFields } from './region.js';

/** Bit n: that half of vector register n. */
export interface VectorUse {
  readLow: number;
  readHigh: number;
  writtenLow: number;
  writtenHigh: number;
}

const FORM_MASK = 0xf;
const FORM_SHIFT = 16;
const OP_MASK = 0xffff;
/** log2 of the bytes of whole vector registers, as the families of loads and stores are ordered. */
const YMM_WIDTH = 5;

/** The operation of a family, as its micro-op names it. */
export function operationOf(uop: UopFields): number {
  return uop.low & OP_MASK;
}

export function formOf(uop: UopFields): VectorForm {
  return (uop.low >>> FORM_SHIFT) & FORM_MASK;
}

export function noUse(): VectorUse {
  return { readLow: 0, readHigh: 0, writtenLow: 0, writtenHigh: 0 };
}

export function vectorUse(uop: UopFields): VectorUse {
  const use = noUse();
  addVectorUse(use, uop);
  return use;
}

/** Adds what a micro-op touches. */
export function addVectorUse(use: VectorUse, uop: UopFields): void {
  const { code, a, b } = uop;
  if (code < Uop.LoadVector8 || code > Uop.Float) return;
  if (code <= Uop.LoadVector256) return write(use, a, true);
  if (code <= Uop.StoreVector256) return read(use, a, code - Uop.StoreVector8 === YMM_WIDTH);
  switch (code) {
    case Uop.Vector:
    case Uop.VectorTest:
    case Uop.Crypto:
      return addOperation(use, uop);
    case Uop.VectorWhole:
      return addWhole(use, uop);
    case Uop.Float:
      return addFloat(use, uop);
    case Uop.MovToVector32:
    case Uop.MovToVector64:
      return write(use, a, formOf(uop) !== VectorForm.Legacy);
    case Uop.MovFromVector32:
    case Uop.MovFromVector64:
      return read(use, b, false);
    case Uop.MmxRead:
      return write(use, a, false);
  }
}

function read(use: VectorUse, register: number, isWide: boolean): void {
  use.readLow |= 1 << register;
  if (isWide) use.readHigh |= 1 << register;
}

function write(use: VectorUse, register: number, isWide: boolean): void {
  use.writtenLow |= 1 << register;
  if (isWide) use.writtenHigh |= 1 << register;
}

function addOperation(use: VectorUse, uop: UopFields): void {
  const { code, a, b, c, n } = uop;
  const form = formOf(uop);
  const sources = code === Uop.Vector && hasThirdSource(operationOf(uop)) ? [b, c, n] : [b, c];
  if (code === Uop.Crypto && operationOf(uop) === CryptoOp.Sha256Rounds) sources.push(VectorRegister.Ymm0);
  if (form >= VectorForm.Mmx) {
    // MMX registers are no vector registers, but temporaries are.
    for (const source of sources) if (source >= VectorRegister.T0) read(use, source, false);
    return;
  }
  for (const source of sources) read(use, source, form === VectorForm.Vex256);
  if (code !== Uop.VectorTest) write(use, a, form !== VectorForm.Legacy);
}

/** Whether n of a `Uop.Vector` is a source. */
function hasThirdSource(op: VectorOp): boolean {
  const isShift = op >= VectorOp.ShiftLeftBy16 && op <= VectorOp.ShiftArithmeticBy32;
  return isShift || (op >= VectorOp.BlendBy8 && op <= VectorOp.BlendBy64);
}

function addWhole(use: VectorUse, uop: UopFields): void {
  const op = operationOf(uop);
  if (op === VectorWholeOp.ZeroUpper || op === VectorWholeOp.ZeroAll) {
    for (let register = 0; register < uop.high; register++) write(use, register, true);
    return;
  }
  const isSigns = op >= VectorWholeOp.Signs8 && op <= VectorWholeOp.Signs64;
  const isWide = isSigns ? formOf(uop) === VectorForm.Vex256 : true;
  read(use, uop.b, isWide);
  read(use, uop.c, isWide);
  write(use, uop.a, formOf(uop) !== VectorForm.Legacy);
}

function addFloat(use: VectorUse, uop: UopFields): void {
  const { a, b, c } = uop;
  const op: FloatOp = operationOf(uop);
  const form = formOf(uop);
  const isWide = form === VectorForm.Vex256;
  if (op === FloatOp.LoadMxcsr || op === FloatOp.StoreMxcsr) return;
  if (isToRegister(op)) return read(use, c, false);
  read(use, b, isWide);
  if (!isFromRegister(op)) read(use, c, isWide);
  if (op === FloatOp.Comi || op === FloatOp.Ucomi) return;
  if (op >= FloatOp.Fmadd && op <= FloatOp.FmsubAdd) read(use, a, isWide);
  write(use, a, form !== VectorForm.Legacy);
}

/** MXCSR may become anything. */
export function loadsMxcsr(uop: UopFields): boolean {
  return uop.code === Uop.Float && operationOf(uop) === FloatOp.LoadMxcsr;
}

/** a is a general register. */
export function isToRegister(op: FloatOp): boolean {
  return op >= FloatOp.CvtToSi32 && op <= FloatOp.CvttToSi64;
}

/** c is a general register. */
export function isFromRegister(op: FloatOp): boolean {
  return op === FloatOp.CvtSi32 || op === FloatOp.CvtSi64;
}
