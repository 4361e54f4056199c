/** Sets of guest-physical addresses: what an NMI handler may write, and where two memories differ. */

/** Addresses from `start` up to, not including, `end`. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

export function isCovered(address: number, ranges: readonly AddressRange[]): boolean {
  return ranges.some(({ start, end }) => address >= start && address < end);
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
