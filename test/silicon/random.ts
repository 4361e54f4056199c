/** A seeded pseudo-random generator (xorshift128, Marsaglia 2003): the same seed gives the same snippets everywhere. */
export class Random {
  private readonly state: Uint32Array;

  constructor(seed: number) {
    this.state = new Uint32Array([seed ^ 0x9e3779b9, seed * 0x85ebca6b + 1, 0xc2b2ae35, 0x27d4eb2f]);
    for (let i = 0; i < 16; i++) this.u32(); // spreads a small seed over the whole state
  }

  /** 0 to 2^32 − 1. */
  u32(): number {
    const s = this.state;
    let t = s[3] ?? 0;
    const first = s[0] ?? 0;
    s[3] = s[2] ?? 0;
    s[2] = s[1] ?? 0;
    s[1] = first;
    t ^= t << 11;
    t ^= t >>> 8;
    s[0] = t ^ first ^ (first >>> 19);
    return s[0] ?? 0;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  /** 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor((this.u32() / 2 ** 32) * limit);
  }

  chance(probability: number): boolean {
    return this.u32() < probability * 2 ** 32;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}
