/** What is known of the x87 register stack at a point of the code. Registers are counted from TOP where the knowledge begins. */
import type { X87Effect } from './x87-effect.js';

enum Tag {
  Unknown,
  Full,
  Empty,
}

const REGISTERS = 8;

export class X87Shape {
  private readonly tags: Tag[];
  /** TOP less what it was. */
  depth: number;

  /** The same as is known by another; nothing. */
  constructor(other?: X87Shape) {
    this.tags = other?.tags.slice() ?? new Array<Tag>(REGISTERS).fill(Tag.Unknown);
    this.depth = other?.depth ?? 0;
  }

  /** Bit n: register n is known to be full or, in the second, empty. */
  get full(): number {
    return this.mask(Tag.Full);
  }

  get empty(): number {
    return this.mask(Tag.Empty);
  }

  private mask(tag: Tag): number {
    return this.tags.reduce<number>((mask, known, n) => mask | (known === tag ? 1 << n : 0), 0);
  }

  /** The number of the register that is ST(i). */
  register(i: number): number {
    return (this.depth + i) & (REGISTERS - 1);
  }

  /** Learns from outside which registers are full and which are empty. */
  assume(full: number, empty: number): void {
    for (let n = 0; n < REGISTERS; n++) {
      if (((full >> n) & 1) !== 0) this.tags[n] = Tag.Full;
      if (((empty >> n) & 1) !== 0) this.tags[n] = Tag.Empty;
    }
  }

  /** Whether the operation is known to find what it needs. */
  allows({ needs, pushes = false }: X87Effect): boolean {
    return (
      needs.every((i) => this.tags[this.register(i)] === Tag.Full) &&
      (!pushes || this.tags[this.register(-1)] === Tag.Empty)
    );
  }

  /** Registers that must be full and empty for that, as far as it is not known; undefined if it is known to be otherwise. */
  missing({ needs, pushes = false }: X87Effect): { full: number; empty: number } | undefined {
    const registers = needs.map((i) => this.register(i));
    const pushed = this.register(-1);
    if (registers.some((n) => this.tags[n] === Tag.Empty)) return undefined;
    if (pushes && (this.tags[pushed] === Tag.Full || registers.includes(pushed))) return undefined;
    return { full: registers.reduce((mask, n) => mask | (1 << n), 0), empty: pushes ? 1 << pushed : 0 };
  }

  apply({ fills, frees, pushes = false, pops = 0, moves = 0 }: X87Effect): void {
    if (fills !== undefined) this.tags[this.register(fills)] = Tag.Full;
    if (frees !== undefined) this.tags[this.register(frees)] = Tag.Empty;
    if (pushes) {
      this.depth--;
      this.tags[this.register(0)] = Tag.Full;
    }
    for (let n = 0; n < pops; n++) {
      this.tags[this.register(0)] = Tag.Empty;
      this.depth++;
    }
    this.depth += moves;
  }
}

/** Registers that must be full and empty for as many of the operations as can be done without a look in between. */
export function requirements(effects: Iterable<X87Effect>): { full: number; empty: number } {
  const shape = new X87Shape();
  let [full, empty] = [0, 0];
  for (const effect of effects) {
    const missing = shape.missing(effect);
    if (missing === undefined) break;
    full |= missing.full & ~shape.full;
    empty |= missing.empty & ~shape.empty;
    shape.assume(missing.full, missing.empty);
    shape.apply(effect);
  }
  return { full, empty };
}
