/** From mnemonics to lowerings. An instruction that is not here is not implemented. */
import { Mnemonic } from '../iced-enums.js';
import type { Instruction } from '../instruction.js';
import { ARITH } from './arith.js';
import { BIT } from './bit.js';
import { BIT_MANIPULATION } from './bit-manipulation.js';
import { BRANCH } from './branch.js';
import type { Lowering } from './context.js';
import { MOVE } from './move.js';
import { MULDIV } from './muldiv.js';
import { SHIFT } from './shift.js';
import { SPECIAL_REGISTER } from './special-register.js';
import { STACK } from './stack.js';
import { STRING } from './string.js';
import { STRING_COMPARE } from './string-compare.js';
import { SYSTEM } from './system.js';
import { VECTOR_CRYPTO } from './vector-crypto.js';
import { VECTOR_INTEGER } from './vector-integer.js';
import { VECTOR_MOVE } from './vector-move.js';

const TABLE: (Lowering | undefined)[] = [];
for (const rows of [
  ARITH,
  BIT,
  BIT_MANIPULATION,
  BRANCH,
  MOVE,
  MULDIV,
  SHIFT,
  SPECIAL_REGISTER,
  STACK,
  STRING,
  STRING_COMPARE,
  SYSTEM,
  VECTOR_CRYPTO,
  VECTOR_INTEGER,
  VECTOR_MOVE,
])
  for (const [mnemonic, lowering] of rows) TABLE[mnemonic] = lowering;

export function loweringOf(instruction: Instruction): Lowering | undefined {
  const { mnemonic } = instruction;
  const isAmbiguous = mnemonic === Mnemonic.Movsd || mnemonic === Mnemonic.Cmpsd;
  // SSE2 has other instructions of these names.
  if (isAmbiguous && !instruction.isString) return undefined;
  // MMX has other instructions of the same names.
  if (instruction.hasMmxOperand) return undefined;
  return TABLE[mnemonic];
}
