/** From mnemonics to lowerings. An instruction that is not here is not implemented. */
import { Mnemonic } from '../iced-enums.js';
import type { Instruction } from '../instruction.js';
import { ARITH } from './arith.js';
import { BIT } from './bit.js';
import { BIT_MANIPULATION } from './bit-manipulation.js';
import { BRANCH } from './branch.js';
import type { Lowering, LoweringRows } from './context.js';
import { FLOAT_MMX } from './float-mmx.js';
import { MASKED_STORE } from './masked-store.js';
import { EMMS, MMX } from './mmx.js';
import { MOVE } from './move.js';
import { MULDIV } from './muldiv.js';
import { PROCESSOR_STATE } from './processor-state.js';
import { SHIFT } from './shift.js';
import { SPECIAL_REGISTER } from './special-register.js';
import { STACK } from './stack.js';
import { STRING } from './string.js';
import { STRING_COMPARE } from './string-compare.js';
import { SYSTEM } from './system.js';
import { VECTOR_CRYPTO } from './vector-crypto.js';
import { MOVSD_SCALAR, VECTOR_ELEMENT } from './vector-element.js';
import { FLOAT_NAMESAKES, VECTOR_FLOAT } from './vector-float.js';
import { VECTOR_INTEGER } from './vector-integer.js';
import { VECTOR_MASKED } from './vector-masked.js';
import { VECTOR_MOVE } from './vector-move.js';
import { VECTOR_SHUFFLE } from './vector-shuffle.js';
import { X87 } from './x87.js';

/** As many as iced has, and more. */
const MOST_MNEMONICS = 2048;

const TABLE = tableOf([
  ARITH,
  BIT,
  BIT_MANIPULATION,
  BRANCH,
  FLOAT_MMX,
  EMMS,
  MASKED_STORE,
  MOVE,
  MULDIV,
  PROCESSOR_STATE,
  SHIFT,
  SPECIAL_REGISTER,
  STACK,
  STRING,
  STRING_COMPARE,
  SYSTEM,
  VECTOR_CRYPTO,
  VECTOR_ELEMENT,
  VECTOR_FLOAT,
  VECTOR_INTEGER,
  VECTOR_MASKED,
  VECTOR_MOVE,
  VECTOR_SHUFFLE,
  X87,
]);

/** Instructions with an MMX register, most of which have a namesake without. */
const MMX_TABLE = tableOf([MMX]);

/** Its length is given: V8 would make a dictionary of it, which takes seven times as long (V8 11.3, 2026-11-22). */
function tableOf(families: readonly LoweringRows[]): readonly (Lowering | undefined)[] {
  const table = Array.from<Lowering | undefined>({ length: MOST_MNEMONICS });
  for (const rows of families) for (const row of rows) table[row[0]] = row[1];
  return table;
}

/** Instructions of SSE2 that have the names of string instructions. */
const NAMESAKES = new Map([MOVSD_SCALAR, ...FLOAT_NAMESAKES]);

export function loweringOf(instruction: Instruction): Lowering | undefined {
  const { mnemonic } = instruction;
  const isAmbiguous = mnemonic === Mnemonic.Movsd || mnemonic === Mnemonic.Cmpsd;
  if (isAmbiguous && !instruction.isString) return NAMESAKES.get(mnemonic);
  const mmx = MMX_TABLE[mnemonic];
  return mmx !== undefined && instruction.hasMmxOperand ? mmx : TABLE[mnemonic];
}
