/** DB and its kind, and the directives that reserve, include and align. */
import { Problem } from './diagnostics.js';
import { type Expression, expressionOf, parseExpression, TokenReader } from './expression.js';
import { specialFloat } from './float.js';
import { isFloatText } from './number.js';
import { bytesOfString } from './quoted-string.js';
import type { Body, DataItem } from './statement.js';
import { isPunctuation, isWord, splitAtCommas, type Token, TokenKind } from './token.js';

/** Bytes of each. */
export const DATA_WORDS: Readonly<Record<string, number>> = {
  db: 1,
  dw: 2,
  dd: 4,
  dq: 8,
  dt: 10,
  do: 16,
  ddq: 16,
  dy: 32, // prettier-ignore
};
export const RESERVE_WORDS: Readonly<Record<string, number>> = {
  resb: 1,
  resw: 2,
  resd: 4,
  resq: 8,
  rest: 10,
  reso: 16,
  resdq: 16,
  resy: 32, // prettier-ignore
};

export function parseData(unit: number, tokens: readonly Token[], endColumn: number): Body {
  if (tokens.length === 0) throw new Problem('SYNTAX', 'expected data, but the line ends', endColumn);
  return { kind: 'data', unit, items: parseItems(tokens, endColumn) };
}

function parseItems(tokens: readonly Token[], endColumn: number): DataItem[] {
  const parts = splitAtCommas(tokens);
  // A comma at the end is allowed.
  if (parts.at(-1)?.length === 0) parts.pop();
  return parts.map((part) => parseItem(part, endColumn));
}

function parseItem(tokens: readonly Token[], endColumn: number): DataItem {
  const [first] = tokens;
  if (first === undefined) throw new Problem('SYNTAX', 'expected data between the commas', endColumn);
  if (tokens.length === 1 && first.kind === TokenKind.String)
    return { kind: 'string', bytes: bytesOfString(first.text, first.column) };
  if (tokens.length === 1 && isPunctuation(first, '?')) return { kind: 'nothing' };
  const dup = tokens.findIndex((token) => isWord(token, 'dup'));
  if (dup > 0) return parseRepeat(tokens.slice(0, dup), tokens.slice(dup + 1), endColumn);
  return parseFloatItem(tokens) ?? { kind: 'number', expression: expressionOf(tokens, endColumn) };
}

function parseRepeat(count: readonly Token[], items: readonly Token[], endColumn: number): DataItem {
  const isEnclosed = isPunctuation(items[0], '(') && isPunctuation(items.at(-1), ')');
  const inner = isEnclosed ? items.slice(1, -1) : items;
  return { kind: 'repeat', count: expressionOf(count, endColumn), items: parseItems(inner, endColumn) };
}

/** A float with an optional sign: 1.5, -1e10, __Infinity__. */
function parseFloatItem(tokens: readonly Token[]): DataItem | undefined {
  const [first] = tokens;
  const hasSign = isPunctuation(first, '-') || isPunctuation(first, '+');
  const token = tokens[hasSign ? 1 : 0];
  if (token === undefined || tokens.length !== (hasSign ? 2 : 1)) return undefined;
  const special = token.kind === TokenKind.Identifier ? specialFloat(token.text) : undefined;
  const isFloat = special !== undefined || (token.kind === TokenKind.Number && isFloatText(token.text));
  if (!isFloat) return undefined;
  return {
    kind: 'float',
    text: special ?? token.text,
    isNegative: isPunctuation(first, '-'),
    column: token.column,
  };
}

export function parseIncbin(tokens: readonly Token[], endColumn: number): Body {
  const [name, skip, length, extra] = splitAtCommas(tokens);
  const [file] = name ?? [];
  if (file === undefined || file.kind !== TokenKind.String || name?.length !== 1)
    throw new Problem('SYNTAX', 'expected the name of a file in quotes', file?.column ?? endColumn);
  if (extra !== undefined)
    throw new Problem('SYNTAX', 'INCBIN takes a file, how much to skip and a length', extra[0]?.column);
  const optional = (part: readonly Token[] | undefined): Expression | undefined =>
    part === undefined ? undefined : expressionOf(part, endColumn);
  const path = new TextDecoder().decode(bytesOfString(file.text, file.column));
  return { kind: 'incbin', file: path, skip: optional(skip), length: optional(length) };
}

/** @param parseFiller Parses the statement after the comma. */
export function parseAlign(
  reader: TokenReader,
  isReserve: boolean,
  parseFiller: (reader: TokenReader) => Body,
): Body {
  const boundary = parseExpression(reader);
  if (!reader.takes(',')) return { kind: 'align', boundary, filler: isReserve ? 'room' : 'nothing' };
  return { kind: 'align', boundary, filler: parseFiller(reader) };
}
