/** %if and its many kinds. */
import { Problem } from '../diagnostics.js';
import { isFloatText } from '../number.js';
import { splitAtCommas, type Token, textOf, TokenKind } from '../token.js';
import type { MultiLineMacros } from './multi-line.js';
import type { SingleLineMacros } from './single-line.js';

/** What a condition can ask about. */
export interface Knowledge {
  readonly single: SingleLineMacros;
  readonly multi: MultiLineMacros;
  /** Name of the innermost context; undefined without one. */
  readonly context: string | undefined;
  /** Packages that %use has read, and those that it could. */
  readonly packages: { readonly used: ReadonlySet<string>; readonly usable: readonly string[] };
  constant(tokens: readonly Token[], what: string): bigint;
}

/** Whether `name` is `if`, `ifn`, `ifdef`, `elifidn`…: an opening condition or one in the middle. */
export function conditionKind(name: string): { readonly isElse: boolean; readonly kind: string } | undefined {
  const match = /^(el)?if(\w*)$/.exec(name);
  if (match === null) return undefined;
  const kind = match[2] ?? '';
  return KINDS.has(kind) || KINDS.has(kind.replace(/^n/, ''))
    ? { isElse: match[1] !== undefined, kind }
    : undefined;
}

const KINDS = new Set([
  '',
  'def',
  'macro',
  'ctx',
  'idn',
  'idni',
  'id',
  'num',
  'str',
  'token',
  'empty',
  'env',
  'diff',
  'using',
  'usable',
]);

/** Decides a condition. `kind` is what follows `if`: '' for an expression, 'ndef' for %ifndef. */
export function holdsCondition(kind: string, tokens: readonly Token[], knowledge: Knowledge): boolean {
  const isNegated = kind.startsWith('n') && kind !== 'num';
  const positive = isNegated ? kind.slice(1) : kind;
  return decide(positive, tokens, knowledge) !== isNegated;
}

function decide(kind: string, tokens: readonly Token[], knowledge: Knowledge): boolean {
  const { single, multi } = knowledge;
  switch (kind) {
    case '':
      return knowledge.constant(single.expand(tokens), 'the condition') !== 0n;
    case 'def':
      return tokens.some(({ text }) => single.isDefined(text));
    case 'macro':
      return isMacro(multi, tokens);
    case 'ctx':
      return knowledge.context !== undefined && tokens.some(({ text }) => text === knowledge.context);
    case 'env':
      return false;
    case 'using':
      return tokens.some(({ text }) => knowledge.packages.used.has(text.toLowerCase()));
    case 'usable':
      return tokens.some(({ text }) => knowledge.packages.usable.includes(text.toLowerCase()));
    case 'idn':
      return areIdentical(single.expand(tokens), (text) => text);
    case 'idni':
      return areIdentical(single.expand(tokens), (text) => text.toLowerCase());
    default:
      return isOfKind(kind, single.expand(tokens));
  }
}

function isMacro(multi: MultiLineMacros, [name, count]: readonly Token[]): boolean {
  const macros = multi.named(name?.text ?? '');
  if (count === undefined) return macros.length > 0;
  const wanted = Number(count.text);
  return macros.some(({ least, most }) => wanted >= least && wanted <= most);
}

function areIdentical(tokens: readonly Token[], fold: (text: string) => string): boolean {
  const parts = splitAtCommas(tokens);
  if (parts.length !== 2)
    throw new Problem('CONDITION', 'two things are compared, with a comma between', tokens[0]?.column);
  const [left, right] = parts.map((part) => part.map((token) => fold(unquoted(token))));
  return left?.length === right?.length && left?.every((text, i) => text === right?.[i]) === true;
}

/** Which quotes a string has does not matter. */
function unquoted({ kind, text }: Token): string {
  return kind === TokenKind.String ? `'${text.slice(1, -1)}'` : text;
}

function isOfKind(kind: string, tokens: readonly Token[]): boolean {
  const [first, second] = tokens;
  switch (kind) {
    case 'empty':
      return first === undefined;
    case 'token':
      return first !== undefined && second === undefined;
    case 'id':
      return first?.kind === TokenKind.Identifier;
    case 'str':
      return first?.kind === TokenKind.String;
    case 'num': {
      const isSigned = first?.kind === TokenKind.Punctuation && /^[-+]$/.test(first.text);
      const number = isSigned ? second : first;
      return number?.kind === TokenKind.Number && !isFloatText(number.text);
    }
    default:
      throw new Problem('CONDITION', `there is no condition %if${kind} (${textOf(tokens)})`, first?.column);
  }
}
