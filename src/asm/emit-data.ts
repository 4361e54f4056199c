/** Data to bytes. */
import { Problem } from './diagnostics.js';
import { evaluate, evaluateConstant, type Scope } from './evaluate.js';
import { floatBits } from './float.js';
import type { DataItem } from './statement.js';
import { isScalar, resolve } from './value.js';

export interface DataContext {
  readonly scope: Scope;
  warn(message: string, column: number): void;
}

/** @param unit Bytes of each item; strings are filled up to a multiple of it. */
export function encodeData(items: readonly DataItem[], unit: number, context: DataContext): Uint8Array {
  const out: number[] = [];
  for (const item of items) encodeItem(item, unit, context, out);
  return Uint8Array.from(out);
}

function encodeItem(item: DataItem, unit: number, context: DataContext, out: number[]): void {
  switch (item.kind) {
    case 'string':
      for (const byte of item.bytes) out.push(byte);
      while (out.length % unit !== 0) out.push(0);
      break;
    case 'float':
      pushNumber(floatBits(item.text, item.isNegative, unit, item.column), unit, out);
      break;
    case 'number':
      encodeNumber(item, unit, context, out);
      break;
    case 'nothing':
      pushNumber(0n, unit, out);
      break;
    case 'repeat':
      encodeRepeat(item, unit, context, out);
  }
}

function encodeRepeat(
  item: DataItem & { kind: 'repeat' },
  unit: number,
  context: DataContext,
  out: number[],
): void {
  const count = evaluateConstant(item.count, context.scope, 'the count of DUP');
  if (count < 0n) throw new Problem('RANGE', `DUP cannot repeat ${count} times`, item.count.column);
  if (count * BigInt(item.items.length * unit) > MOST_DUP_BYTES)
    throw new Problem(
      'LIMIT',
      `DUP makes more than ${MOST_DUP_BYTES >> 20n} MiB: TIMES can`,
      item.count.column,
    );
  for (let i = 0n; i < count; i++) {
    for (const inner of item.items) encodeItem(inner, unit, context, out);
    if (out.length > MOST_DUP_BYTES)
      throw new Problem('LIMIT', 'DUP in DUP makes too much', item.count.column);
  }
}

/** What one line of data is gathered in is not made for more. */
const MOST_DUP_BYTES = 1n << 22n;

function encodeNumber(
  item: DataItem & { kind: 'number' },
  unit: number,
  context: DataContext,
  out: number[],
): void {
  const { expression } = item;
  const value = evaluate(expression, context.scope);
  const number = value.isUnknown ? 0n : resolve(value);
  if (number === undefined)
    throw new Problem('EXPRESSION', 'only a number or an address can be stored', expression.column);
  if (unit > 8)
    throw new Problem('EXPRESSION', `a number has 8 bytes at most, not ${unit}`, expression.column);
  const bits = BigInt(unit * 8);
  if (isScalar(value) && unit < 8 && (number < -(1n << bits) || number >= 1n << bits))
    context.warn(`${number} does not fit in ${bits} bits`, expression.column);
  pushNumber(number, unit, out);
}

function pushNumber(number: bigint, bytes: number, out: number[]): void {
  let rest = BigInt.asUintN(bytes * 8, number);
  for (let i = 0; i < bytes; i++) {
    out.push(Number(rest & 0xffn));
    rest >>= 8n;
  }
}
