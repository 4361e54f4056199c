/** MUL IMUL DIV IDIV (APM vol 3). Divisions raise #DE and then leave every register as it was. */
import { Rflags } from '../abi/processor-bits';
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import { raise } from '../fault';
import { setCarryOverflow, setStatusFlags, statusFlags } from '../flags';
import { cpu, register, setRegister } from '../state';
import { divide128, multiplyHigh } from '../wide-integer';
import { signed } from './integer';

const CF_OF: u32 = 0x801;

/** High half of the signed product. */
function multiplyHighSigned(a: i64, b: i64): i64 {
  return <i64>multiplyHigh(<u64>a, <u64>b) - ((a >> 63) & b) - ((b >> 63) & a);
}

/** Writes a double-width result: AX, DX:AX, EDX:EAX or RDX:RAX. */
function setAccumulators<T extends number>(low: T, high: T): void {
  if (sizeof<T>() == 1) {
    setRegister<u16>(Reg.Rax, (<u16>(<u8>low)) | ((<u16>(<u8>high)) << 8));
    return;
  }
  setRegister<T>(Reg.Rax, low);
  setRegister<T>(Reg.Rdx, high);
}

/** rDX:rAX ← rAX * source, unsigned. */
export function mul<T extends number>(source: u32): void {
  const left = <u64>register<T>(Reg.Rax);
  const right = <u64>register<T>(source);
  const low = <T>(left * right);
  const high = sizeof<T>() == 8 ? <T>multiplyHigh(left, right) : <T>((left * right) >> (sizeof<T>() * 8));
  setAccumulators<T>(low, high);
  setProductFlags<T>(low, high != <T>0);
}

/** rDX:rAX ← rAX * source, signed. */
export function imul<T extends number>(source: u32): void {
  const left = signed<T>(register<T>(Reg.Rax));
  const right = signed<T>(register<T>(source));
  const product = left * right;
  const low = <T>product;
  const high = sizeof<T>() == 8 ? <T>multiplyHighSigned(left, right) : <T>(product >> (sizeof<T>() * 8));
  setAccumulators<T>(low, high);
  setProductFlags<T>(low, isTruncated<T>(low, high));
}

/** dst ← left * right, truncated; CF and OF say whether bits were lost. */
export function imulTruncating<T extends number>(dst: u32, left: T, right: T): void {
  const l = signed<T>(left);
  const r = signed<T>(right);
  const product = l * r;
  const low = <T>product;
  const high = sizeof<T>() == 8 ? <T>multiplyHighSigned(l, r) : <T>(product >> (sizeof<T>() * 8));
  setRegister<T>(dst, low);
  setProductFlags<T>(low, isTruncated<T>(low, high));
}

/** The high half is not just the sign of the low half. */
function isTruncated<T extends number>(low: T, high: T): bool {
  return <u64>high != <u64>(<T>(signed<T>(low) >> 63));
}

/** CF = OF = whether the product needs its high half. SF, ZF, AF and PF are undefined. */
function setProductFlags<T extends number>(low: T, needsHigh: bool): void {
  setCarryOverflow(needsHigh ? 1 : 0, needsHigh);
}

/** Quotient and remainder of rDX:rAX by source, unsigned. */
export function div<T extends number>(source: u32): Flow {
  const divisor = <u64>register<T>(source);
  if (divisor == 0) return raise(Vector.De);
  if (sizeof<T>() == 8) return divWide(cpu().rdx, cpu().rax, divisor);
  const dividend = accumulators<T>();
  const quotient = dividend / divisor;
  if (<u64>(<T>quotient) != quotient) return raise(Vector.De);
  setAccumulators<T>(<T>quotient, <T>(dividend % divisor));
  setQuotientFlags();
  return Flow.Next;
}

/** The double-width dividend, up to 64 bits. */
function accumulators<T extends number>(): u64 {
  const state = cpu();
  if (sizeof<T>() == 1) return state.rax & 0xffff;
  if (sizeof<T>() == 2) return (state.rax & 0xffff) | ((state.rdx & 0xffff) << 16);
  return (state.rax & 0xffffffff) | (state.rdx << 32);
}

/** All status flags are undefined: Zen 4 keeps CF and OF, sets AF and clears the rest. */
function setQuotientFlags(): void {
  setStatusFlags((statusFlags() & CF_OF) | Rflags.Af);
}

function divWide(high: u64, low: u64, divisor: u64): Flow {
  if (high >= divisor) return raise(Vector.De);
  const quotient = divide128(high, low, divisor);
  cpu().rdx = low - quotient * divisor;
  cpu().rax = quotient;
  setQuotientFlags();
  return Flow.Next;
}

/** Quotient and remainder of rDX:rAX by source, signed, truncating toward zero. */
export function idiv<T extends number>(source: u32): Flow {
  const divisor = signed<T>(register<T>(source));
  if (divisor == 0) return raise(Vector.De);
  if (sizeof<T>() == 8) return idivWide(divisor);
  const dividend = signedAccumulators<T>();
  // Only the 64-bit dividend of a 32-bit division can overflow Wasm's own division.
  if (dividend == i64.MIN_VALUE && divisor == -1) return raise(Vector.De);
  const quotient = dividend / divisor;
  if (signed<T>(<T>quotient) != quotient) return raise(Vector.De);
  setAccumulators<T>(<T>quotient, <T>(dividend % divisor));
  setQuotientFlags();
  return Flow.Next;
}

function signedAccumulators<T extends number>(): i64 {
  const dividend = accumulators<T>();
  if (sizeof<T>() == 1) return <i64>(<i16>dividend);
  if (sizeof<T>() == 2) return <i64>(<i32>dividend);
  return <i64>dividend;
}

function idivWide(divisor: i64): Flow {
  const state = cpu();
  const isNegative = <i64>state.rdx < 0;
  let low = state.rax;
  let high = state.rdx;
  if (isNegative) {
    low = 0 - low;
    high = ~high + (low == 0 ? 1 : 0);
  }
  const magnitude = <u64>(divisor < 0 ? -divisor : divisor);
  if (high >= magnitude) return raise(Vector.De);
  const quotient = divide128(high, low, magnitude);
  const isQuotientNegative = isNegative != divisor < 0;
  const largest: u64 = isQuotientNegative ? 0x8000000000000000 : 0x7fffffffffffffff;
  if (quotient > largest) return raise(Vector.De);
  const remainder = low - quotient * magnitude;
  state.rax = isQuotientNegative ? 0 - quotient : quotient;
  state.rdx = isNegative ? 0 - remainder : remainder;
  setQuotientFlags();
  return Flow.Next;
}
