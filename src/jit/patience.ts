/**
 * When a hot block is compiled: at once where its region is small, later where it is large or contains what is compiled already.
 *
 * A region of 300 micro-ops costs tens of milliseconds at first, the optimising compilers' time included: as much as millions of
 * interpreted instructions. Whoever waits compiles fewer of them, and knows more blocks when it does. Of regions around the same
 * loop that are entered at different blocks, most are not needed once the first has found its runs of pages (reach.ts).
 */
import type { Region } from './region.js';

/** Micro-ops of regions that wait for nothing. */
const SMALL = 60;
/** Further executions for each micro-op beyond. */
const EXECUTIONS_PER_UOP = 10;
/** Further executions of a block that another region contains. */
const EXECUTIONS_IF_CONTAINED = 2000;

export class Patience {
  /** Addresses of blocks that have waited. */
  private readonly waited = new Set<number>();
  /** Addresses of blocks that regions contain. */
  private readonly contained = new Set<number>();

  forget(): void {
    this.waited.clear();
    this.contained.clear();
  }

  /** How many more executions of a region's entry are worth waiting for: not 0 once at most for each. */
  executionsToWait({ blocks }: Region): number {
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
