/** Sum and difference. */
import { FloatException, Rounding, roundingMode, signal } from './environment';
import { copyNumber, FloatNumber, Kind, setIndefinite, setZero } from './number';
import { normalize, shiftRightSticky } from './shift';

const SCRATCH = memory.data(2 * offsetof<FloatNumber>(), 16);

/** The operand of larger exponent, and the other one. */
function larger(): FloatNumber {
  return changetype<FloatNumber>(SCRATCH);
}

function smaller(): FloatNumber {
  return changetype<FloatNumber>(SCRATCH + offsetof<FloatNumber>());
}

/** to ← a + b. Neither is a NaN. */
export function add(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  addSigned(a, b, b.sign, to);
}

/** to ← a - b. Neither is a NaN. */
export function subtract(a: FloatNumber, b: FloatNumber, to: FloatNumber): void {
  addSigned(a, b, b.sign ^ 1, to);
}

/** to ← a + b, where b's sign is given. */
function addSigned(a: FloatNumber, b: FloatNumber, signB: u32, to: FloatNumber): void {
  if (a.kind == Kind.Finite && b.kind == Kind.Finite) {
    addFinite(a, b, signB, to);
  } else if (a.kind == Kind.Infinity && b.kind == Kind.Infinity && a.sign != signB) {
    signal(FloatException.Invalid);
    setIndefinite(to);
  } else if (a.kind == Kind.Zero && b.kind == Kind.Zero) {
    setZero(to, a.sign == signB ? signB : signOfCancellation());
  } else if (a.kind == Kind.Infinity || b.kind == Kind.Zero) {
    copyNumber(to, a);
  } else {
    copyNumber(to, b);
    to.sign = signB;
  }
}

/** The sign of an exact zero that is the sum of numbers of different sign (IEEE 754 §6.3). */
function signOfCancellation(): u32 {
  return roundingMode() == Rounding.Down ? 1 : 0;
}

function addFinite(a: FloatNumber, b: FloatNumber, signB: u32, to: FloatNumber): void {
  const isALarger = a.exponent >= b.exponent;
  const isSameSign = a.sign == signB;
  const left = larger();
  const right = smaller();
  copyNumber(left, isALarger ? a : b);
  copyNumber(right, isALarger ? b : a);
  to.sign = isALarger ? a.sign : signB;
  to.kind = Kind.Finite;
  to.isDenormal = 0;
  to.exponent = left.exponent;
  shiftRightSticky(right, <u32>(left.exponent - right.exponent));
  if (isSameSign) addMagnitudes(left, right, to);
  else subtractMagnitudes(left, right, to);
}

function addMagnitudes(left: FloatNumber, right: FloatNumber, to: FloatNumber): void {
  const low = left.low + right.low;
  const carryLow: u64 = low < left.low ? 1 : 0;
  const high = left.high + right.high + carryLow;
  const isCarry = high < left.high || (high == left.high && carryLow != 0);
  to.high = high;
  to.low = low;
  if (!isCarry) return;
  shiftRightSticky(to, 1);
  to.high |= 0x8000000000000000;
  to.exponent++;
}

/** Exponents are equal now, so the right one may be larger after all. */
function subtractMagnitudes(left: FloatNumber, right: FloatNumber, to: FloatNumber): void {
  const isLess = left.high < right.high || (left.high == right.high && left.low < right.low);
  const from = isLess ? right : left;
  const by = isLess ? left : right;
  const borrow: u64 = from.low < by.low ? 1 : 0;
  to.low = from.low - by.low;
  to.high = from.high - by.high - borrow;
  if (isLess) to.sign ^= 1;
  if ((to.high | to.low) == 0) setZero(to, signOfCancellation());
  else normalize(to);
}
