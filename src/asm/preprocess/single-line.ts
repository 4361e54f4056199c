/** Single-line macros: %define and its kin. */
import { FatalProblem, Problem } from '../diagnostics.js';
import { tokenize } from '../lexer.js';
import { isPunctuation, type Token, TokenKind } from '../token.js';

interface Definition {
  /** Undefined for a macro without parentheses. */
  readonly parameters: readonly string[] | undefined;
  readonly body: readonly Token[];
}

/** A line that grows beyond this is taken to grow for ever. */
const MOST_TOKENS = 200_000;
const NOTHING: ReadonlySet<string> = new Set();

export class SingleLineMacros {
  private readonly exact = new Map<string, Definition[]>();
  /** By name in small letters. */
  private readonly caseless = new Map<string, Definition[]>();
  private produced = 0;

  /** @param dynamic What names that change by themselves stand for, like `__LINE__`. */
  constructor(private readonly dynamic: (name: string) => readonly Token[] | undefined) {}

  define(
    name: string,
    parameters: readonly string[] | undefined,
    body: readonly Token[],
    isCaseless: boolean,
  ): void {
    const [table, key] = isCaseless ? [this.caseless, name.toLowerCase()] : [this.exact, name];
    const others = (table.get(key) ?? []).filter(
      (other) =>
        (other.parameters === undefined) === (parameters === undefined) &&
        other.parameters?.length !== parameters?.length,
    );
    table.set(key, [...others, { parameters, body }]);
  }

  undefine(name: string): void {
    this.exact.delete(name);
    this.caseless.delete(name.toLowerCase());
  }

  isDefined(name: string): boolean {
    return this.definitionsOf(name) !== undefined || this.dynamic(name) !== undefined;
  }

  /** The tokens with every macro in them replaced. */
  expand(tokens: readonly Token[]): Token[] {
    this.produced = 0;
    const isPlain = tokens.every(({ kind, text }) => kind !== TokenKind.Identifier || !this.isDefined(text));
    if (isPlain && !tokens.some(isPaste)) return [...tokens];
    return this.paste(this.replaceAll(tokens, NOTHING));
  }

  private definitionsOf(name: string): readonly Definition[] | undefined {
    return this.exact.get(name) ?? this.caseless.get(name.toLowerCase());
  }

  private replaceAll(tokens: readonly Token[], active: ReadonlySet<string>): Token[] {
    const out: Token[] = [];
    let i = 0;
    while (i < tokens.length) {
      const token = tokens[i] as Token;
      const call = token.kind === TokenKind.Identifier ? this.callAt(tokens, i, active) : undefined;
      if (call === undefined) {
        out.push(token);
        i += 1;
        continue;
      }
      for (const made of call.tokens) out.push(made);
      i = call.end;
      this.produced += call.tokens.length + 1;
      if (this.produced > MOST_TOKENS)
        throw new FatalProblem('LIMIT', `the macro ${token.text} makes the line too long`, token.column);
    }
    return out;
  }

  /** What the macro at `position` stands for, and where its call ends; undefined if there is none. */
  private callAt(
    tokens: readonly Token[],
    position: number,
    active: ReadonlySet<string>,
  ): { readonly tokens: readonly Token[]; readonly end: number } | undefined {
    const token = tokens[position] as Token;
    if (active.has(token.text)) return undefined;
    const dynamic = this.dynamic(token.text);
    if (dynamic !== undefined) return { tokens: placed(dynamic, token), end: position + 1 };
    const definitions = this.definitionsOf(token.text);
    if (definitions === undefined) return undefined;
    const inner = new Set(active).add(token.text);
    const plain = definitions.find(({ parameters }) => parameters === undefined);
    if (plain !== undefined)
      return { tokens: placed(this.replaceAll(plain.body, inner), token), end: position + 1 };
    if (!isPunctuation(tokens[position + 1], '(')) return undefined;
    const { args, end } = readArguments(tokens, position + 1);
    const definition = definitions.find(({ parameters }) => accepts(parameters?.length ?? 0, args));
    if (definition === undefined) return undefined;
    const expanded = args.map((arg) => this.replaceAll(arg, active));
    const body = this.replaceAll(substitute(definition, expanded), inner);
    return { tokens: placed(body, token), end };
  }

  /** `a %+ b` is one token. */
  private paste(tokens: readonly Token[]): Token[] {
    if (!tokens.some(isPaste)) return [...tokens];
    const out: Token[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as Token;
      const left = out.at(-1);
      const right = tokens[i + 1];
      if (!isPaste(token) || left === undefined || right === undefined) {
        out.push(token);
        continue;
      }
      out.pop();
      i += 1;
      for (const made of glue(left, right)) out.push(made);
    }
    return this.replaceAll(out, NOTHING);
  }
}

/** F() has no argument, or one that is empty. */
function accepts(count: number, args: readonly (readonly Token[])[]): boolean {
  return count === args.length || (count === 0 && args.length === 1 && args[0]?.length === 0);
}

function isPaste({ kind, text }: Token): boolean {
  return kind === TokenKind.Preprocessor && text === '%+';
}

/** The tokens that two make when nothing is between them. */
export function glue(left: Token, right: Token): Token[] {
  return tokenize(left.text + right.text).map((token, i) => ({
    ...token,
    column: left.column,
    isSpaced: i === 0 ? left.isSpaced : token.isSpaced,
  }));
}

/** Moves what a macro made to where it was called. */
function placed(tokens: readonly Token[], { column, isSpaced }: Token): Token[] {
  return tokens.map((token, i) => ({ ...token, column, isSpaced: i === 0 ? isSpaced : token.isSpaced }));
}

function readArguments(
  tokens: readonly Token[],
  open: number,
): { readonly args: readonly Token[][]; readonly end: number } {
  const args: Token[][] = [[]];
  let depth = 0;
  for (let i = open + 1; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    const isMark = token.kind === TokenKind.Punctuation;
    if (isMark && token.text === ')' && depth === 0) return { args: args.map(unbraced), end: i + 1 };
    if (isMark && '({['.includes(token.text)) depth += 1;
    if (isMark && ')}]'.includes(token.text)) depth -= 1;
    if (isMark && token.text === ',' && depth === 0) args.push([]);
    else args.at(-1)?.push(token);
  }
  throw new Problem('MACRO', `${tokens[open - 1]?.text ?? ''}( is not closed`, tokens[open]?.column);
}

/** `{a, b}` is one argument. */
export function unbraced(tokens: Token[]): Token[] {
  const isBraced = isPunctuation(tokens[0], '{') && isPunctuation(tokens.at(-1), '}');
  return isBraced ? tokens.slice(1, -1) : tokens;
}

function substitute({ parameters = [], body }: Definition, args: readonly (readonly Token[])[]): Token[] {
  return body.flatMap((token) => {
    const index = token.kind === TokenKind.Identifier ? parameters.indexOf(token.text) : -1;
    return index < 0 ? [token] : placed(args[index] ?? [], token);
  });
}
