/** Directives that define and remove macros: %define, %assign, %strlen and the like. */
import { Problem } from '../diagnostics.js';
import { tokenize } from '../lexer.js';
import { quoteString } from '../quoted-string.js';
import { isPunctuation, splitAtCommas, type Token, textOf, TokenKind } from '../token.js';
import type { MultiLineMacros } from './multi-line.js';
import type { SingleLineMacros } from './single-line.js';
import { contentOf } from './text-argument.js';

export interface DefinitionTools {
  readonly single: SingleLineMacros;
  readonly multi: MultiLineMacros;
  constant(tokens: readonly Token[], what: string): bigint;
}

/** @param rest What follows the directive on its line. */
type Definer = (tools: DefinitionTools, rest: readonly Token[], first: Token) => void;

export const DEFINITIONS: Readonly<Record<string, Definer>> = {
  define: definer(false, false),
  idefine: definer(true, false),
  xdefine: definer(false, true),
  ixdefine: definer(true, true),
  undef: ({ single }, rest, first) => single.undefine(nameIn(rest, first).text),
  assign: assigner(false),
  iassign: assigner(true),
  defstr: maker((tokens) => [stringToken(textOf(tokens))]),
  idefstr: maker((tokens) => [stringToken(textOf(tokens))], true),
  deftok: maker((tokens) => tokenize(contentOf(stringIn(tokens)))),
  ideftok: maker((tokens) => tokenize(contentOf(stringIn(tokens))), true),
  strlen: maker((tokens) => [numberToken(new TextEncoder().encode(contentOf(stringIn(tokens))).length)]),
  strcat: maker((tokens) => [stringToken(concatenate(tokens))]),
  substr: substring,
  unmacro: ({ multi }, rest, first) => {
    const name = nameIn(rest, first);
    multi.undefine(name.text, Number.parseInt(rest[1]?.text ?? '0', 10));
  },
};

function definer(isCaseless: boolean, isExpanded: boolean): Definer {
  return ({ single }, rest, first) => {
    const name = nameIn(rest, first);
    const open = rest[1];
    const hasParameters = isPunctuation(open, '(') && open?.isSpaced === false;
    const close = hasParameters ? rest.findIndex((token) => isPunctuation(token, ')')) : 0;
    if (close < 0) throw new Problem('MACRO', 'the parameters are not closed', open?.column);
    const parameters = hasParameters ? parameterNames(rest.slice(2, close)) : undefined;
    const body = rest.slice(close + 1);
    single.define(name.text, parameters, isExpanded ? single.expand(body) : body, isCaseless);
  };
}

/** `=x` and `&x` are parameters that are evaluated or quoted, which nothing here needs. */
function parameterNames(tokens: readonly Token[]): string[] {
  return splitAtCommas(tokens).map((part) => {
    const [token, extra] = part;
    if (token?.kind === TokenKind.Identifier && extra === undefined) return token.text;
    throw new Problem('MACRO', `${JSON.stringify(textOf(part))} is no name of a parameter`, token?.column);
  });
}

function assigner(isCaseless: boolean): Definer {
  return ({ single, constant }, rest, first) => {
    const name = nameIn(rest, first);
    const value = constant(single.expand(rest.slice(1)), `%assign ${name.text}`);
    single.define(name.text, undefined, numberTokens(value), isCaseless);
  };
}

/** A directive that defines a macro without parameters, by what it makes of the expanded rest. */
function maker(make: (tokens: readonly Token[]) => Token[], isCaseless = false): Definer {
  return ({ single }, rest, first) => {
    const name = nameIn(rest, first);
    single.define(name.text, undefined, make(single.expand(rest.slice(1))), isCaseless);
  };
}

/** `%substr name string start, length`: from 1 on; a negative length counts from the end; one character without. */
function substring({ single, constant }: DefinitionTools, rest: readonly Token[], first: Token): void {
  const name = nameIn(rest, first);
  const [string, ...numbers] = single.expand(rest.slice(1));
  const bytes = new TextEncoder().encode(contentOf(stringIn(string === undefined ? [] : [string])));
  const [startTokens = [], lengthTokens] = splitAtCommas(
    isPunctuation(numbers[0], ',') ? numbers.slice(1) : numbers,
  );
  const start = Number(constant(startTokens, 'the start'));
  const length = lengthTokens === undefined ? 1 : Number(constant(lengthTokens, 'the length'));
  const end = length < 0 ? bytes.length + length + 1 : start - 1 + length;
  const part = new TextDecoder().decode(bytes.subarray(Math.max(0, start - 1), Math.max(0, end)));
  single.define(name.text, undefined, [stringToken(part)], false);
}

function nameIn([name]: readonly Token[], first: Token): Token {
  if (name?.kind === TokenKind.Identifier) return name;
  throw new Problem('MACRO', `${first.text} needs a name`, name?.column ?? first.column);
}

function stringIn(tokens: readonly Token[]): Token {
  const string = tokens.find(({ kind }) => kind === TokenKind.String);
  if (string !== undefined) return string;
  throw new Problem('MACRO', `expected a string, but ${textOf(tokens) || 'nothing'} came`, tokens[0]?.column);
}

function concatenate(tokens: readonly Token[]): string {
  return tokens
    .filter(({ kind }) => kind === TokenKind.String)
    .map(contentOf)
    .join('');
}

function stringToken(content: string): Token {
  return { kind: TokenKind.String, text: quoteString(content), column: 0, isSpaced: true };
}

function numberToken(value: number | bigint): Token {
  return { kind: TokenKind.Number, text: String(value), column: 0, isSpaced: true };
}

function numberTokens(value: bigint): Token[] {
  if (value >= 0n) return [numberToken(value)];
  return [{ kind: TokenKind.Punctuation, text: '-', column: 0, isSpaced: true }, numberToken(-value)];
}
