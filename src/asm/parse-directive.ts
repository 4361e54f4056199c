/** Directives: what the rest of the source is assembled for and where it goes. */
import { Problem } from './diagnostics.js';
import { expressionOf } from './expression.js';
import { parseNumber } from './number.js';
import { isPaddingMode, PADDING_MODES } from './padding.js';
import type { Body, SectionAttribute } from './statement.js';
import { isPunctuation, isWord, type Token, textOf, TokenKind } from './token.js';

/** Directives that mean nothing for a flat binary: who exports what, and what tools may know. */
const IGNORED = new Set([
  'global',
  'static',
  'cpu',
  'list',
  'warning',
  'float',
  'map',
  'debug',
  'pragma',
  'required',
  'sectalign',
]);
/** In brackets: what ALIGNMODE of `%use smartalign` stands for. */
export const ALIGN_MODE = '__?alignmode?__';
const LINKED = new Set(['extern', 'common', 'import', 'export']);

/** The directive called `word`; undefined if there is none. */
export function parseDirective(
  word: string,
  token: Token,
  rest: readonly Token[],
  endColumn: number,
): Body | undefined {
  if (IGNORED.has(word)) return { kind: 'nothing' };
  if (LINKED.has(word))
    throw new Problem(
      'UNSUPPORTED',
      `${token.text} needs a linker: a flat binary has nothing outside of it`,
      token.column,
    );
  switch (word) {
    case 'bits':
      return parseBits(rest, endColumn);
    case 'use16':
      return { kind: 'bits', bits: 16 };
    case 'use32':
      return { kind: 'bits', bits: 32 };
    case 'use64':
      return { kind: 'bits', bits: 64 };
    case 'org':
      return { kind: 'origin', expression: expressionOf(rest, endColumn) };
    case 'absolute':
      return { kind: 'absolute', expression: expressionOf(rest, endColumn) };
    case 'section':
    case 'segment':
      return parseSection(rest, endColumn);
    case 'default':
      return parseDefault(rest, endColumn);
    case ALIGN_MODE:
      return parseAlignMode(rest, endColumn);
    default:
      return undefined;
  }
}

function parseBits([token, extra]: readonly Token[], endColumn: number): Body {
  const bits = token?.kind === TokenKind.Number ? Number(parseNumber(token.text)) : 0;
  if (extra === undefined && (bits === 16 || bits === 32 || bits === 64)) return { kind: 'bits', bits };
  throw new Problem('SYNTAX', 'BITS takes 16, 32 or 64', token?.column ?? endColumn);
}

function parseDefault(tokens: readonly Token[], endColumn: number): Body {
  const words = tokens.filter((token) => !isPunctuation(token, ','));
  const [word] = words;
  if (word !== undefined && (isWord(word, 'rel') || isWord(word, 'abs')))
    return { kind: 'default', isRelative: isWord(word, 'rel') };
  if (isWord(word, 'bnd') || isWord(word, 'nobnd')) return { kind: 'nothing' };
  throw new Problem('SYNTAX', 'DEFAULT takes REL or ABS', word?.column ?? endColumn);
}

/** `k8`, `p6, 32` or `nop, nojmp` */
function parseAlignMode([name, comma, ...threshold]: readonly Token[], endColumn: number): Body {
  const mode = name?.text.toLowerCase() ?? '';
  if (!isPaddingMode(mode))
    throw new Problem('SYNTAX', `ALIGNMODE takes ${PADDING_MODES.join(', ')}`, name?.column ?? endColumn);
  if (comma === undefined) return { kind: 'alignmode', mode, threshold: undefined };
  const isNever = threshold.length === 1 && isWord(threshold[0], 'nojmp');
  return { kind: 'alignmode', mode, threshold: isNever ? 'never' : expressionOf(threshold, endColumn) };
}

function parseSection(tokens: readonly Token[], endColumn: number): Body {
  const [name] = tokens;
  if (name === undefined)
    throw new Problem('SYNTAX', 'expected the name of a section, but the line ends', endColumn);
  const attributes: SectionAttribute[] = [];
  let position = 1;
  while (position < tokens.length) {
    const end = nextAttribute(tokens, position + 1);
    attributes.push(parseAttribute(tokens.slice(position, end), endColumn));
    position = end;
  }
  return { kind: 'section', name: name.text, attributes };
}

/** Attributes are separated by space: the next begins at a word that is set apart and follows no operator. */
function nextAttribute(tokens: readonly Token[], from: number): number {
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i];
    const before = tokens[i - 1];
    if (token?.kind === TokenKind.Identifier && token.isSpaced && before?.kind !== TokenKind.Punctuation)
      return i;
  }
  return tokens.length;
}

/** Attributes whose value is the name of a section. */
const NAMING = new Set(['follows', 'vfollows', 'class']);

function parseAttribute([word, equals, ...value]: readonly Token[], endColumn: number): SectionAttribute {
  const column = word?.column ?? endColumn;
  const name = word?.text.toLowerCase() ?? '';
  if (equals === undefined) return { name, value: undefined, column };
  if (!isPunctuation(equals, '=') || value.length === 0)
    throw new Problem('SYNTAX', `expected ${name}=value`, equals.column);
  return { name, value: NAMING.has(name) ? textOf(value) : expressionOf(value, endColumn), column };
}
