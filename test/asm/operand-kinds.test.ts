/** Our names of iced's operand kinds are in iced's order. */
import { OpCodeOperandKind } from 'iced-x86';
import { expect, it } from 'vitest';
import { CODE_COUNT } from '../../src/asm/instruction-table.js';
import { OPERAND_KINDS } from '../../src/asm/operand-kinds.js';
import { Code } from 'iced-x86';

it('names every kind, by its number', () => {
  const theirs = OPERAND_KINDS.map((_, i) => OpCodeOperandKind[i]);
  expect(OPERAND_KINDS).toEqual(theirs);
  expect(OpCodeOperandKind[OPERAND_KINDS.length]).toBeUndefined();
});

it('counts every code', () => {
  expect(Code[CODE_COUNT - 1]).toBeDefined();
  expect(Code[CODE_COUNT]).toBeUndefined();
});
