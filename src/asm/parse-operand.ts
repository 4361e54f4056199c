/** Operands: tokens to what they name. */
import { Register } from '../decode/iced-enums.js';
import { Problem } from './diagnostics.js';
import { type Expression, parseExpression, TokenReader } from './expression.js';
import { type MemoryOperand, type Operand, type Size, SIZES } from './operand.js';
import { registerKind, registerNumber } from './registers.js';
import { type Token, TokenKind } from './token.js';

/** Words that other assemblers want here. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  ptr: 'PTR is not part of the syntax: write "dword [x]"',
  offset: 'OFFSET is not part of the syntax: a label is its address',
};

interface Modifiers {
  size: Size;
  isStrict: boolean;
  distance: 'short' | 'near' | 'far' | undefined;
  isTo: boolean;
}

/** Reads one operand. */
export function parseOperand(reader: TokenReader): Operand {
  const { column } = reader;
  const modifiers = parseModifiers(reader);
  if (reader.takes('[')) return parseMemory(reader, modifiers, column);
  const expression = parseExpression(reader);
  if (reader.takes(':')) return parseFar(reader, expression, modifiers, column);
  const register = registerOf(expression);
  if (register !== undefined) return { kind: 'register', register, ...modifiers, column };
  return { kind: 'immediate', expression, ...modifiers, column };
}

function parseFar(reader: TokenReader, segment: Expression, modifiers: Modifiers, column: number): Operand {
  const register = registerOf(segment);
  if (register !== undefined && registerKind(register) === 'segment')
    throw new Problem('SYNTAX', 'a segment register belongs inside of the brackets: [es:bx]', column);
  const size = parseModifiers(reader).size || modifiers.size;
  return { kind: 'far', segment, offset: parseExpression(reader), ...modifiers, size, column };
}

function parseModifiers(reader: TokenReader): Modifiers {
  const modifiers: Modifiers = { size: 0, isStrict: false, distance: undefined, isTo: false };
  for (let word = wordAt(reader); word !== undefined; word = wordAt(reader)) {
    const foreign = FOREIGN_WORDS[word];
    if (foreign !== undefined) throw new Problem('SYNTAX', foreign, reader.column);
    const size = SIZES[word];
    if (size !== undefined) modifiers.size = size;
    else if (word === 'strict') modifiers.isStrict = true;
    else if (word === 'to') modifiers.isTo = true;
    else if (word === 'short' || word === 'near' || word === 'far') modifiers.distance = word;
    else break;
    reader.next();
  }
  return modifiers;
}

function wordAt(reader: TokenReader): string | undefined {
  const token: Token | undefined = reader.current;
  return token?.kind === TokenKind.Identifier ? token.text.toLowerCase() : undefined;
}

/** What is between brackets, the first of which is read. */
function parseMemory(reader: TokenReader, modifiers: Modifiers, column: number): MemoryOperand {
  const inner = parseAddressModifiers(reader);
  const segment = parseSegment(reader);
  const late = parseAddressModifiers(reader);
  const address = parseExpression(reader);
  reader.expect(']');
  return {
    kind: 'memory',
    ...modifiers,
    address,
    displacementSize: inner.displacementSize || late.displacementSize,
    relative: inner.relative ?? late.relative,
    isNoSplit: inner.isNoSplit || late.isNoSplit,
    segment,
    column,
  };
}

function parseAddressModifiers(
  reader: TokenReader,
): Pick<MemoryOperand, 'displacementSize' | 'relative' | 'isNoSplit'> {
  let displacementSize: Size = 0;
  let relative: MemoryOperand['relative'];
  let isNoSplit = false;
  for (let word = wordAt(reader); word !== undefined; word = wordAt(reader)) {
    const size = SIZES[word];
    if (size !== undefined) displacementSize = size;
    else if (word === 'rel' || word === 'abs') relative = word;
    else if (word === 'nosplit') isNoSplit = true;
    else if (word === 'a16' || word === 'a32' || word === 'a64') displacementSize = ADDRESS_WORDS[word];
    else break;
    reader.next();
  }
  return { displacementSize, relative, isNoSplit };
}

const ADDRESS_WORDS = { a16: 2, a32: 4, a64: 8 } as const;

/** The segment register before a colon; 0 if there is none. */
function parseSegment(reader: TokenReader): number {
  const word = wordAt(reader);
  const register = word === undefined ? undefined : registerNumber(word);
  if (register === undefined || registerKind(register) !== 'segment') return 0;
  reader.next();
  reader.expect(':');
  return register;
}

/** The register that an expression is. */
function registerOf(expression: Expression): number | undefined {
  if (expression.kind !== 'value') return undefined;
  const [term] = expression.value.terms;
  return typeof term?.of === 'number' ? term.of : undefined;
}

/** A segment register's place in the order of prefixes. */
export function segmentIndex(register: number): number {
  return register - Register.ES;
}
