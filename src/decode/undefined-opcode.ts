/**
 * Opcodes that are undefined whatever follows. Zen 4 raises #UD as soon as it has seen them: what follows does not count
 * to the length of 15 bytes, and need not even be there. (Other undefined encodings end where their operands do.)
 */
import type { Iced } from './iced.js';
import { Prefixes } from './prefixes.js';

const TWO_BYTE_ESCAPE = 0x0f;
/** After 0F. */
// prettier-ignore
const UNDEFINED_TWO_BYTE = new Set([
  0x04, 0x0a, 0x0b, 0x0c, 0x0e, 0x24, 0x25, 0x26, 0x27, 0x36, 0x37, 0x39, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x7a, 0x7b,
  0xa6, 0xa7, 0xaa, 0xb9, 0xff,
]);
/** In 64-bit mode, without operands. */
// prettier-ignore
const UNDEFINED_IN_64BIT = new Set([
  0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0xce, 0xd6,
]);

const prefixes = new Prefixes();

/** Length of the first instruction of the window up to its opcode if that is undefined by itself; else null. */
export function undefinedOpcodeLength(iced: Iced, is64Bit: boolean): number | null {
  prefixes.scan(iced, 0, is64Bit);
  const opcode = iced.byteAt(prefixes.opcodePosition);
  if (opcode === TWO_BYTE_ESCAPE)
    return UNDEFINED_TWO_BYTE.has(iced.byteAt(prefixes.opcodePosition + 1))
      ? prefixes.opcodePosition + 2
      : null;
  return is64Bit && UNDEFINED_IN_64BIT.has(opcode) ? prefixes.opcodePosition + 1 : null;
}
