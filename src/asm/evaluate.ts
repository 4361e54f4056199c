/** Expressions to values, as of one moment of one pass. */
import { Problem } from './diagnostics.js';
import type { BinaryOperator, Expression, UnaryOperator } from './expression.js';
import { logarithm } from './functions.js';
import { add, isScalar, multiply, scalar, type Value } from './value.js';

/** What names mean now. */
export interface Scope {
  /** The value of a symbol. Throws a `Problem` where it can have none. */
  symbol(name: string, column: number): Value;
  /** $ */
  here(): Value;
  /** $$ */
  sectionStart(): Value;
}

export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'value':
      return expression.value;
    case 'symbol':
      return scope.symbol(expression.name, expression.column);
    case 'here':
      return scope.here();
    case 'section':
      return scope.sectionStart();
    case 'unary':
      return unary(expression.operator, evaluate(expression.of, scope), expression.column);
    case 'logarithm': {
      const { rounding, of, column } = expression;
      const argument = evaluate(of, scope);
      // A size that is not known yet need not be a power of two yet.
      if (argument.isUnknown) return argument;
      return onScalar(argument, 'ILOG2', column, (number) => logarithm(rounding, number, column));
    }
    case 'binary':
      return binary(
        expression.operator,
        evaluate(expression.left, scope),
        evaluate(expression.right, scope),
        expression.column,
      );
    case 'choice':
      return choose(expression, scope);
  }
}

/** A number that must be known where it stands, as of TIMES and ORG. */
export function evaluateConstant(expression: Expression, scope: Scope, what: string): bigint {
  const value = evaluate(expression, scope);
  if (value.isUnknown)
    throw new Problem(
      'NOT_CONSTANT',
      `${what} must be known here: no symbol that follows`,
      expression.column,
    );
  if (!isScalar(value))
    throw new Problem('NOT_CONSTANT', `${what} must be a plain number, not an address`, expression.column);
  return value.number;
}

function choose(expression: Expression & { kind: 'choice' }, scope: Scope): Value {
  const condition = evaluate(expression.condition, scope);
  if (condition.isUnknown) return condition;
  const { number } = requireScalar(condition, '?', expression.column);
  return evaluate(number !== 0n ? expression.yes : expression.no, scope);
}

function unary(operator: UnaryOperator, value: Value, column: number): Value {
  switch (operator) {
    case '+':
      return value;
    case '-':
      return multiply(value, scalar(-1n), column);
    case '~':
      return onScalar(value, operator, column, (number) => ~number);
    case '!':
      return onScalar(value, operator, column, (number) => (number === 0n ? 1n : 0n));
  }
}

function onScalar(value: Value, operator: string, column: number, apply: (n: bigint) => bigint): Value {
  const { number, isUnknown } = requireScalar(value, operator, column);
  return { ...scalar(apply(number)), isUnknown };
}

function binary(operator: BinaryOperator, left: Value, right: Value, column: number): Value {
  if (operator === '+') return add(left, right);
  if (operator === '-') return add(left, right, -1n);
  if (operator === '*') return multiply(left, right, column);
  // Two places of one section compare by their distance.
  const isComparison =
    '=!<>'.includes(operator[0] ?? '') && !operator.startsWith('<<') && !operator.startsWith('>>');
  const [a, b] = isComparison ? [add(left, right, -1n), scalar(0n)] : [left, right];
  const isUnknown = left.isUnknown || right.isUnknown;
  const first = requireScalar(a, operator, column).number;
  const second = requireScalar(b, operator, column).number;
  if (isUnknown) return { ...scalar(0n), isUnknown };
  if (isComparison && isScalar(left) && isScalar(right))
    return scalar(calculate(operator, left.number, right.number, column));
  return scalar(calculate(operator, first, second, column));
}

function requireScalar(value: Value, operator: string, column: number): Value {
  if (isScalar(value)) return value;
  throw new Problem('EXPRESSION', `${operator} needs plain numbers, not addresses or registers`, column);
}

// prettier-ignore
function calculate(operator: Exclude<BinaryOperator, '+' | '-' | '*'>, a: bigint, b: bigint, column: number): bigint {
  switch (operator) {
    case '||': return bit(a !== 0n || b !== 0n);
    case '^^': return bit((a !== 0n) !== (b !== 0n));
    case '&&': return bit(a !== 0n && b !== 0n);
    case '=': case '==': return bit(a === b);
    case '!=': case '<>': return bit(a !== b);
    case '<': return bit(a < b);
    case '<=': return bit(a <= b);
    case '>': return bit(a > b);
    case '>=': return bit(a >= b);
    case '<=>': return a < b ? -1n : bit(a > b);
    case '|': return a | b;
    case '^': return a ^ b;
    case '&': return a & b;
    case '<<': case '<<<': return a << (b & 63n);
    case '>>': return unsigned(a) >> (b & 63n);
    case '>>>': return a >> (b & 63n);
    case '/': return unsigned(a) / unsigned(divisor(b, column));
    case '//': return a / divisor(b, column);
    case '%': return unsigned(a) % unsigned(divisor(b, column));
    case '%%': return a % divisor(b, column);
  }
}

function bit(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

function unsigned(number: bigint): bigint {
  return BigInt.asUintN(64, number);
}

function divisor(number: bigint, column: number): bigint {
  if (number === 0n) throw new Problem('EXPRESSION', 'division by zero', column);
  return number;
}
