/**
 * When NMIs are requested: ascending times, in retired guest instructions.
 *
 * A schedule is any iterable of such times. It is read lazily, so it may be infinite, and a time may occur more
 * than once: that many requests arrive together.
 */
import { UsageError } from '../errors.js';

export type NmiSchedule = Iterable<number>;

/** Every `period` instructions: at `period`, 2·`period` and so on. */
export function* everyInstructions(period: number, count = Infinity): Generator<number> {
  requirePositive(period, 'the period between NMIs');
  for (let i = 1; i <= count; i++) yield i * period;
}

/** At these counts, in ascending order whatever order they come in. */
export function atInstructions(counts: Iterable<number>): number[] {
  const sorted = [...counts].sort((a, b) => a - b);
  for (const at of sorted)
    if (!Number.isSafeInteger(at) || at < 0)
      throw new UsageError(`an NMI is requested at an instruction count, a whole number from 0, not ${at}`);
  return sorted;
}

export interface RandomSchedule {
  /** Average instructions between two requests. */
  readonly mean: number;
  /** Any 32-bit number: the same seed gives the same times on every machine. */
  readonly seed?: number;
  readonly count?: number;
}

/**
 * Random gaps, uniform over 1 to 2·mean - 1, so that their average is `mean`.
 *
 * Integers only: a distribution that needs a logarithm would differ between JavaScript engines.
 */
export function* randomInstructions({ mean, seed = 1, count = Infinity }: RandomSchedule): Generator<number> {
  requirePositive(mean, 'the mean distance between NMIs');
  const random = new XorShift32(seed);
  let at = 0;
  for (let i = 0; i < count; i++) {
    at += 1 + random.below(2 * mean - 1);
    yield at;
  }
}

/**
 * Reads a schedule file: one instruction count a line. Blank lines and what follows a `#` are ignored.
 *
 * @param name What to call the file in an error.
 */
export function parseSchedule(text: string, name: string): number[] {
  const counts: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const entry = line.replace(/#.*/, '').trim();
    if (entry === '') continue;
    const at = /^[0-9]+$/.test(entry) ? Number(entry) : NaN;
    if (!Number.isSafeInteger(at))
      throw new UsageError(
        `${name}, line ${index + 1}: expected an instruction count, found ${JSON.stringify(entry)}`,
      );
    counts.push(at);
  }
  if (counts.length === 0) throw new UsageError(`${name}: expected one instruction count a line, found none`);
  return atInstructions(counts);
}

/** George Marsaglia's xorshift generator with the triple (13, 17, 5): period 2^32 - 1, all integer. */
class XorShift32 {
  private state: number;

  constructor(seed: number) {
    // Zero is the one state the generator never leaves; the odd multiplier (Knuth's) spreads small seeds apart.
    this.state = Math.imul(seed, 0x9e37_79b1) >>> 0 || 1;
  }

  private next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  /** 0 to `limit` - 1; 53 bits of randomness, so means beyond 2^31 work too. */
  below(limit: number): number {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return Math.floor(((high * 0x400_0000 + low) / 2 ** 53) * limit);
  }
}

function requirePositive(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${what} is a whole number of instructions, 1 or more, not ${value}`);
}
