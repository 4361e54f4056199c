/**
 * When a hot block is compiled: once its region has cost the interpreter about what compiling it costs, so that waiting and
 * compiling together are never much more than the better of the two; not at all where it is reached rarely.
 *
 * A micro-op costs some 50 µs to compile, the optimising compilers' time included, and some 5 ns to interpret.
 */
import type { Region, RegionBlock } from './region.js';

/** Executions of a block after which its region is thought about. */
export const HOT_THRESHOLD = 1000;
/** Times that each micro-op of a region must have been interpreted, on the average. */
const WORTH = 3000;
/** Executions from one thought to the next, at most. */
const LONGEST_WAIT = 50_000;
/** Instructions to the next execution of a block, on the average, above which it is not worth compiling. */
const RARE = 20_000;

/** When a block was hot last, how many more executions it was to wait for then, and for how many all together. */
interface Wait {
  readonly clock: number;
  readonly executions: number;
  readonly total: number;
}

/** How often a block has been interpreted since its executions were last said to begin anew. */
type HeatOf = (block: RegionBlock) => number;

export class Patience {
  /** Addresses of blocks that regions contain: they are interpreted no more, or not for long. */
  private readonly contained = new Set<number>();
  private readonly waits = new Map<number, Wait>();
  /** The clock when the first block was hot. */
  private start: number | undefined;

  forget(): void {
    this.start = undefined;
    this.waits.clear();
    this.contained.clear();
  }

  /** How many more executions of a region's entry, hot at that clock, are worth waiting for; 0: compile it. */
  executionsToWait(region: Region, clock: number, heatOf: HeatOf): number {
    const entry = region.blocks[0]!.address;
    const executions = this.isRare(entry, clock) ? HOT_THRESHOLD : this.executionsToWorth(region, heatOf);
    this.waits.set(entry, { clock, executions, total: this.waited(entry) + executions });
    return executions;
  }

  /** What is reached once in a long while would be compiled for nothing, in the middle of what is fast by then. */
  private isRare(entry: number, clock: number): boolean {
    this.start ??= clock;
    const last = this.waits.get(entry) ?? { clock: this.start, executions: HOT_THRESHOLD };
    return clock - last.clock > RARE * last.executions;
  }

  private waited(address: number): number {
    return this.waits.get(address)?.total ?? 0;
  }

  private executionsToWorth({ blocks }: Region, heatOf: HeatOf): number {
    const executions = (block: RegionBlock): number =>
      Math.max(0, heatOf(block) + this.waited(block.address));
    let [done, size] = [0, 0];
    blocks.forEach((block, i) => {
      size += block.uops.length + 1;
      if (i === 0 || !this.contained.has(block.address)) done += executions(block) * (block.uops.length + 1);
    });
    const missing = WORTH * size - done;
    if (missing <= 0) return 0;
    const more = (missing * executions(blocks[0]!)) / done;
    return Math.ceil(Math.min(LONGEST_WAIT, Math.max(HOT_THRESHOLD, more)));
  }

  /** A region has been compiled. */
  note({ blocks }: Region): void {
    for (const { address } of blocks) this.contained.add(address);
  }
}
