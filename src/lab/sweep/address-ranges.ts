/** Sets of guest-physical addresses: what an NMI handler may write, and where two memories differ. */

import type { AddressRange } from '../../hypervisor/checkpoint.js';

export type { AddressRange };

export function isCovered(address: number, ranges: readonly AddressRange[]): boolean {
  return ranges.some(({ start, end }) => address >= start && address < end);
}

/** Whether all addresses of a range are in one of these. */
export function isWithin({ start, end }: AddressRange, ranges: readonly AddressRange[]): boolean {
  for (let at = start; at < end;) {
    const range = ranges.find((candidate) => at >= candidate.start && at < candidate.end);
    if (range === undefined) return false;
    at = range.end;
  }
  return true;
}

/** Ascending addresses as the fewest ranges. */
export function toRanges(addresses: readonly number[]): AddressRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const address of addresses) {
    const last = ranges.at(-1);
    if (last?.end === address) last.end++;
    else ranges.push({ start: address, end: address + 1 });
  }
  return ranges;
}

export function bytesIn(ranges: readonly AddressRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
