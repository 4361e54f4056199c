/** What the source says about addresses: the line of an instruction, the label that it has, the address of a line. */
import type { LoadedGuest } from 'vmexit';
import type { Assembly } from 'vmexit/asm';
import { MAIN_FILE } from '../program/main-file.js';

/** Farther from its label than this, an address is not named after it. */
const NEAR_BYTES = 0x1000;

export interface SourcePlace {
  /** Of the guest's own source, counted from 1; null: it comes from an included file, or from nowhere. */
  readonly line: number | null;
  /** The included file and line, where it comes from one. */
  readonly place: string | null;
}

export class GuestSource {
  private readonly labels: readonly (readonly [address: number, name: string])[];
  private readonly labelAt: ReadonlyMap<number, string>;
  /** Addresses at which the source has an instruction or data begins, ascending. */
  readonly starts: readonly number[];
  /** Of the guest in memory. */
  private readonly first: number;
  private readonly end: number;

  constructor(
    private readonly assembly: Assembly,
    { pieces, symbols }: Pick<LoadedGuest, 'pieces' | 'symbols'>,
  ) {
    // The shorter name of two at one address is the one that a reader knows: `main`, not `main.loop`.
    this.labels = Array.from(symbols, ({ name, address }) => [Number(address), name] as const);
    this.labelAt = new Map(this.labels.toReversed());
    this.starts = [...new Set(assembly.lines.map(({ address }) => address))];
    this.first = Math.min(...pieces.map(({ address }) => address));
    const ends = pieces.map(({ address, memoryBytes }) => address + memoryBytes);
    this.end = Math.max(...ends, this.labels.at(-1)?.[0] ?? 0);
  }

  /** Address of the first byte that a line made, or the next line that made any; null past the last. */
  addressOf(line: number): bigint | null {
    let best: { readonly line: number; readonly address: number } | null = null;
    for (const { callFile, callLine, address } of this.assembly.lines) {
      if (callFile !== MAIN_FILE || callLine < line) continue;
      if (best === null || callLine < best.line) best = { line: callLine, address };
    }
    return best === null ? null : BigInt(best.address);
  }

  locate(address: bigint): SourcePlace {
    const found = this.rowAt(Number(address));
    if (found === undefined) return { line: null, place: null };
    const { file, line, callFile, callLine } = found;
    const place = file === MAIN_FILE ? null : `${file}:${line}`;
    return { line: callFile === MAIN_FILE ? callLine : null, place };
  }

  /** The line whose breakpoint an address is. */
  lineStartingAt(address: bigint): number | null {
    const { line } = this.locate(address);
    return line !== null && this.addressOf(line) === address ? line : null;
  }

  label(address: bigint): string | null {
    return this.labelAt.get(Number(address)) ?? null;
  }

  /** "name" or "name+4h": the label at or before an address of the image. */
  nameNear(value: bigint): string | null {
    const address = Number(value);
    if (address < this.first || address > this.end) return null;
    let found: readonly [address: number, name: string] | undefined;
    for (const label of this.labels) {
      if (label[0] > address) break;
      found = label;
    }
    if (found === undefined || address - found[0] > NEAR_BYTES) return null;
    const distance = address - found[0];
    return distance === 0 ? found[1] : `${found[1]}+${distance.toString(16).toUpperCase()}h`;
  }

  private rowAt(address: number) {
    const { lines } = this.assembly;
    let low = 0;
    let high = lines.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const row = lines[middle];
      if (row === undefined) return undefined;
      if (address < row.address) high = middle - 1;
      else if (address >= row.address + row.bytes) low = middle + 1;
      else return row;
    }
    return undefined;
  }
}

/** Lines of the guest's own source that have code or data, ascending. */
export function codeLinesOf({ lines }: Assembly): number[] {
  const own = lines.flatMap(({ callFile, callLine }) => (callFile === MAIN_FILE ? [callLine] : []));
  return [...new Set(own)].sort((a, b) => a - b);
}
