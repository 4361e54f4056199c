/** Whether Wasm's arithmetic may stand for the arithmetic of SSE: what MXCSR must be like, kept in a local (APM vol 1 §4.2.2). */
import { Mxcsr } from '../../assembly/abi/processor-bits.js';
import type { CodeWriter } from './code-writer.js';
import type { StateAddresses } from './core-layout.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

/** MXCSR.PE: an inexact result has been signalled, so that the next changes nothing. */
const PRECISION = 0x20;
/** All of MXCSR but the other exceptions and MM. */
const LOOKED_AT = 0xffc0 | PRECISION;

/** How many stretches (float-trial.ts) may fail in one run of a region before it stops to try. */
const CHANCES = 1000;

/** `Local.FloatMode` ← rounding is to nearest, every exception masked, FTZ and DAZ clear and PE set. */
export function readFloatMode(code: CodeWriter, addresses: StateAddresses): void {
  pushIsUsual(code, addresses, LOOKED_AT);
  code.set(Local.FloatMode);
}

/** `Local.FloatChances` ← how often a stretch may fail. FTZ and DAZ are nothing to it: no number in it is denormal or tiny. */
export function resetChances(code: CodeWriter, addresses: StateAddresses): void {
  code.i32(CHANCES);
  code.i32(0);
  pushIsUsual(code, addresses, LOOKED_AT & ~(Mxcsr.Ftz | Mxcsr.Daz));
  code.op(Op.Select);
  code.set(Local.FloatChances);
}

/** Pushes whether these bits of MXCSR are those of its reset value, and PE is set. */
function pushIsUsual(code: CodeWriter, addresses: StateAddresses, bits: number): void {
  code.i32(0);
  code.memory(Op.I32Load, addresses.mxcsr);
  code.i32(bits);
  code.op(Op.I32And);
  code.i32(Mxcsr.Reset | PRECISION);
  code.op(Op.I32Eq);
}
