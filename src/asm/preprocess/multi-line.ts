/** Multi-line macros: their definitions, and their parameters in one expansion. */
import { Problem } from '../diagnostics.js';
import { parseNumber } from '../number.js';
import { glue, unbraced } from './single-line.js';
import type { SourceLine } from './source-line.js';
import { isPunctuation, type Token, TokenKind } from '../token.js';

export interface MultiLineMacro {
  readonly name: string;
  readonly least: number;
  /** Infinity for `1-*`. */
  readonly most: number;
  /** The last parameter takes what is left of the line, commas included. */
  readonly isGreedy: boolean;
  readonly isCaseless: boolean;
  /** It may call itself. */
  readonly isRecursive: boolean;
  readonly defaults: readonly (readonly Token[])[];
  readonly body: readonly SourceLine[];
}

/** One use of a macro. */
export interface Invocation {
  readonly macro: MultiLineMacro;
  /** %1 and so on; %rotate turns them. */
  args: (readonly Token[])[];
  /** Of all expansions: what makes `%%label` unique. */
  readonly serial: number;
  /** %00 */
  readonly label: Token | undefined;
}

export class MultiLineMacros {
  private readonly macros: MultiLineMacro[] = [];

  define(macro: MultiLineMacro): void {
    const rival = this.macros.find(
      (other) => isNamed(other, macro.name) && other.least <= macro.most && macro.least <= other.most,
    );
    if (rival !== undefined && rival.least === macro.least && rival.most === macro.most)
      throw new Problem('MACRO', `the macro ${macro.name} is defined twice for as many parameters`);
    this.macros.push(macro);
  }

  undefine(name: string, least: number): void {
    const at = this.macros.findIndex((macro) => isNamed(macro, name) && macro.least === least);
    if (at >= 0) this.macros.splice(at, 1);
  }

  named(name: string): readonly MultiLineMacro[] {
    return this.macros.filter((macro) => isNamed(macro, name));
  }
}

function isNamed(macro: MultiLineMacro, name: string): boolean {
  return macro.isCaseless ? macro.name.toLowerCase() === name.toLowerCase() : macro.name === name;
}

/** What follows `%macro`: name, counts, defaults. */
export function parseHeader(
  tokens: readonly Token[],
  isCaseless: boolean,
  isRecursive: boolean,
): Omit<MultiLineMacro, 'body'> {
  const [name, ...rest] = tokens;
  if (name === undefined || name.kind !== TokenKind.Identifier)
    throw new Problem('MACRO', '%macro takes a name and a number of parameters', name?.column);
  // `1.nolist` lexes as one number: how the macro is listed does not matter here.
  const options = rest
    .map((token) => ({ ...token, text: token.text.replace(/\.nolist$/i, '') }))
    .filter(({ text }) => text !== '');
  const [first, dash, second] = options;
  const least = countOf(first, name);
  let used = 1;
  let most = least;
  if (isPunctuation(dash, '-')) {
    most = isPunctuation(second, '*') ? Infinity : countOf(second, name);
    used = 3;
  }
  if (most < least)
    throw new Problem('MACRO', `${name.text} takes at most ${most} and at least ${least}`, name.column);
  const isGreedy = isPunctuation(options[used], '+');
  if (isGreedy) used += 1;
  const defaults = splitArguments(options.slice(used));
  return { name: name.text, least, most, isGreedy, isCaseless, isRecursive, defaults };
}

function countOf(token: Token | undefined, name: Token): number {
  const count = token?.kind === TokenKind.Number ? parseNumber(token.text) : undefined;
  if (count === undefined)
    throw new Problem(
      'MACRO',
      `the macro ${name.text} needs a number of parameters`,
      token?.column ?? name.column,
    );
  return Number(count);
}

/** At the commas outside of braces. */
function splitArguments(tokens: readonly Token[]): Token[][] {
  if (tokens.length === 0) return [];
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isPunctuation(token, '{')) depth += 1;
    if (isPunctuation(token, '}')) depth -= 1;
    if (isPunctuation(token, ',') && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.map(unbraced);
}

/** The parameters of a call; undefined if the macro does not take as many. */
export function bindArguments(
  macro: MultiLineMacro,
  tokens: readonly Token[],
): (readonly Token[])[] | undefined {
  const given = splitArguments(tokens);
  if (given.length < macro.least) return undefined;
  if (given.length > macro.most) {
    if (!macro.isGreedy) return undefined;
    given.splice(macro.most - 1, Infinity, restFrom(tokens, macro.most - 1));
  }
  const args: (readonly Token[])[] = [...given];
  for (let i = given.length; i < macro.most && i - macro.least < macro.defaults.length; i++)
    args.push(macro.defaults[i - macro.least] ?? []);
  return args;
}

/** From parameter `index` to the end of the line. */
function restFrom(tokens: readonly Token[], index: number): Token[] {
  let depth = 0;
  let commas = 0;
  const at = tokens.findIndex((token) => {
    if (isPunctuation(token, '{')) depth += 1;
    if (isPunctuation(token, '}')) depth -= 1;
    if (isPunctuation(token, ',') && depth === 0) commas += 1;
    return commas === index && !(isPunctuation(token, ',') && depth === 0);
  });
  return at < 0 ? [] : tokens.slice(index === 0 ? 0 : at);
}

/** Conditions by name: `%-1` is the opposite of the one in %1. */
// prettier-ignore
const OPPOSITES: Readonly<Record<string, string>> = {
  a: 'na', ae: 'nae', b: 'nb', be: 'nbe', c: 'nc', e: 'ne', g: 'ng', ge: 'nge', l: 'nl', le: 'nle', o: 'no', p: 'np',
  s: 'ns', z: 'nz', pe: 'po', po: 'pe', cxz: 'ncxz', ecxz: 'necxz', rcxz: 'nrcxz',
};

/** A body line with the parameters of one expansion in it. */
export function substituteParameters(tokens: readonly Token[], invocation: Invocation): readonly Token[] {
  if (!tokens.some(({ kind }) => kind === TokenKind.Preprocessor)) return tokens;
  const out: Token[] = [];
  let canJoin = false;
  for (const token of tokens) {
    const made = token.kind === TokenKind.Preprocessor ? parameterOf(token, invocation) : undefined;
    const pieces = made ?? [token];
    pieces.forEach((piece, i) => {
      const left = out.at(-1);
      const isAdjacent = i === 0 && !token.isSpaced && left !== undefined;
      if (isAdjacent && (canJoin || made !== undefined) && isJoinable(left) && isJoinable(piece)) {
        out.pop();
        out.push(...glue(left, piece));
      } else out.push(i === 0 ? { ...piece, isSpaced: token.isSpaced } : piece);
    });
    canJoin = made !== undefined && made.length > 0;
  }
  return out;
}

function isJoinable({ kind }: Token): boolean {
  return kind === TokenKind.Identifier || kind === TokenKind.Number;
}

/** What a parameter stands for; undefined for a word that is none. */
function parameterOf(token: Token, invocation: Invocation): readonly Token[] | undefined {
  const text = bareText(token.text);
  const { args, macro, label, serial } = invocation;
  if (text === '%00') return label === undefined ? [] : [label];
  if (text === '%?' || text === '%??') return [identifier(macro.name, token)];
  if (/^%\d+$/.test(text)) {
    const index = Number(text.slice(1));
    return index === 0
      ? [{ ...token, kind: TokenKind.Number, text: String(args.length) }]
      : (args[index - 1] ?? []);
  }
  if (/^%%[^%]/.test(text)) return [identifier(`..@${serial}.${text.slice(2)}`, token)];
  const condition = /^%([+-])(\d+)$/.exec(text);
  if (condition !== null)
    return [conditionOf(args[Number(condition[2]) - 1]?.[0], condition[1] === '-', token)];
  const range = /^%(-?\d+):(-?\d+)$/.exec(text);
  return range === null ? undefined : rangeOf(args, Number(range[1]), Number(range[2]), token);
}

/** `%{1}` is `%1`. */
export function bareText(text: string): string {
  return text.startsWith('%{') ? `%${text.slice(2, -1).trim()}` : text;
}

function identifier(text: string, token: Token): Token {
  return { ...token, kind: TokenKind.Identifier, text };
}

function conditionOf(argument: Token | undefined, isNegated: boolean, token: Token): Token {
  const name = argument?.text.toLowerCase() ?? '';
  const positive = name.startsWith('n') ? name.slice(1) : name;
  const opposite = name.startsWith('n') && OPPOSITES[positive] !== undefined ? positive : OPPOSITES[name];
  if (opposite === undefined)
    throw new Problem('MACRO', `${JSON.stringify(name)} is no condition`, token.column);
  return identifier(isNegated ? opposite : name, token);
}

/** `%{2:4}`, `%{-1:1}`: several parameters with commas between; backwards if the first is behind the last. */
function rangeOf(args: readonly (readonly Token[])[], from: number, to: number, token: Token): Token[] {
  const place = (index: number): number => (index < 0 ? args.length + index : index - 1);
  const [first, last] = [place(from), place(to)];
  const step = first <= last ? 1 : -1;
  const out: Token[] = [];
  for (let i = first; step > 0 ? i <= last : i >= last; i += step) {
    if (out.length > 0) out.push({ ...token, kind: TokenKind.Punctuation, text: ',', isSpaced: false });
    out.push(...(args[i] ?? []));
  }
  return out;
}
