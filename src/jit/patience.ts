/**
 * When a hot block is compiled: at once where its region is small, later where it is large or contains what is compiled already,
 * not at all where it is reached rarely.
 *
 * A region of 300 micro-ops costs tens of milliseconds at first, the optimising compilers' time included: as much as millions of
 * interpreted instructions. Whoever waits compiles fewer of them, and knows more blocks when it does. Of regions around the same
 * loop that are entered at different blocks, most are not needed once the first has found its runs of pages (reach.ts).
 */
import type { Region } from './region.js';

/** Executions of a block after which it is compiled if its region is small: about what that costs in interpreted instructions. */
export const HOT_THRESHOLD = 500;
/** Micro-ops of regions that wait for nothing. */
const SMALL = 60;
/** Further executions for each micro-op beyond. */
const EXECUTIONS_PER_UOP = 10;
/** Further executions of a block that another region contains. */
const EXECUTIONS_IF_CONTAINED = 2000;
/** Instructions to the next execution of a block, on the average, above which it is not worth compiling. */
const RARE = 20_000;

/** When a block was hot last, and how many more executions it was to wait for then. */
interface Wait {
  readonly clock: number;
  readonly executions: number;
}

export class Patience {
  /** Addresses of blocks that have waited. */
  private readonly waited = new Set<number>();
  /** Addresses of blocks that regions contain. */
  private readonly contained = new Set<number>();
  private readonly waits = new Map<number, Wait>();
  /** The clock when the first block was hot. */
  private start: number | undefined;

  forget(): void {
    this.start = undefined;
    this.waits.clear();
    this.waited.clear();
    this.contained.clear();
  }

  /** How many more executions of a region's entry, hot at that clock, are worth waiting for; 0: compile it. */
  executionsToWait(region: Region, clock: number): number {
    const entry = region.blocks[0]!.address;
    const executions = this.isRare(entry, clock) ? HOT_THRESHOLD : this.executionsWorth(region);
    this.waits.set(entry, { clock, executions });
    return executions;
  }

  /** What is reached once in a long while would be compiled for nothing, in the middle of what is fast by then. */
  private isRare(entry: number, clock: number): boolean {
    this.start ??= clock;
    const last = this.waits.get(entry) ?? { clock: this.start, executions: HOT_THRESHOLD };
    return clock - last.clock > RARE * last.executions;
  }

  /** Not 0 once at most for each block. */
  private executionsWorth({ blocks }: Region): number {
    const entry = blocks[0]!.address;
    if (this.waited.has(entry)) return 0;
    this.waited.add(entry);
    const uops = blocks.reduce((sum, block) => sum + block.uops.length, 0);
    const executions = EXECUTIONS_PER_UOP * Math.max(0, uops - SMALL);
    return this.contained.has(entry) ? Math.max(executions, EXECUTIONS_IF_CONTAINED) : executions;
  }

  /** A region has been compiled. */
  note({ blocks }: Region): void {
    for (const { address } of blocks) this.contained.add(address);
  }
}
