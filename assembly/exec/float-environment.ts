/**
 * What happens around an operation that MXCSR governs (APM vol 1 §4.2.2, §4.10).
 *
 * An operation is its lanes. Exceptions of all lanes are collected, written to MXCSR, and raise #XF if one is unmasked; then
 * the destination keeps its value. Results are collected in a record of their own until that is decided.
 */
import { Cr4, Mxcsr } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import { VectorForm } from '../abi/vector-register';
import { raise, raiseUd } from '../fault';
import { exceptions, FloatException, replaceExceptions, setEnvironment } from '../softfloat/environment';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import { clearUpperHalf, vectorAddress } from '../vector-file';

/** Where lanes leave their results: 32 bytes. */
export const RESULTS = <u32>memory.data(32, 16);

/** What operands show: they are the first of an operation's exceptions to be looked at. */
const OF_OPERANDS: u32 = FloatException.Invalid | FloatException.Denormal | FloatException.ZeroDivide;

/** All of MXCSR but the exceptions and MM. */
const NOT_EXCEPTIONS: u32 = 0xffc0;

let collected: u32 = 0;
let denormalsAreZero: bool = false;

/** MXCSR rounds to nearest, masks every exception, and has neither FTZ nor DAZ set: what Wasm's arithmetic is like. */
export function isWasmLike(): bool {
  return (cpu().mxcsr & NOT_EXCEPTIONS) == <u32>Mxcsr.Reset;
}

/** An operation that raises nothing but a masked precision exception changes nothing. */
export function isPrecisionSignalled(): bool {
  return (cpu().mxcsr & FloatException.Precision) != 0;
}

export function signalPrecision(): void {
  cpu().mxcsr |= FloatException.Precision;
}

/** Begins an operation, or a step of one that is made of several. */
export function beginFloat(): void {
  const mxcsr = cpu().mxcsr;
  const rounding = (mxcsr >> Mxcsr.RoundingShift) & 3;
  const masks = (mxcsr >> Mxcsr.MaskShift) & Mxcsr.Flags;
  setEnvironment(rounding, masks, (mxcsr & Mxcsr.Ftz) != 0, 0);
  denormalsAreZero = (mxcsr & Mxcsr.Daz) != 0;
  collected = 0;
}

/** MXCSR.DAZ. */
export function areDenormalsZero(): bool {
  return denormalsAreZero;
}

/** For conversions that ignore MXCSR.DAZ. */
export function keepDenormals(): void {
  denormalsAreZero = false;
}

export function beginLane(): void {
  replaceExceptions(0);
}

/** @param isDenormal An operand was denormal: counts unless the operands were invalid or divided by zero. */
export function endLane(isDenormal: u32): void {
  let lane = exceptions();
  const isExcused = (lane & (FloatException.Invalid | FloatException.ZeroDivide)) != 0;
  if (isDenormal != 0 && !isExcused) lane |= FloatException.Denormal;
  collected |= lane & FloatException.All;
}

/** A lane whose only exceptions are these. */
export function signalLane(lane: u32): void {
  collected |= lane;
}

/** For ROUNDPS and its like, which can suppress the precision exception. */
export function withdraw(exceptions: u32): void {
  collected &= ~exceptions;
}

/** Writes the exceptions to MXCSR; aborts if one is unmasked. Then those that follow rounding do not happen if operands raised one. */
export function finishFloat(): Flow {
  const state = cpu();
  const unmasked = ~(state.mxcsr >> Mxcsr.MaskShift) & FloatException.All;
  if ((collected & unmasked & OF_OPERANDS) != 0) collected &= OF_OPERANDS;
  state.mxcsr |= collected;
  if ((collected & unmasked) == 0) return Flow.Next;
  return ((<u32>state.cr4) & Cr4.Osxmmexcpt) != 0 ? raise(Vector.Xf) : raiseUd();
}

/** Finishes an operation; its destination receives `bytes` bytes of results, and the rest of its lower half from b. */
export function finishWith(uop: UopRecord, bytes: u32): Flow {
  return finishOver(uop, bytes, vectorAddress(uop.b));
}

/** As `finishWith`; the rest comes from the vector register at `rest`. */
export function finishOver(uop: UopRecord, bytes: u32, rest: u32): Flow {
  if (finishFloat() != Flow.Next) return Flow.Abort;
  const to = vectorAddress(uop.a);
  if (bytes >= 16) {
    v128.store(to, v128.load(RESULTS));
  } else {
    if (rest != to) v128.store(to, v128.load(rest));
    if (bytes == 4) store<u32>(to, load<u32>(RESULTS));
    else store<u64>(to, load<u64>(RESULTS));
  }
  const form = <VectorForm>formOf(uop);
  if (form == VectorForm.Vex256) v128.store(to, v128.load(RESULTS, 16), 16);
  else if (form == VectorForm.Vex128) clearUpperHalf(to);
  return Flow.Next;
}

/** A `VectorForm`. */
export function formOf(uop: UopRecord): u32 {
  return ((<u32>uop.imm) >> 16) & 0xf;
}

/** Bytes of all lanes of a packed operation. */
export function packedBytes(uop: UopRecord): u32 {
  return formOf(uop) == <u32>VectorForm.Vex256 ? 32 : 16;
}
