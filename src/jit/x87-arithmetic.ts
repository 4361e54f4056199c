/** x87 arithmetic and comparisons in compiled code: calls of core functions that take numbers. */
import { X87Arithmetic } from '../../assembly/abi/x87-op.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';

/** The function of each operation, and whether its operands change places. */
const FUNCTIONS: Readonly<Partial<Record<X87Arithmetic, readonly [X87Import, boolean]>>> = {
  [X87Arithmetic.Add]: [X87Import.Add, false],
  [X87Arithmetic.Multiply]: [X87Import.Multiply, false],
  [X87Arithmetic.Subtract]: [X87Import.Subtract, false],
  [X87Arithmetic.SubtractReversed]: [X87Import.Subtract, true],
  [X87Arithmetic.Divide]: [X87Import.Divide, false],
  [X87Arithmetic.DivideReversed]: [X87Import.Divide, true],
};

/** Pushes the significand of a op b; its upper part is where the core leaves it. */
export function calculate(
  { x87 }: Emitter,
  operation: X87Arithmetic,
  pushA: () => void,
  pushB: () => void,
): void {
  const [index, isReversed] = FUNCTIONS[operation]!;
  if (isReversed) pushB();
  pushA();
  if (!isReversed) pushB();
  x87.call(index);
}

/** The condition codes ← ST(0) against b. */
export function compare({ code, x87 }: Emitter, pushB: () => void, isQuiet: boolean): void {
  x87.push(0);
  pushB();
  code.i32(isQuiet ? 1 : 0);
  x87.call(X87Import.Compare);
}
