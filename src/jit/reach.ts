/** What regions do by themselves, and what they leave to the interpreter. */
import type { Core } from '../core/core.js';

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
  /** Micro-ops that begin instructions which have left their regions: these ask the TLB in any case. */
  readonly missed: ReadonlySet<number>;
}

/** Chooses the reach of regions: wider for those that leave too often. */
export class Reaches {
  /** How often the region of a block has been compiled because the one before left too often. */
  private readonly attempts = new Map<number, number>();
  private readonly missed = new Set<number>();

  constructor(
    private readonly core: Core,
    /** Of regions that have not left often. */
    private readonly first: Reach,
  ) {}

  forget(): void {
    this.attempts.clear();
    this.missed.clear();
  }

  /** The reach of the region whose entry is `block`. First what has missed lately is widened, then all of the region. */
  of(block: number): RegionReach {
    const before = this.attempts.get(block);
    const isAgain = before !== undefined && this.core.exports.isHotAgain.value !== 0;
    const attempts = isAgain ? before + 1 : 0;
    this.attempts.set(block, attempts);
    if (isAgain) this.noteMissed();
    const wider = this.first + Math.max(0, attempts - 1);
    return { usual: Math.min(wider, Reach.Everything), missed: this.missed };
  }

  private noteMissed(): void {
    const { bytes, exports } = this.core;
    const count = exports.MISSED_UOPS_COUNT.value as number;
    const last = new Uint32Array(bytes.buffer, exports.MISSED_UOPS_ADDRESS.value as number, count);
    for (const uop of last) this.missed.add(uop);
  }
}
