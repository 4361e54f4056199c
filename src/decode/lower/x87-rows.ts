/**
 * The x87 opcode map (APM vol 3 §A.1.2): D8 to DF, each by the reg field of ModRM. Rows of the same reg are aliases of each
 * other; iced refuses what has no row.
 */
import { X87Constant, X87Op } from '../../../assembly/abi/x87-op.js';

/** An instruction with an operand in memory. */
export interface X87Memory {
  readonly op: X87Op;
  /** Bytes of the operand; an environment counts with fields of 32 bits. */
  readonly bytes: number;
  readonly isWrite: boolean;
  /** Byte a of the micro-op. */
  readonly a: number;
}

/** An instruction on registers. */
export interface X87Register {
  readonly op: X87Op;
  /** Byte a of the micro-op; i of ST(i) is added to it. */
  readonly a: number;
  /** Of FCMOVcc (APM vol 3 App. A). */
  readonly condition: number;
}

type Eight<Row> = readonly (Row | undefined)[];
type Map<Row> = Readonly<Record<number, Eight<Row>>>;

/** For stores. */
const POP = 1;

function load(op: X87Op, bytes: number): X87Memory {
  return { op, bytes, isWrite: false, a: 0 };
}

function store(op: X87Op, bytes: number, a = 0): X87Memory {
  return { op, bytes, isWrite: true, a };
}

function stack(op: X87Op, a = 0): X87Register {
  return { op, a, condition: 0 };
}

function moveIf(condition: number): X87Register {
  return { op: X87Op.MoveIf, a: 0, condition };
}

/** FADD FMUL FCOM FCOMP FSUB FSUBR FDIV FDIVR: reg is the operation. */
function arithmeticOnMemory(op: X87Op, bytes: number): Eight<X87Memory> {
  return Array.from({ length: 8 }, (_, reg) => ({ op, bytes, isWrite: false, a: reg }));
}

function arithmetic(op: X87Op, reg: number): X87Register {
  return stack(op, reg << 3);
}

const FCOM = arithmetic(X87Op.Arithmetic, 2);
const FCOMP = arithmetic(X87Op.Arithmetic, 3);
const FXCH = stack(X87Op.Exchange);
const FSTP = stack(X87Op.StoreStackPop);
const { ArithmeticInto, ArithmeticIntoPop } = X87Op;

export const X87_MEMORY: Map<X87Memory> = {
  0xd8: arithmeticOnMemory(X87Op.ArithmeticFloat32, 4),
  0xd9: [
    load(X87Op.LoadFloat32, 4),
    undefined,
    store(X87Op.StoreFloat32, 4),
    store(X87Op.StoreFloat32, 4, POP),
    load(X87Op.LoadEnvironment, 28),
    load(X87Op.LoadControl, 2),
    store(X87Op.StoreEnvironment, 28),
    store(X87Op.StoreControl, 2),
  ],
  0xda: arithmeticOnMemory(X87Op.ArithmeticInteger32, 4),
  0xdb: [
    load(X87Op.LoadInteger32, 4),
    store(X87Op.StoreTruncated32, 4),
    store(X87Op.StoreInteger32, 4),
    store(X87Op.StoreInteger32, 4, POP),
    undefined,
    load(X87Op.LoadExtended, 10),
    undefined,
    store(X87Op.StoreExtendedPop, 10),
  ],
  0xdc: arithmeticOnMemory(X87Op.ArithmeticFloat64, 8),
  0xdd: [
    load(X87Op.LoadFloat64, 8),
    store(X87Op.StoreTruncated64, 8),
    store(X87Op.StoreFloat64, 8),
    store(X87Op.StoreFloat64, 8, POP),
    load(X87Op.Restore, 108),
    undefined,
    store(X87Op.Save, 108),
    store(X87Op.StoreStatus, 2),
  ],
  0xde: arithmeticOnMemory(X87Op.ArithmeticInteger16, 2),
  0xdf: [
    load(X87Op.LoadInteger16, 2),
    store(X87Op.StoreTruncated16, 2),
    store(X87Op.StoreInteger16, 2),
    store(X87Op.StoreInteger16, 2, POP),
    load(X87Op.LoadDecimal, 10),
    load(X87Op.LoadInteger64, 8),
    store(X87Op.StoreDecimalPop, 10),
    store(X87Op.StoreInteger64, 8, POP),
  ],
};

/** Of ST(i). */
export const X87_STACK: Map<X87Register> = {
  0xd8: [0, 1, 2, 3, 4, 5, 6, 7].map((reg) => arithmetic(X87Op.Arithmetic, reg)),
  0xd9: [stack(X87Op.LoadStack), FXCH, undefined, stack(X87Op.StoreStackPopQuiet)],
  0xda: [moveIf(2), moveIf(4), moveIf(6), moveIf(10)],
  0xdb: [
    moveIf(3),
    moveIf(5),
    moveIf(7),
    moveIf(11),
    undefined,
    stack(X87Op.CompareFlagsQuiet),
    stack(X87Op.CompareFlags),
  ],
  0xdc: [0, 1, 2, 3, 4, 5, 6, 7].map((reg) => [FCOM, FCOMP][reg - 2] ?? arithmetic(ArithmeticInto, reg)),
  0xdd: [
    stack(X87Op.Free),
    FXCH,
    stack(X87Op.StoreStack),
    FSTP,
    stack(X87Op.CompareQuiet),
    stack(X87Op.CompareQuietPop),
  ],
  0xde: [0, 1, 2, 3, 4, 5, 6, 7].map((reg) => (reg === 2 ? FCOMP : arithmetic(ArithmeticIntoPop, reg))),
  0xdf: [
    stack(X87Op.FreePop),
    FXCH,
    FSTP,
    FSTP,
    undefined,
    stack(X87Op.CompareFlagsQuietPop),
    stack(X87Op.CompareFlagsPop),
  ],
};

/** Those that all of ModRM selects: keys are both bytes of the opcode. */
export const X87_SINGLE: Readonly<Record<number, X87Register>> = {
  0xd9d0: stack(X87Op.NoOperation),
  0xd9e0: stack(X87Op.ChangeSign),
  0xd9e1: stack(X87Op.Absolute),
  0xd9e4: stack(X87Op.Test),
  0xd9e5: stack(X87Op.Examine),
  0xd9e8: stack(X87Op.LoadConstant, X87Constant.One),
  0xd9e9: stack(X87Op.LoadConstant, X87Constant.Log2Of10),
  0xd9ea: stack(X87Op.LoadConstant, X87Constant.Log2OfE),
  0xd9eb: stack(X87Op.LoadConstant, X87Constant.Pi),
  0xd9ec: stack(X87Op.LoadConstant, X87Constant.Log10Of2),
  0xd9ed: stack(X87Op.LoadConstant, X87Constant.LnOf2),
  0xd9ee: stack(X87Op.LoadConstant, X87Constant.Zero),
  0xd9f0: stack(X87Op.Exponential),
  0xd9f1: stack(X87Op.Logarithm),
  0xd9f2: stack(X87Op.Tangent),
  0xd9f3: stack(X87Op.Arctangent),
  0xd9f4: stack(X87Op.Extract),
  0xd9f5: stack(X87Op.RemainderNearest),
  0xd9f6: stack(X87Op.DecrementTop),
  0xd9f7: stack(X87Op.IncrementTop),
  0xd9f8: stack(X87Op.Remainder),
  0xd9f9: stack(X87Op.LogarithmPlusOne),
  0xd9fa: stack(X87Op.SquareRoot),
  0xd9fb: stack(X87Op.SineCosine),
  0xd9fc: stack(X87Op.RoundToInteger),
  0xd9fd: stack(X87Op.Scale),
  0xd9fe: stack(X87Op.Sine),
  0xd9ff: stack(X87Op.Cosine),
  0xdae9: stack(X87Op.CompareQuietPopTwice),
  0xdbe0: stack(X87Op.Nothing),
  0xdbe1: stack(X87Op.Nothing),
  0xdbe2: stack(X87Op.ClearExceptions),
  0xdbe3: stack(X87Op.Initialize),
  0xdbe4: stack(X87Op.Nothing),
  0xded9: stack(X87Op.ComparePopTwice),
  0xdfe0: stack(X87Op.StoreStatusAx),
};
