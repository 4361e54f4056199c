/** A branch to one of many places by its RIP: a table indexed by a hash that no two of them share. */
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

/** A place: its distance from the entry, and the depth of the construct that is left to get there. */
interface Place {
  readonly delta: number;
  readonly at: number;
}

/** The index of `delta` is the upper `bits` bits of the low 32 of its product with `multiplier`. */
interface Hash {
  readonly multiplier: number;
  readonly bits: number;
}

/** Attempts at one size of the table before it is doubled. */
const ATTEMPTS = 100;
/** Multipliers: odd numbers that look random (D. Knuth, The Art of Computer Programming, vol. 2, §3.3.4). */
const FIRST_MULTIPLIER = 0x9e3779b1;
const NEXT_MULTIPLIER = 1664525;

/** Branches to the place that `Local.ExitRip` is, if it is one of them. */
export function dispatch(emitter: Emitter, places: readonly Place[]): void {
  const { code } = emitter;
  const hash = perfectHash(places.map(({ delta }) => delta));
  const miss = emitter.depth;
  emitter.open(Op.Block);
  const labels = new Array<number>(2 ** hash.bits).fill(miss);
  for (const { delta } of places) {
    labels[indexOf(hash, delta)] = emitter.depth;
    emitter.open(Op.Block);
  }
  pushIndex(emitter, hash);
  emitter.branchTable([...labels, miss]);
  for (const { delta, at } of [...places].reverse()) {
    emitter.close();
    code.get(Local.ExitRip);
    emitter.ripFromEntry(delta);
    code.op(Op.I64Eq);
    emitter.branch(Op.BrIf, at);
    emitter.branch(Op.Br, miss);
  }
  emitter.close();
}

/** Pushes the index of `Local.ExitRip` (i32). */
function pushIndex({ code }: Emitter, { multiplier, bits }: Hash): void {
  for (const local of [Local.ExitRip, Local.EntryRip]) {
    code.get(local);
    code.op(Op.I32WrapI64);
  }
  code.op(Op.I32Sub);
  code.i32(multiplier);
  code.op(Op.I32Mul);
  code.i32(32 - bits);
  code.op(Op.I32ShrU);
}

function perfectHash(deltas: readonly number[]): Hash {
  let multiplier = FIRST_MULTIPLIER;
  for (let bits = Math.max(1, 32 - Math.clz32(deltas.length - 1)); ; bits++) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const hash = { multiplier, bits };
      if (new Set(deltas.map((delta) => indexOf(hash, delta))).size === deltas.length) return hash;
      multiplier = (Math.imul(multiplier, NEXT_MULTIPLIER) | 1) >>> 0;
    }
  }
}

function indexOf({ multiplier, bits }: Hash, delta: number): number {
  return Math.imul(delta, multiplier) >>> (32 - bits);
}
