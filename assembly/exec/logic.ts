/** AND OR XOR TEST NOT (APM vol 3). */
import { setLogicFlags } from '../flags';
import { register, setRegister } from '../state';

/** dst ← dst & right. */
export function and<T extends number>(dst: u32, right: T): void {
  const result = <T>(register<T>(dst) & right);
  setRegister<T>(dst, result);
  setLogicFlags<T>(result);
}

/** dst ← dst | right. */
export function or<T extends number>(dst: u32, right: T): void {
  const result = <T>(register<T>(dst) | right);
  setRegister<T>(dst, result);
  setLogicFlags<T>(result);
}

/** dst ← dst ^ right. */
export function xor<T extends number>(dst: u32, right: T): void {
  const result = <T>(register<T>(dst) ^ right);
  setRegister<T>(dst, result);
  setLogicFlags<T>(result);
}

/** Flags of left & right. */
export function test<T extends number>(left: u32, right: T): void {
  setLogicFlags<T>(<T>(register<T>(left) & right));
}

/** dst ← ~dst; no flags. */
export function not<T extends number>(dst: u32): void {
  setRegister<T>(dst, <T>~register<T>(dst));
}
