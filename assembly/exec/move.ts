/** MOV with extension, XCHG, BSWAP, CMOVcc, SETcc (APM vol 3). */
import { condition } from '../flags';
import { register, setRegister } from '../state';

/** dst ← src. */
export function move<T extends number>(dst: u32, src: u32): void {
  setRegister<T>(dst, register<T>(src));
}

/** dst ← src, widened from the signed or unsigned S to D. */
export function extend<S extends D, D extends number>(dst: u32, src: u32): void {
  setRegister<D>(dst, <D>register<S>(src));
}

/** a ↔ b. */
export function exchange<T extends number>(a: u32, b: u32): void {
  const value = register<T>(a);
  setRegister<T>(a, register<T>(b));
  setRegister<T>(b, value);
}

/** If condition n: dst ← src. The 32-bit form clears the upper half of dst either way (APM vol 3, CMOVcc). */
export function moveIf<T extends number>(dst: u32, src: u32, n: u32): void {
  setRegister<T>(dst, condition(n) ? register<T>(src) : register<T>(dst));
}

/** Byte dst ← condition n. */
export function setIf(dst: u32, n: u32): void {
  setRegister<u8>(dst, condition(n) ? 1 : 0);
}

/** Reverses the bytes of dst. */
export function byteSwap<T extends number>(dst: u32): void {
  setRegister<T>(dst, bswap<T>(register<T>(dst)));
}
