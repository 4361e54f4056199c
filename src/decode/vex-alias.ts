/** An encoding that iced takes for invalid and Zen 4 does not. */
import { Decoded, type Iced } from './iced.js';
import type { LoweringContext } from './lower/context.js';

const VEX_3 = 0xc4;
/** In the second byte of the prefix: opcode map 0F3A, without the bits that name registers. */
const MAP = 0x1f;
const MAP_0F3A = 3;
/** In the third byte: W, L and pp, without the register in vvvv. */
const W_L_PP = 0x87;
const W = 0x80;
const L_66 = 0x05;
/** VPERMQ is opcode 0. */
const VPERMPD = 1;

/** VPERMQ and VPERMPD need VEX.W by the manual; Zen 4 runs them without. Decodes one at `position`, which iced has refused. */
export function decodePermuteWithoutW(iced: Iced, context: LoweringContext, position: number): Decoded {
  const third = context.opcodeByte(2);
  const isAlias =
    context.opcodeByte(0) === VEX_3 &&
    (context.opcodeByte(1) & MAP) === MAP_0F3A &&
    (third & W_L_PP) === L_66 &&
    context.opcodeByte(3) <= VPERMPD;
  return isAlias ? iced.nextWith(position, context.opcodePosition + 2, third | W) : Decoded.Invalid;
}
