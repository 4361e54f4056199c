/** Prefixes in front of an opcode that iced folds into its codes (APM vol 3 §1.2). */
import type { Iced } from './iced.js';

/** Legacy prefixes: 26 2E 36 3E 64 65 66 67 F0 F2 F3. */
const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const IS_LEGACY_PREFIX = new Uint8Array(256);
for (const byte of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, OPERAND_SIZE, ADDRESS_SIZE, 0xf0, 0xf2, 0xf3])
  IS_LEGACY_PREFIX[byte] = 1;
const REX = 0x40;
const REX_W = 0x48;
const REX_B = 0x41;

export class Prefixes {
  hasOperandSize = false;
  hasAddressSize = false;
  hasRexW = false;
  hasRexB = false;
  /** Where in the window the opcode is. */
  opcodePosition = 0;

  /** Reads the prefixes of the instruction at `position` of the window. */
  scan(iced: Iced, position: number, is64Bit: boolean): void {
    this.hasOperandSize = false;
    this.hasAddressSize = false;
    this.hasRexW = false;
    this.hasRexB = false;
    for (let i = position; ; i++) {
      const byte = iced.byteAt(i);
      if (IS_LEGACY_PREFIX[byte] === 1) {
        if (byte === OPERAND_SIZE) this.hasOperandSize = true;
        if (byte === ADDRESS_SIZE) this.hasAddressSize = true;
        // A REX prefix counts only right before the opcode.
        this.hasRexW = false;
        this.hasRexB = false;
      } else if (is64Bit && (byte & 0xf0) === REX) {
        this.hasRexW = (byte & REX_W) === REX_W;
        this.hasRexB = (byte & REX_B) === REX_B;
      } else {
        this.opcodePosition = i;
        return;
      }
    }
  }
}
