/** x87 operations that a stretch that may be undone can do with ordinary numbers (x87-trial.ts). */
import { Width } from '../../assembly/abi/width.js';
import { X87Arithmetic, X87Constant, X87Op } from '../../assembly/abi/x87-op.js';
import type { Emitter } from './emitter.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';
import { operationOf } from './x87-effect.js';
import { double, type Float, single } from './x87-float.js';
import { INTEGER_HIGH } from './x87-number.js';
import { divide, multiply, squareRoot } from './x87-ordinary-arithmetic.js';
import { loadFloat, loadInteger, storeFloat } from './x87-ordinary-memory.js';
import { type OrdinaryNumber, type OrdinaryNumbers87, ZERO_EXPONENT } from './x87-ordinary-numbers.js';
import { add } from './x87-ordinary-sum.js';

/** What an operation makes of C1. */
export enum C1After {
  Same,
  Clear,
  RoundedUp,
}

interface Operation {
  emit(emitter: Emitter, numbers: OrdinaryNumbers87, uop: UopFields): void;
  readonly c1: C1After;
  /** Nothing may be undone after it. */
  readonly isLast?: boolean;
  readonly isStore?: boolean;
}

const BIAS = 0x3fff;
/** CF and ZF, as `Source.Explicit` has them: CF in place, ZF where PF is (see `compareFlags` of x87-operations.ts). */
const EQUAL_SHIFT = 2;

const move = (emit: Operation['emit']): Operation => ({ emit, c1: C1After.Clear });
const compute = (emit: Operation['emit']): Operation => ({ emit, c1: C1After.RoundedUp });
const compare: Operation = { emit: compareFlags, c1: C1After.Same, isLast: true };
const copy = (from: (a: number) => number, to: (a: number) => number): Operation =>
  move((_, numbers, { a }) => {
    if (from(a) !== to(a)) numbers.write(to(a), numbers.read(from(a)));
  });
const loads = (float: Float): Operation =>
  move((emitter, numbers, uop) => numbers.write(-1, loadFloat(emitter, numbers, uop, float)));
const loadsInteger = (width: Width): Operation =>
  move((emitter, numbers, uop) => numbers.write(-1, loadInteger(emitter, numbers, uop, width)));
const stores = (float: Float): Operation => ({
  emit: (emitter, numbers, uop) => storeFloat(emitter, numbers, uop, numbers.read(0), float),
  c1: C1After.RoundedUp,
  isLast: true,
  isStore: true,
});
/** On ST(0) and an operand in memory. */
const withOperand = (
  load: (emitter: Emitter, numbers: OrdinaryNumbers87, uop: UopFields) => OrdinaryNumber,
): Operation =>
  compute((emitter, numbers, uop) => {
    const a = numbers.read(0);
    numbers.write(0, calculate(emitter, numbers, uop.a, a, load(emitter, numbers, uop)));
  });
/** On ST(0) and ST(i). */
const onTwo = (to: (i: number) => number): Operation =>
  compute((emitter, numbers, { a }) => {
    const i = a & 7;
    const operands = [numbers.read(0), numbers.read(i)] as const;
    numbers.write(to(i), calculate(emitter, numbers, a >> 3, ...operands));
  });
const toOther = copy(
  () => 0,
  (a) => a,
);

const OPERATIONS: Readonly<Partial<Record<X87Op, Operation>>> = {
  [X87Op.LoadStack]: copy(
    (a) => a,
    () => -1,
  ),
  [X87Op.StoreStack]: toOther,
  [X87Op.StoreStackPop]: toOther,
  [X87Op.StoreStackPopQuiet]: toOther,
  [X87Op.Exchange]: move((_, numbers, { a }) => {
    const [top, other] = [numbers.read(0), numbers.read(a)];
    numbers.write(0, other);
    numbers.write(a, top);
  }),
  [X87Op.ChangeSign]: move((emitter, numbers) => changeSign(emitter, numbers, false)),
  [X87Op.Absolute]: move((emitter, numbers) => changeSign(emitter, numbers, true)),
  [X87Op.Arithmetic]: onTwo(() => 0),
  [X87Op.ArithmeticInto]: onTwo((i) => i),
  [X87Op.ArithmeticIntoPop]: onTwo((i) => i),
  [X87Op.SquareRoot]: compute((emitter, numbers) =>
    numbers.write(0, squareRoot(emitter, numbers, numbers.read(0))),
  ),
  [X87Op.LoadConstant]: move(loadConstant),
  [X87Op.LoadFloat32]: loads(single),
  [X87Op.LoadFloat64]: loads(double),
  [X87Op.LoadInteger16]: loadsInteger(Width.Word),
  [X87Op.LoadInteger32]: loadsInteger(Width.Dword),
  [X87Op.LoadInteger64]: loadsInteger(Width.Qword),
  [X87Op.ArithmeticFloat32]: withOperand((emitter, numbers, uop) => loadFloat(emitter, numbers, uop, single)),
  [X87Op.ArithmeticFloat64]: withOperand((emitter, numbers, uop) => loadFloat(emitter, numbers, uop, double)),
  [X87Op.StoreFloat32]: stores(single),
  [X87Op.StoreFloat64]: stores(double),
  [X87Op.CompareFlags]: compare,
  [X87Op.CompareFlagsPop]: compare,
  [X87Op.CompareFlagsQuiet]: compare,
  [X87Op.CompareFlagsQuietPop]: compare,
};

/** What does a micro-op's operation; undefined: no stretch does. */
export function ordinaryOperation(uop: UopFields): Operation | undefined {
  const op = operationOf(uop);
  if (isComparison(op, uop.a)) return undefined;
  if (op === X87Op.LoadConstant && uop.a !== X87Constant.One && uop.a !== X87Constant.Zero) return undefined;
  return OPERATIONS[op];
}

/** FCOM and its like leave condition codes in the state. */
function isComparison(op: X87Op, a: number): boolean {
  const isWithMemory = op === X87Op.ArithmeticFloat32 || op === X87Op.ArithmeticFloat64;
  if (!isWithMemory && op !== X87Op.Arithmetic) return false;
  const operation = (isWithMemory ? a : a >> 3) as X87Arithmetic;
  return operation === X87Arithmetic.Compare || operation === X87Arithmetic.ComparePop;
}

function calculate(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  operation: X87Arithmetic,
  a: OrdinaryNumber,
  b: OrdinaryNumber,
): OrdinaryNumber {
  switch (operation) {
    case X87Arithmetic.Multiply:
      return multiply(emitter, numbers, a, b);
    case X87Arithmetic.Add:
      return add(emitter, numbers, a, b, false);
    case X87Arithmetic.Subtract:
      return add(emitter, numbers, a, b, true);
    case X87Arithmetic.SubtractReversed:
      return add(emitter, numbers, b, a, true);
    case X87Arithmetic.Divide:
      return divide(emitter, numbers, a, b);
    default:
      return divide(emitter, numbers, b, a);
  }
}

/** FCHS, FABS */
function changeSign({ code }: Emitter, numbers: OrdinaryNumbers87, isAbsolute: boolean): void {
  const from = numbers.read(0);
  const to = numbers.fresh(from, from.products);
  code.get(from.significand);
  code.set(to.significand);
  code.get(from.exponent);
  code.set(to.exponent);
  if (isAbsolute) {
    code.i64(0);
  } else {
    code.get(from.sign);
    code.i64(-1);
    code.op(Op.I64Xor);
  }
  code.set(to.sign);
  numbers.write(0, to);
}

/** FLD1, FLDZ */
function loadConstant({ code }: Emitter, numbers: OrdinaryNumbers87, { a }: UopFields): void {
  const isOne = (a as X87Constant) === X87Constant.One;
  const to = numbers.fresh({ least: BIAS, most: BIAS });
  code.i64(0, isOne ? INTEGER_HIGH : 0);
  code.set(to.significand);
  code.i32(isOne ? BIAS : ZERO_EXPONENT);
  code.set(to.exponent);
  code.i64(0);
  code.set(to.sign);
  numbers.write(-1, to);
}

/** FCOMI, FUCOMI: neither number is a NaN. */
function compareFlags(emitter: Emitter, numbers: OrdinaryNumbers87, uop: UopFields): void {
  const { code, flags } = emitter;
  const [a, b] = [numbers.read(0), numbers.read(uop.a)];
  // Two zeros are equal, whatever their signs are.
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64Or);
  code.op(Op.I64Eqz);
  emitter.retreatIf();
  const compared = (op: Op, property: 'significand' | 'exponent' | 'sign'): void => {
    code.get(a[property]);
    code.get(b[property]);
    code.op(op);
  };
  compared(Op.I64Eq, 'significand');
  compared(Op.I32Eq, 'exponent');
  code.op(Op.I32And);
  compared(Op.I64Eq, 'sign');
  code.op(Op.I32And);
  code.set(Local.Narrow0);
  // Of one sign: by magnitude, the other way round if they are negative.
  compared(Op.I64LtU, 'significand');
  compared(Op.I32LtS, 'exponent');
  compared(Op.I32Eq, 'exponent');
  code.op(Op.Select);
  const pushIsNegative = (): void => {
    code.get(a.sign);
    code.op(Op.I32WrapI64);
    code.i32(1);
    code.op(Op.I32And);
  };
  pushIsNegative();
  code.op(Op.I32Xor);
  pushIsNegative();
  compared(Op.I64Eq, 'sign');
  code.op(Op.Select);
  code.get(Local.Narrow0);
  code.op(Op.I32Eqz);
  code.op(Op.I32And);
  code.get(Local.Narrow0);
  code.i32(EQUAL_SHIFT);
  code.op(Op.I32Shl);
  code.op(Op.I32Or);
  code.op(Op.I64ExtendI32U);
  code.set(Local.FlagRight);
  code.get(Local.Narrow0);
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.set(Local.FlagResult);
  flags.set(Source.Explicit);
}
