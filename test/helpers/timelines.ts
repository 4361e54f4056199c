/** Timelines of shipped guests, made once for each test file. */
import { DEFAULT_MEMORY_BYTES } from '../../src/create-vm.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import type { ScheduleSpec } from '../../src/hypervisor/schedule-spec.js';
import {
  type ComparedTimelines,
  compareTimelines,
  type CompareTimelinesOptions,
} from '../../src/lab/index.js';

/** Under every strategy. NMIs come at random, `mean` apart, unless the guest asks for them itself. */
export async function timelinesOf(
  name: string,
  mean: number,
  options: Partial<CompareTimelinesOptions> = {},
): Promise<ComparedTimelines> {
  const shipped = await findShippedGuest(name);
  const { nmiEvery, nmiFrom } = shipped;
  const random: ScheduleSpec = { kind: 'random', mean, seed: 7, from: nmiFrom ?? 0 };
  return compareTimelines({
    name,
    guest: loadShippedGuest(shipped, await readShippedGuest(shipped), DEFAULT_MEMORY_BYTES),
    schedule: nmiEvery === null ? { kind: 'none' } : random,
    maxInstructions: 20_000,
    ...options,
  });
}
