/** The end of arithmetic on ordinary x87 numbers: what it has computed is rounded to 64 bits, to nearest. */
import type { Emitter } from './emitter.js';
import { Op } from './wasm-opcodes.js';
import { pushRoundsUp } from './x87-number.js';
import {
  type Exponents,
  HIGH,
  type OrdinaryNumber,
  type OrdinaryNumbers87,
  retreatUnless,
  USUAL,
} from './x87-ordinary-numbers.js';

/** Exponents of results that are safe whatever rounding does. */
const SAFE: Exponents = { least: 1, most: 0x7ffd };

/** The significand of the result ← HIGH:LOW, rounded. */
export function round(emitter: Emitter, numbers: OrdinaryNumbers87, to: OrdinaryNumber): void {
  const { code } = emitter;
  pushRoundsUp(emitter);
  code.tee(numbers.roundedUp);
  code.get(HIGH);
  code.op(Op.I64Add);
  code.tee(to.significand);
  code.get(numbers.roundedUp);
  code.op(Op.I64LtU);
  emitter.retreatIf();
}

/** Looks at the exponent of a result if it may be too large or too small. */
export function within(emitter: Emitter, to: OrdinaryNumber): OrdinaryNumber {
  if (to.least >= SAFE.least && to.most <= SAFE.most) return to;
  retreatUnless(emitter, to.exponent, USUAL);
  return { ...to, ...USUAL };
}
