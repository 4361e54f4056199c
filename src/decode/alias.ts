/** Encodings that iced takes for invalid and Zen 4 does not: they mean what others mean that differ in one byte. */
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

const ESCAPE = 0x0f;
const GROUP_6 = 0x00;
/** The field of ModR/M that chooses from a group, and where VERW is; a register operand has both upper bits. */
const GROUP_FIELD = 0x38;
const VERW = 0x28;
const REGISTER_OPERAND = 0xc0;
const LOCK = 0xf0;
/** Ignored by VERW. */
const REPNE = 0xf2;

/** Decodes the instruction at `position`, which iced has refused, as what it is an alias of. */
export function decodeAlias(iced: Iced, context: LoweringContext, position: number): Decoded {
  if (isPermuteWithoutW(context)) {
    return iced.nextWith(position, context.opcodePosition + 2, context.opcodeByte(2) | W);
  }
  if (isVerwInMemory(context)) {
    for (let at = position; at < context.opcodePosition; at++)
      if (iced.byteAt(at) === LOCK) return iced.nextWith(position, at, REPNE);
  }
  return Decoded.Invalid;
}

/** VPERMQ and VPERMPD need VEX.W by the manual; Zen 4 runs them without. */
function isPermuteWithoutW(context: LoweringContext): boolean {
  return (
    context.opcodeByte(0) === VEX_3 &&
    (context.opcodeByte(1) & MAP) === MAP_0F3A &&
    (context.opcodeByte(2) & W_L_PP) === L_66 &&
    context.opcodeByte(3) <= VPERMPD
  );
}

/** VERW of memory may have a LOCK prefix on Zen 4, alone among what does not write. */
function isVerwInMemory(context: LoweringContext): boolean {
  const modrm = context.opcodeByte(2);
  const isGroup6 = context.opcodeByte(0) === ESCAPE && context.opcodeByte(1) === GROUP_6;
  return isGroup6 && (modrm & GROUP_FIELD) === VERW && modrm < REGISTER_OPERAND;
}
