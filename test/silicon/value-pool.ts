/**
 * Vectors of edge values to draw from: making one takes much longer than copying one, so each state of many registers takes
 * them from a pool, of which a little is renewed every time.
 */
import { FLAVOURS, fillWith } from './float-values.js';
import type { Flavour } from './float-values.js';
import type { Random } from './random.js';

const VECTORS = 1024;
const VECTOR_BYTES = 32;

export class ValuePool {
  private readonly pools = new Map<Flavour, Uint8Array>();

  constructor(private readonly random: Random) {
    for (const flavour of [...FLAVOURS, 'f80', 'bcd'] as const) this.pools.set(flavour, this.fill(flavour));
  }

  /** Copies the first `count` bytes of a vector to `offset`. */
  take(flavour: Flavour, to: Uint8Array, offset: number, count: number): void {
    const pool = this.pools.get(flavour);
    if (pool === undefined) throw new Error(`no vectors of ${flavour}`);
    const from = this.random.below(VECTORS) * VECTOR_BYTES;
    for (let i = 0; i < count; i++) to[offset + i] = pool[from + i] ?? 0;
  }

  /** Makes one vector of a flavour anew. */
  renew(flavour: Flavour): void {
    const pool = this.pools.get(flavour);
    if (pool === undefined) return;
    const at = this.random.below(VECTORS) * VECTOR_BYTES;
    fillWith(this.random, new DataView(pool.buffer), at, VECTOR_BYTES, flavour);
  }

  private fill(flavour: Flavour): Uint8Array {
    const pool = new Uint8Array(VECTORS * VECTOR_BYTES);
    const view = new DataView(pool.buffer);
    for (let at = 0; at < pool.length; at += VECTOR_BYTES)
      fillWith(this.random, view, at, VECTOR_BYTES, flavour);
    return pool;
  }
}
