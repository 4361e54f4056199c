/** Sections and their places in a flat binary, by the rules of NASM's `bin` format. */
import { FatalProblem, Problem } from './diagnostics.js';
import type { Base } from './value.js';

/** More bytes of output than this are a mistake in the source. */
export const MOST_OUTPUT_BYTES = 1 << 26;

const DEFAULT_ALIGNMENT = 4n;

export class Section {
  readonly base: Base;
  isNoBits: boolean;
  /** Bytes so far. */
  length = 0;
  /** Attributes of the SECTION directive; undefined where it does not give them. */
  start: bigint | undefined;
  align: bigint | undefined;
  follows: string | undefined;
  virtualStart: bigint | undefined;
  virtualAlign: bigint | undefined;
  virtualFollows: string | undefined;
  /** Where its bytes go in the file, as an address. */
  fileAddress = 0n;
  private contents = new Uint8Array(256);

  constructor(readonly name: string) {
    this.base = { name, address: 0n };
    this.isNoBits = name === '.bss';
  }

  /** Starts the next pass: empty, with its address as a first guess. */
  reset(): void {
    this.length = 0;
    this.isNoBits = this.name === '.bss';
    this.start = this.align = this.virtualStart = this.virtualAlign = undefined;
    this.follows = this.virtualFollows = undefined;
  }

  append(bytes: Uint8Array): void {
    this.grow(bytes.length);
    this.contents.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Zeros; in a section without bits nothing but room. */
  reserve(count: number): void {
    if (!this.isNoBits) {
      this.grow(count);
      this.contents.fill(0, this.length, this.length + count);
    }
    this.length += count;
  }

  get bytes(): Uint8Array {
    return this.contents.subarray(0, this.isNoBits ? 0 : this.length);
  }

  /** ALIGN makes the section start at a multiple as well. */
  raiseAlignment(boundary: bigint): void {
    if (this.align === undefined || boundary > this.align) this.align = boundary;
  }

  private grow(count: number): void {
    const needed = this.length + count;
    if (needed > MOST_OUTPUT_BYTES)
      throw new FatalProblem(
        'LIMIT',
        `section ${this.name} would be larger than ${MOST_OUTPUT_BYTES >> 20} MiB`,
      );
    if (needed <= this.contents.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.contents.length));
    larger.set(this.contents.subarray(0, this.length));
    this.contents = larger;
  }
}

/** Puts every section at its address. Returns whether any is elsewhere than before. */
export function layOutSections(sections: readonly Section[], origin: bigint | undefined): boolean {
  const before = sections.map(({ base }) => base.address);
  const inFile = sortByStart(sortByFollows(sections.filter(({ isNoBits }) => !isNoBits)));
  placeInFile(inFile, origin);
  const placed = new Set<Section>(inFile.filter((section) => placeVirtually(section)));
  const last = inFile.at(-1);
  const rest = sections.filter((section) => !placed.has(section));
  placeRest(rest, placed, sections, last);
  return sections.some(({ base }, i) => base.address !== before[i]);
}

/** A section that follows another comes right after it. */
function sortByFollows(sections: readonly Section[]): Section[] {
  const sorted = sections.filter(({ follows }) => follows === undefined);
  for (const section of sections) {
    if (section.follows === undefined) continue;
    const at = sorted.findIndex(({ name }) => name === section.follows);
    if (at < 0)
      throw new Problem('SECTION', `${section.name} follows ${section.follows}, which is not there`);
    sorted.splice(at + 1, 0, section);
  }
  return sorted;
}

/** Groups that begin with a section whose start is given are sorted by that; the others stay behind what they follow. */
function sortByStart(sections: readonly Section[]): Section[] {
  const groups: Section[][] = [];
  for (const section of sections) {
    if (section.start !== undefined || groups.length === 0) groups.push([section]);
    else groups.at(-1)?.push(section);
  }
  const startOf = (group: Section[]): bigint => group[0]?.start ?? -1n;
  return groups.sort((a, b) => (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0)).flat();
}

function placeInFile(sections: readonly Section[], origin: bigint | undefined): void {
  const [first] = sections;
  if (first === undefined) return;
  if (first.start !== undefined && origin !== undefined && first.start < origin)
    throw new Problem('SECTION', `${first.name} begins before the origin`);
  let end = first.start ?? alignUp(origin ?? 0n, first.align ?? 1n);
  for (const section of sections) {
    const align = section.align ?? DEFAULT_ALIGNMENT;
    const isFirst = section === first;
    section.fileAddress = section.start ?? (isFirst ? end : alignUp(end, align));
    if (section.fileAddress < end && section.length > 0)
      throw new Problem('SECTION', `${section.name} overlaps the section before it`);
    if (section.length > 0) end = section.fileAddress + BigInt(section.length);
  }
}

/** A section in the file is where it is loaded unless it says otherwise. */
function placeVirtually(section: Section): boolean {
  if (section.virtualFollows !== undefined) return false;
  const { fileAddress, virtualStart, virtualAlign } = section;
  section.base.address = virtualStart ?? alignUp(fileAddress, virtualAlign ?? 1n);
  return true;
}

/** Sections after others in memory: those that say so, and those without bits. Each waits for the one it follows. */
function placeRest(
  rest: readonly Section[],
  placed: Set<Section>,
  all: readonly Section[],
  last: Section | undefined,
): void {
  let waiting = rest;
  let before = last;
  while (waiting.length > 0) {
    const next = waiting.find((section) => {
      const target = leaderOf(section, all, before);
      return target === undefined || placed.has(target);
    });
    if (next === undefined)
      throw new Problem('SECTION', `${waiting[0]?.name ?? ''} follows itself, by way of others`);
    const leader = leaderOf(next, all, before);
    const end = leader === undefined ? 0n : leader.base.address + BigInt(leader.length);
    const align = next.virtualAlign ?? (next.isNoBits ? next.align : undefined) ?? DEFAULT_ALIGNMENT;
    next.base.address = next.virtualStart ?? (next.isNoBits ? next.start : undefined) ?? alignUp(end, align);
    placed.add(next);
    if (next.isNoBits) before = next;
    waiting = waiting.filter((section) => section !== next);
  }
}

function leaderOf(
  section: Section,
  all: readonly Section[],
  before: Section | undefined,
): Section | undefined {
  const name = section.virtualFollows ?? (section.isNoBits ? section.follows : undefined);
  if (name === undefined) return before;
  const leader = all.find((candidate) => candidate.name === name);
  if (leader === undefined)
    throw new Problem('SECTION', `${section.name} follows ${name}, which is not there`);
  return leader;
}

function alignUp(address: bigint, boundary: bigint): bigint {
  return ((address + boundary - 1n) / boundary) * boundary;
}

export interface Image {
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly origin: bigint;
}

/** The bytes of all sections that have some; zeros between them. */
export function composeImage(sections: readonly Section[], origin: bigint | undefined): Image {
  const filled = sections.filter(({ isNoBits, length }) => !isNoBits && length > 0);
  const starts = filled.map(({ fileAddress }) => fileAddress);
  const first = starts.reduce((least, start) => (start < least ? start : least), starts[0] ?? origin ?? 0n);
  const end = filled.reduce((most, section) => {
    const last = section.fileAddress + BigInt(section.length);
    return last > most ? last : most;
  }, first);
  if (end - first > BigInt(MOST_OUTPUT_BYTES))
    throw new FatalProblem('LIMIT', `the output would be larger than ${MOST_OUTPUT_BYTES >> 20} MiB`);
  const bytes = new Uint8Array(Number(end - first));
  for (const section of filled) bytes.set(section.bytes, Number(section.fileAddress - first));
  return { bytes, origin: first };
}
