/** POPCNT, LZCNT, TZCNT, BMI1, BMI2, ADX (APM vol 3). Operands: byte offsets of registers. */
import { Reg } from '../abi/register';
import { setLogicFlags, setResultFlags, setStatusFlags, statusFlags } from '../flags';
import { register, setRegister } from '../state';
import { multiplyHigh } from '../wide-integer';
import { width } from './integer';

const CF: u32 = 0x1;
const AF: u32 = 0x10;
const ZF: u32 = 0x40;
const SF: u32 = 0x80;
const OF: u32 = 0x800;

/** dst ← ones of src. ZF says whether there are none; all other flags are cleared. */
export function popcount<T extends number>(dst: u32, src: u32): void {
  const count = popcnt<u64>(<u64>register<T>(src));
  setRegister<T>(dst, <T>count);
  setStatusFlags(count == 0 ? ZF : 0);
}

/** dst ← leading zeros of src. CF: there is no one; ZF: the result is zero. */
export function leadingZeros<T extends number>(dst: u32, src: u32): void {
  const value = <u64>register<T>(src);
  setCount<T>(dst, value == 0, <u32>clz<u64>(value) - (64 - width<T>()));
}

/** dst ← trailing zeros of src. */
export function trailingZeros<T extends number>(dst: u32, src: u32): void {
  const value = <u64>register<T>(src);
  setCount<T>(dst, value == 0, value == 0 ? width<T>() : <u32>ctz<u64>(value));
}

/** Writes a count, CF and ZF. Of the flags that are undefined, Zen 4 keeps OF and clears the rest. */
function setCount<T extends number>(dst: u32, isEmpty: bool, count: u32): void {
  setRegister<T>(dst, <T>count);
  const flags = (isEmpty ? CF : 0) | (count == 0 ? ZF : 0);
  setStatusFlags((statusFlags() & OF) | flags);
}

/** dst ← ~first & second. */
export function andNot<T extends number>(dst: u32, first: u32, second: u32): void {
  const result = <T>(~register<T>(first) & register<T>(second));
  setRegister<T>(dst, result);
  setLogicFlags<T>(result);
}

/** BLSI. CF: src is not zero. */
export function isolateLowest<T extends number>(dst: u32, src: u32): void {
  const value = register<T>(src);
  setWithCarry<T>(dst, <T>(value & (<T>0 - value)), value != <T>0);
}

/** BLSMSK. CF: src is zero. */
export function maskToLowest<T extends number>(dst: u32, src: u32): void {
  const value = register<T>(src);
  setWithCarry<T>(dst, <T>(value ^ (value - <T>1)), value == <T>0);
}

/** BLSR. CF: src is zero. */
export function resetLowest<T extends number>(dst: u32, src: u32): void {
  const value = register<T>(src);
  setWithCarry<T>(dst, <T>(value & (value - <T>1)), value == <T>0);
}

function setWithCarry<T extends number>(dst: u32, result: T, carry: bool): void {
  setRegister<T>(dst, result);
  setResultFlags<T>(result, carry ? CF : 0);
}

/** BEXTR: start in byte 0 of `control`, length in byte 1. */
export function extractField<T extends number>(dst: u32, src: u32, control: u32): void {
  const start = <u32>register<u8>(control);
  const length = <u32>register<u8>(control + 1);
  const shifted: u64 = start < width<T>() ? (<u64>register<T>(src)) >> start : 0;
  const field = length < width<T>() ? shifted & (((<u64>1) << length) - 1) : shifted;
  setRegister<T>(dst, <T>field);
  // Of the flags that are undefined, Zen 4 sets AF and clears SF, whatever the result's sign.
  const inverted = field >> (width<T>() - 1) != 0 ? SF : 0;
  setResultFlags<T>(<T>field, AF | inverted);
}

/** BZHI: the index is byte 0 of `index`. CF: it is beyond the operand. */
export function zeroHigh<T extends number>(dst: u32, src: u32, index: u32): void {
  const from = <u32>register<u8>(index);
  const isBeyond = from >= width<T>();
  const value = <u64>register<T>(src);
  setWithCarry<T>(dst, <T>(isBeyond ? value : value & (((<u64>1) << from) - 1)), isBeyond);
}

/** ADCX. */
export function addWithCarry<T extends number>(dst: u32, src: u32): void {
  addThrough<T>(dst, src, CF);
}

/** ADOX. */
export function addWithOverflow<T extends number>(dst: u32, src: u32): void {
  addThrough<T>(dst, src, OF);
}

/** Adds with the carry in and out in one status flag. */
function addThrough<T extends number>(dst: u32, src: u32, flag: u32): void {
  const flags = statusFlags();
  const left = register<T>(dst);
  const right = register<T>(src);
  const carryIn = <T>((flags & flag) != 0 ? 1 : 0);
  const sum = <T>(left + right + carryIn);
  const isCarry = carryIn != <T>0 ? sum <= left : sum < left;
  setRegister<T>(dst, sum);
  setStatusFlags(isCarry ? flags | flag : flags & ~flag);
}

/** PDEP. */
export function deposit<T extends number>(dst: u32, src: u32, mask: u32): void {
  let bits = <u64>register<T>(src);
  let rest = <u64>register<T>(mask);
  let result: u64 = 0;
  while (rest != 0) {
    const lowest = rest & (0 - rest);
    if ((bits & 1) != 0) result |= lowest;
    bits >>= 1;
    rest ^= lowest;
  }
  setRegister<T>(dst, <T>result);
}

/** PEXT. */
export function extract<T extends number>(dst: u32, src: u32, mask: u32): void {
  const bits = <u64>register<T>(src);
  let rest = <u64>register<T>(mask);
  let result: u64 = 0;
  for (let to: u32 = 0; rest != 0; to++) {
    const lowest = rest & (0 - rest);
    if ((bits & lowest) != 0) result |= (<u64>1) << to;
    rest ^= lowest;
  }
  setRegister<T>(dst, <T>result);
}

/** MULX: high:low ← rDX * src. If both are one register it gets the high half. */
export function multiply<T extends number>(high: u32, low: u32, src: u32): void {
  const left = <u64>register<T>(Reg.Rdx);
  const right = <u64>register<T>(src);
  const product = left * right;
  const upper = sizeof<T>() == 8 ? multiplyHigh(left, right) : product >> 32;
  setRegister<T>(low, <T>product);
  setRegister<T>(high, <T>upper);
}

/** SHLX. */
export function shiftLeft<T extends number>(dst: u32, src: u32, count: u32): void {
  const by = shiftCount<T>(count);
  setRegister<T>(dst, <T>((<u64>register<T>(src)) << by));
}

/** SHRX. */
export function shiftRight<T extends number>(dst: u32, src: u32, count: u32): void {
  const by = shiftCount<T>(count);
  setRegister<T>(dst, <T>((<u64>register<T>(src)) >> by));
}

/** SARX. */
export function shiftArithmetic<T extends number>(dst: u32, src: u32, count: u32): void {
  const by = shiftCount<T>(count);
  const value = sizeof<T>() == 8 ? <i64>register<u64>(src) : <i64>register<i32>(src);
  setRegister<T>(dst, <T>(value >> by));
}

function shiftCount<T extends number>(count: u32): u64 {
  return <u64>(register<u8>(count) & (sizeof<T>() == 8 ? 63 : 31));
}
