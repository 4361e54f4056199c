/** BT BTS BTR BTC BSF BSR (APM vol 3). */
import { Rflags } from '../abi/processor-bits';
import { setCarryFlag, setStatusFlags } from '../flags';
import { register, setRegister } from '../state';
import { signed } from './integer';

function mask<T extends number>(index: u32): T {
  return <T>((<u64>1) << (index & (sizeof<T>() * 8 - 1)));
}

/** CF ← bit `index` of the operand. */
export function bt<T extends number>(operand: u32, index: u32): void {
  setCarryFlag((register<T>(operand) & mask<T>(index)) != <T>0 ? 1 : 0);
}

/** CF ← the bit; then the bit ← 1. */
export function bts<T extends number>(operand: u32, index: u32): void {
  bt<T>(operand, index);
  setRegister<T>(operand, <T>(register<T>(operand) | mask<T>(index)));
}

/** CF ← the bit; then the bit ← 0. */
export function btr<T extends number>(operand: u32, index: u32): void {
  bt<T>(operand, index);
  setRegister<T>(operand, <T>(register<T>(operand) & (<T>~mask<T>(index))));
}

/** CF ← the bit; then the bit is inverted. */
export function btc<T extends number>(operand: u32, index: u32): void {
  bt<T>(operand, index);
  setRegister<T>(operand, <T>(register<T>(operand) ^ mask<T>(index)));
}

/** address ← address + the bytes from it to the operand that holds the signed bit `index` of a bit string. */
export function bitAddress<T extends number>(address: u32, index: u32): void {
  const bit = signed<T>(register<T>(index));
  const bytes = (bit >> (sizeof<T>() == 2 ? 4 : sizeof<T>() == 4 ? 5 : 6)) * sizeof<T>();
  setRegister<u64>(address, register<u64>(address) + <u64>bytes);
}

/** dst ← index of the lowest set bit. A zero source sets ZF and leaves dst as it was. */
export function bsf<T extends number>(dst: u32, source: u32): void {
  const value = <u64>register<T>(source);
  const index = <u32>ctz<u64>(value);
  if (value != 0) setRegister<T>(dst, <T>index);
  setScanFlags(value == 0, index);
}

/** dst ← index of the highest set bit. A zero source sets ZF and leaves dst as it was. */
export function bsr<T extends number>(dst: u32, source: u32): void {
  const value = <u64>register<T>(source);
  const index = 63 - <u32>clz<u64>(value);
  if (value != 0) setRegister<T>(dst, <T>index);
  setScanFlags(value == 0, index);
}

/** ZF; the other flags are undefined: Zen 4 clears them but for PF, which is that of the index, or of zero. */
function setScanFlags(isZero: bool, index: u32): void {
  const hasEvenParity = isZero || (popcnt<u32>(index) & 1) == 0;
  setStatusFlags((isZero ? Rflags.Zf : 0) | (hasEvenParity ? Rflags.Pf : 0));
}
