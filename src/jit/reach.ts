/** What regions do by themselves, and what they leave to the interpreter. */
import type { Access } from '../../assembly/abi/access.js';
import { ExtentSlot, NO_EXTENT } from '../../assembly/abi/extent.js';
import type { Core } from '../core/core.js';
import { MISS_BYTES, MissField } from './core-layout.js';

/**
 * What compiled code does by itself. The rest it leaves to the interpreter, instruction by instruction: no call lies on its way,
 * around which V8 would keep every register in memory (a loop over memory is 1.3 to 2.3 times as fast; V8 11.3, 2026-11-22).
 * A region that leaves often is compiled again.
 */
export enum Reach {
  /** Accesses within the runs of pages of assembly/extents.ts. */
  Runs,
  /** Accesses to pages that the TLB knows. */
  Tlb,
  /** All accesses, and arithmetic that is not exact: it calls the core and goes on. */
  Everything,
}

/** The reach of one region. */
export interface RegionReach {
  readonly usual: Reach;
  /**
   * The slot of the run for a micro-op's accesses (abi/extent.ts); undefined: they ask the TLB in any case. If nothing is known
   * of them, it is the `usual` one, or for those that have operands the one that the registers point into by now.
   */
  runOf(uop: number, access: Access, usual: ExtentSlot): ExtentSlot | undefined;
  /** Accesses of the micro-op have been outside of the run that was chosen for it, or too close to its end for those it was looked at for. */
  hasMissedAgain(uop: number): boolean;
  /** Numbers of a stretch that begins with the micro-op were not ordinary (x87-trial.ts). */
  wasUnusual(uop: number): boolean;
}

/** Accesses that lay outside of their run: where the first and the last did, and how many times the region was compiled again for them. */
interface Missed {
  readonly first: bigint;
  readonly last: bigint;
  readonly times: number;
}

/** Added to the address of a micro-op: what is noted of it are its numbers, not where it accessed memory. */
export const UNUSUAL = 1;

/** Times that a region's accesses are given other runs before all of them ask the TLB. */
const MOST_CHOICES = 5;

/** Chooses the reach of regions: wider for those that leave too often. */
export class Reaches {
  /** How often the region of a block has been compiled because the one before left too often. */
  private readonly attempts = new Map<number, number>();
  /** Micro-ops whose accesses lay outside of their runs. */
  private readonly missed = new Map<number, Missed>();
  private readonly guesses = new Map<number, ExtentSlot>();

  constructor(
    private readonly core: Core,
    /** Of regions that have not left often. */
    private readonly first: Reach,
  ) {}

  forget(): void {
    this.attempts.clear();
    this.missed.clear();
    this.guesses.clear();
  }

  /** The reach of the region whose entry is `block`. First what has missed lately gets other runs, then all of the region is widened. */
  of(block: number): RegionReach {
    const before = this.attempts.get(block);
    const isAgain = before !== undefined && this.core.exports.isHotAgain.value !== 0;
    const attempts = isAgain ? before + 1 : 0;
    this.attempts.set(block, attempts);
    if (isAgain) this.noteMisses();
    const wider = this.first + Math.max(0, attempts - MOST_CHOICES);
    return {
      usual: Math.min(wider, Reach.Everything),
      runOf: (uop, access, usual) => this.runOf(uop, access, usual),
      hasMissedAgain: (uop) => (this.missed.get(uop)?.times ?? 0) > 1,
      wasUnusual: (uop) => this.missed.has(uop + UNUSUAL),
    };
  }

  private runOf(uop: number, access: Access, usual: ExtentSlot): ExtentSlot | undefined {
    const { exports } = this.core;
    const missed = this.missed.get(uop);
    if (missed === undefined) return usual === ExtentSlot.Data ? this.guess(uop, access) : usual;
    const [first, last] = [missed.first, missed.last].map(
      (linear) => exports.chooseExtent(linear, access) >>> 0,
    ) as [number, number];
    return first === last && first !== NO_EXTENT ? first : undefined;
  }

  /** The same for all regions: what has not missed in one need not in the next. */
  private guess(uop: number, access: Access): ExtentSlot {
    const before = this.guesses.get(uop);
    if (before !== undefined) return before;
    const likely = this.core.exports.likelyExtent(uop, access) >>> 0;
    const guess = likely === NO_EXTENT ? ExtentSlot.Data : likely;
    this.guesses.set(uop, guess);
    return guess;
  }

  private noteMisses(): void {
    const { bytes, exports } = this.core;
    const count = exports.MISSES_COUNT.value as number;
    const start = (exports.MISSES_ADDRESS.value as number) + MISS_BYTES;
    const view = new DataView(bytes.buffer, start, count * MISS_BYTES);
    const before = new Map(this.missed);
    for (let at = 0; at < view.byteLength; at += MISS_BYTES) {
      const uop = view.getUint32(at + MissField.Uop, true);
      if (uop === 0) continue;
      const linear = view.getBigUint64(at + MissField.Linear, true);
      const first = this.missed.get(uop)?.first ?? linear;
      this.missed.set(uop, { first, last: linear, times: (before.get(uop)?.times ?? 0) + 1 });
      view.setUint32(at + MissField.Uop, 0, true);
    }
  }
}
