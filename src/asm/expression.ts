/** Expressions: tokens to a tree, by NASM's operators and precedence. */
import { Problem } from './diagnostics.js';
import { floatPartNamed, specialFloat } from './float.js';
import { type Logarithm, logarithmNamed } from './functions.js';
import { isFloatText, parseNumber } from './number.js';
import { bytesOfString, numberOfString } from './quoted-string.js';
import { registerNumber } from './registers.js';
import { scalar, type Value } from './value.js';
import { isPunctuation, type Token, TokenKind } from './token.js';

export type UnaryOperator = '-' | '+' | '~' | '!';

// prettier-ignore
/** By precedence, loosest first. */
const BINARY_OPERATORS = [
  ['||'], ['^^'], ['&&'],
  ['=', '==', '!=', '<>', '<', '<=', '>', '>=', '<=>'],
  ['|'], ['^'], ['&'],
  ['<<', '<<<', '>>', '>>>'],
  ['+', '-'],
  ['*', '/', '//', '%', '%%'],
] as const;

export type BinaryOperator = (typeof BINARY_OPERATORS)[number][number];

export type Expression =
  | { readonly kind: 'value'; readonly value: Value; readonly column: number }
  | { readonly kind: 'symbol'; readonly name: string; readonly column: number }
  /** $ */
  | { readonly kind: 'here'; readonly column: number }
  /** $$ */
  | { readonly kind: 'section'; readonly column: number }
  /** The number of a segment, of which a flat binary has none. */
  | {
      readonly kind: 'unary';
      readonly operator: UnaryOperator;
      readonly of: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'logarithm';
      readonly rounding: Logarithm;
      readonly of: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
      readonly column: number;
    };

/** Expressions nested deeper than this are refused before they exhaust the stack. */
const MOST_DEPTH = 200;

/** Reads tokens one after the other. */
export class TokenReader {
  position = 0;

  constructor(
    readonly tokens: readonly Token[],
    /** Where the line ends, for messages. */
    readonly endColumn = (tokens.at(-1)?.column ?? 0) + (tokens.at(-1)?.text.length ?? 0),
  ) {}

  get current(): Token | undefined {
    return this.tokens[this.position];
  }

  get column(): number {
    return this.current?.column ?? this.endColumn;
  }

  get isAtEnd(): boolean {
    return this.position >= this.tokens.length;
  }

  next(): Token | undefined {
    return this.tokens[this.position++];
  }

  /** Steps over `text` if it comes next. */
  takes(text: string): boolean {
    if (!isPunctuation(this.current, text)) return false;
    this.position += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw this.unexpected(JSON.stringify(text));
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw this.unexpected('the end of the line');
  }

  unexpected(expected: string): Problem {
    const found = this.current === undefined ? 'the line ends' : `${JSON.stringify(this.current.text)} came`;
    return new Problem('SYNTAX', `expected ${expected}, but ${found}`, this.column);
  }
}

/** Reads the expression that begins at the reader's position. */
export function parseExpression(reader: TokenReader): Expression {
  return new ExpressionParser(reader).parse();
}

/** The expression that the tokens are, all of them. */
export function expressionOf(tokens: readonly Token[], endColumn?: number): Expression {
  const reader = new TokenReader(tokens, endColumn);
  const expression = parseExpression(reader);
  if (!reader.isAtEnd) throw reader.unexpected('an operator or the end of the expression');
  return expression;
}

class ExpressionParser {
  private depth = 0;

  constructor(private readonly reader: TokenReader) {}

  parse(): Expression {
    const { reader } = this;
    this.depth += 1;
    if (this.depth > MOST_DEPTH)
      throw new Problem('LIMIT', 'the expression is nested too deeply', reader.column);
    const condition = this.binary(0);
    this.depth -= 1;
    const { column } = reader;
    if (!reader.takes('?')) return condition;
    const yes = this.parse();
    reader.expect(':');
    return { kind: 'choice', condition, yes, no: this.parse(), column };
  }

  private binary(level: number): Expression {
    const operators: readonly string[] | undefined = BINARY_OPERATORS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const token = this.reader.current;
      if (token === undefined || !isOperator(token, operators)) return left;
      this.reader.next();
      const right = this.binary(level + 1);
      left = { kind: 'binary', operator: token.text as BinaryOperator, left, right, column: token.column };
    }
  }

  private unary(): Expression {
    const { current } = this.reader;
    if (current === undefined || !isOperator(current, ['-', '+', '~', '!'])) return this.primary();
    this.depth += 1;
    if (this.depth > MOST_DEPTH)
      throw new Problem('LIMIT', 'the expression is nested too deeply', current.column);
    this.reader.next();
    const of = this.unary();
    this.depth -= 1;
    return { kind: 'unary', operator: current.text as UnaryOperator, of, column: current.column };
  }

  private primary(): Expression {
    const { reader } = this;
    const { column } = reader;
    if (reader.takes('(')) {
      const inner = this.parse();
      reader.expect(')');
      return inner;
    }
    if (reader.takes('$')) return { kind: 'here', column };
    if (reader.takes('$$')) return { kind: 'section', column };
    const token = reader.current;
    if (token === undefined || token.kind === TokenKind.Punctuation || token.kind === TokenKind.Preprocessor)
      throw reader.unexpected('a value');
    reader.next();
    return this.call(token) ?? operandOf(token);
  }

  /** `__?ilog2f?__(x)`, `__?float32?__(1.5)`; undefined if the token names no function. */
  private call({ kind, text, column }: Token): Expression | undefined {
    if (kind !== TokenKind.Identifier || !text.startsWith('__')) return undefined;
    const { reader } = this;
    const rounding = logarithmNamed(text);
    const floatBits = floatPartNamed(text);
    if (rounding === undefined && floatBits === undefined) return undefined;
    reader.expect('(');
    const value: Expression =
      rounding === undefined
        ? { kind: 'value', value: scalar(floatBits!(...this.signedFloat(), column)), column }
        : { kind: 'logarithm', rounding, of: this.parse(), column };
    reader.expect(')');
    return value;
  }

  /** A number with a point or an exponent, or the name of a special one. */
  private signedFloat(): [text: string, isNegative: boolean] {
    const { reader } = this;
    const isNegative = reader.takes('-');
    if (!isNegative) reader.takes('+');
    const { current } = reader;
    const special = current?.kind === TokenKind.Identifier ? specialFloat(current.text) : undefined;
    const isFloat = current?.kind === TokenKind.Number && isFloatText(current.text);
    if (current === undefined || (special === undefined && !isFloat))
      throw reader.unexpected('a floating-point number');
    reader.next();
    return [special ?? current.text, isNegative];
  }
}

function isOperator(token: Token, operators: readonly string[]): boolean {
  return token.kind === TokenKind.Punctuation && operators.includes(token.text);
}

function operandOf({ kind, text, column }: Token): Expression {
  if (kind === TokenKind.String)
    return { kind: 'value', value: scalar(numberOfString(bytesOfString(text, column))), column };
  if (kind === TokenKind.Number) {
    const number = parseNumber(text);
    if (number !== undefined) return { kind: 'value', value: scalar(number), column };
    const why = isFloatText(text) ? 'a floating-point number cannot be calculated with' : 'is no number';
    throw new Problem('SYNTAX', isFloatText(text) ? why : `${JSON.stringify(text)} ${why}`, column);
  }
  const register = registerNumber(text);
  if (register !== undefined)
    return {
      kind: 'value',
      value: { number: 0n, terms: [{ of: register, factor: 1n }], isUnknown: false },
      column,
    };
  if (specialFloat(text) !== undefined)
    throw new Problem('SYNTAX', 'a floating-point number cannot be calculated with', column);
  return { kind: 'symbol', name: text.startsWith('$') ? text.slice(1) : text, column };
}
