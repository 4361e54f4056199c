/** Bitwise operations on 128 bits. */

export function vectorAnd(to: u32, first: u32, second: u32): void {
  v128.store(to, v128.and(v128.load(first), v128.load(second)));
}

/** to ← ~first & second */
export function vectorAndNot(to: u32, first: u32, second: u32): void {
  v128.store(to, v128.andnot(v128.load(second), v128.load(first)));
}

export function vectorOr(to: u32, first: u32, second: u32): void {
  v128.store(to, v128.or(v128.load(first), v128.load(second)));
}

export function vectorXor(to: u32, first: u32, second: u32): void {
  v128.store(to, v128.xor(v128.load(first), v128.load(second)));
}

export function vectorMove(to: u32, source: u32): void {
  v128.store(to, v128.load(source));
}
