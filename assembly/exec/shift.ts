/**
 * Shifts, rotates, double shifts (APM vol 3). Counts are masked to 5 bits, to 6 for 64-bit operands; a masked count
 * of zero changes no flag.
 */
import { carryFlag, setCarryOverflow, setResultFlags } from '../flags';
import { register, setRegister } from '../state';
import { signed, width } from './integer';

const OF: u32 = 0x800;
/** Undefined after a shift: Zen 4 sets it. */
const AF: u32 = 0x10;

function maskCount<T extends number>(count: u32): u32 {
  return count & (sizeof<T>() == 8 ? 63 : 31);
}

/** A count of zero changes no flag and no bit of the operand; a 32-bit register is written nevertheless. */
function keepValue<T extends number>(dst: u32): void {
  if (sizeof<T>() == 4) setRegister<T>(dst, register<T>(dst));
}

function topBit<T extends number>(value: u64): u32 {
  return (<u32>(value >> (width<T>() - 1))) & 1;
}

/** The bit below the top one. */
function secondBit<T extends number>(value: u64): u32 {
  return (<u32>(value >> (width<T>() - 2))) & 1;
}

/** dst ← dst << count. CF is the last bit out, OF whether the sign changed with the last step. */
export function shl<T extends number>(dst: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const value = <u64>register<T>(dst);
  const result = <u64>(<T>(value << count));
  const carry = count <= width<T>() ? (<u32>(value >> (width<T>() - count))) & 1 : 0;
  setRegister<T>(dst, <T>result);
  setResultFlags<T>(<T>result, AF | carry | ((topBit<T>(result) ^ carry) * OF));
}

/** dst ← dst >> count, zeros in. OF is the sign before the last step. */
export function shr<T extends number>(dst: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const value = <u64>register<T>(dst);
  const before = value >> (count - 1);
  const result = before >> 1;
  setRegister<T>(dst, <T>result);
  setResultFlags<T>(<T>result, AF | ((<u32>before) & 1) | (topBit<T>(before) * OF));
}

/** dst ← dst >> count, sign in. */
export function sar<T extends number>(dst: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const value = signed<T>(register<T>(dst));
  const before = value >> (count - 1);
  const result = <T>(before >> 1);
  setRegister<T>(dst, result);
  setResultFlags<T>(result, AF | ((<u32>before) & 1));
}

/** dst ← dst rotated left. CF is the lowest bit of the result; other result flags are kept. */
export function rol<T extends number>(dst: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const result = rotl<T>(register<T>(dst), <T>(count & (width<T>() - 1)));
  setRegister<T>(dst, result);
  const carry = (<u32>result) & 1;
  setCarryOverflow(carry, (topBit<T>(<u64>result) ^ carry) != 0);
}

/** dst ← dst rotated right. CF is the top bit of the result. */
export function ror<T extends number>(dst: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const result = rotr<T>(register<T>(dst), <T>(count & (width<T>() - 1)));
  setRegister<T>(dst, result);
  const carry = topBit<T>(<u64>result);
  setCarryOverflow(carry, (secondBit<T>(<u64>result) ^ carry) != 0);
}

/** dst and CF ← rotated left together. */
export function rcl<T extends number>(dst: u32, rawCount: u32): void {
  const count = carryRotateCount<T>(rawCount);
  if (maskCount<T>(rawCount) == 0) return keepValue<T>(dst);
  let value = <u64>register<T>(dst);
  let carry = carryFlag();
  for (let i: u32 = 0; i < count; i++) {
    const out = topBit<T>(value);
    value = <u64>(<T>((value << 1) | carry));
    carry = out;
  }
  setRegister<T>(dst, <T>value);
  setCarryOverflow(carry, (topBit<T>(value) ^ carry) != 0);
}

/** dst and CF ← rotated right together. */
export function rcr<T extends number>(dst: u32, rawCount: u32): void {
  const count = carryRotateCount<T>(rawCount);
  if (maskCount<T>(rawCount) == 0) return keepValue<T>(dst);
  let value = <u64>register<T>(dst);
  let carry = carryFlag();
  const top = width<T>() - 1;
  for (let i: u32 = 0; i < count; i++) {
    const out = (<u32>value) & 1;
    value = (value >> 1) | ((<u64>carry) << top);
    carry = out;
  }
  setRegister<T>(dst, <T>value);
  const overflow = topBit<T>(value) ^ secondBit<T>(value);
  setCarryOverflow(carry, overflow != 0);
}

/** Rotating through carry has one position more than the operand has bits. */
function carryRotateCount<T extends number>(rawCount: u32): u32 {
  return maskCount<T>(rawCount) % (width<T>() + 1);
}

/**
 * dst ← dst << count, bits of src in from the right. CF and OF are those of the shift of dst alone, which for 16-bit
 * operands and counts above 16 has nothing left: undefined in the manual, Zen 4 has them so and goes on with src again.
 */
export function shld<T extends number>(dst: u32, src: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const value = <u64>register<T>(dst);
  const filler = <u64>register<T>(src);
  let result: u64;
  if (sizeof<T>() == 2) result = (((value << 32) | (filler << 16) | filler) << count) >> 32;
  else result = (value << count) | (filler >> (width<T>() - count));
  const carry = count <= width<T>() ? (<u32>(value >> (width<T>() - count))) & 1 : 0;
  setRegister<T>(dst, <T>result);
  const top = (<u32>((value << count) >> (width<T>() - 1))) & 1;
  setResultFlags<T>(<T>result, AF | carry | ((top ^ carry) * OF));
}

/** dst ← dst >> count, bits of src in from the left. Counts above 16 of 16-bit operands as for SHLD. */
export function shrd<T extends number>(dst: u32, src: u32, rawCount: u32): void {
  const count = maskCount<T>(rawCount);
  if (count == 0) return keepValue<T>(dst);
  const value = <u64>register<T>(dst);
  const filler = <u64>register<T>(src);
  const rest = width<T>() - count;
  let result: u64;
  if (sizeof<T>() == 2) result = ((filler << 32) | (filler << 16) | value) >> count;
  else result = (value >> count) | (filler << rest);
  const carry = count <= width<T>() ? (<u32>(value >> (count - 1))) & 1 : 0;
  setRegister<T>(dst, <T>result);
  const overflow = topBit<T>(<u64>(<T>result)) ^ secondBit<T>(result);
  setResultFlags<T>(<T>result, AF | carry | (overflow * OF));
}
