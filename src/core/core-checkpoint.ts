/**
 * Copy-on-write checkpoints of a core: registers are copied, memory is remembered by page, from its first change on.
 *
 * The TLB and the fetch cache are remembered with memory: a core that goes back has the translations that it had, so nothing
 * that follows depends on whether it has been away, not even for guests that change page tables and do not say so. Decoded
 * and compiled code stays, but for that of lines which come back different.
 */
import { Layout } from '../../assembly/abi/layout.js';
import type { Core } from './core.js';
import { registerFiles } from './core-snapshot.js';
import { CoreHasher } from './core-hash.js';
import { PageHistory, type PageImage, type PageVersion, type TrackedPages } from './page-history.js';

const PAGE = 4096;
/** Of the map of decoded code: what a store can invalidate. */
const LINE_WORDS = 16;
const LINE_BYTES = 64;

/** Copies of registers that are kept: 400 KiB. */
const MOST_SPARE = 64;

/** Addresses from `start` up to, not including, `end`. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

type MutableRange = { -readonly [K in keyof AddressRange]: AddressRange[K] };

/** A moment to go back to. For its owner it is a key. */
export interface CoreCheckpoint {
  readonly version: PageVersion;
  /** Everything that is not memory, area by area. */
  readonly registers: readonly Uint8Array[];
  /** Which decoded blocks the fetch cache knew. */
  readonly codeGeneration: number;
}

export class CoreCheckpoints {
  private readonly pages: TrackedPages;
  private readonly history: PageHistory;
  private readonly hasher: CoreHasher;
  private readonly areas: readonly Uint8Array[];
  /** Copies for the next who needs one: to allocate them takes longer than to fill them. */
  private readonly spare: (readonly Uint8Array[])[] = [];

  /** @param hostPages Physical addresses of pages that the host writes without telling the core. */
  constructor(
    private readonly core: Core,
    hostPages: readonly number[],
  ) {
    this.areas = registerAreas(core);
    this.pages = new CorePages(core, hostPages);
    this.history = new PageHistory(this.pages);
    this.hasher = new CoreHasher(core, this.history);
    core.onTouch = (number) => {
      this.history.preserve(number);
    };
  }

  take(): CoreCheckpoint {
    return {
      version: this.history.take(),
      registers: this.copyRegisters(),
      codeGeneration: this.generation,
    };
  }

  returnTo({ version, registers, codeGeneration }: CoreCheckpoint): void {
    const { exports } = this.core;
    this.history.returnTo(version);
    this.areas.forEach((area, i) => {
      area.set(registers[i]!);
    });
    exports.translationsReplaced();
    // It holds nothing that a walk would not find, but may hold more than the tables that are back.
    exports.flushNestedTlb();
    // Blocks that the fetch cache knew then may not be where they were.
    if (codeGeneration !== this.generation) exports.flushFetchCache();
  }

  release({ version, registers }: CoreCheckpoint): void {
    this.history.release(version);
    if (this.spare.length < MOST_SPARE) this.spare.push(registers);
  }

  /** No checkpoint is of use any more. */
  forgetAll(): void {
    this.history.forgetAll();
  }

  /** Physical addresses of the pages below `end` that are not what they were, ascending. */
  changedSince({ version }: CoreCheckpoint, end: number): number[] {
    const changed: number[] = [];
    for (const [number, image] of this.history.changedSince(version))
      if (number * PAGE < end && !areEqual(image, this.pages.words(number))) changed.push(number * PAGE);
    return changed.sort((a, b) => a - b);
  }

  /** Physical addresses below `end` whose bytes are not what they were, ascending. */
  bytesChangedSince({ version }: CoreCheckpoint, end: number): AddressRange[] {
    const ranges: MutableRange[] = [];
    const changed = [...this.history.changedSince(version)].filter(([number]) => number * PAGE < end);
    for (const [number, image] of changed.sort(([a], [b]) => a - b)) {
      const words = this.pages.words(number);
      for (let i = 0; i < PAGE / 4; i++)
        if (words[i] !== image[i]) addBytes(ranges, number * PAGE + i * 4, words[i]! ^ image[i]!);
    }
    return ranges;
  }

  /** Copies physical memory as it was. */
  read({ version }: CoreCheckpoint, address: number, bytes: number): Uint8Array {
    const copy = new Uint8Array(bytes);
    for (let done = 0; done < bytes;) {
      const offset = (address + done) % PAGE;
      const part = Math.min(bytes - done, PAGE - offset);
      const { buffer, byteOffset } = this.history.pageAt(version, (address + done - offset) / PAGE);
      copy.set(new Uint8Array(buffer, byteOffset + offset, part), done);
      done += part;
    }
    return copy;
  }

  /** A hash of registers, physical memory, and bytes from elsewhere. */
  hash(...others: readonly Uint8Array[]): bigint {
    return this.hasher.hash(...others);
  }

  /** Images of pages that checkpoints keep, of 4 KiB each. */
  get imageCount(): number {
    return this.history.imageCount;
  }

  private copyRegisters(): readonly Uint8Array[] {
    const copies = this.spare.pop() ?? this.areas.map(({ length }) => new Uint8Array(length));
    copies.forEach((copy, i) => {
      copy.set(this.areas[i]!);
    });
    return copies;
  }

  private get generation(): number {
    return this.core.exports.codeGeneration.value as number;
  }
}

function registerAreas(core: Core): Uint8Array[] {
  const { state, bytes, exports } = core;
  const area = (address: WebAssembly.Global, length: number): Uint8Array =>
    bytes.subarray(address.value as number, (address.value as number) + length);
  return [
    area(exports.STATE_ADDRESS, state.words.byteLength),
    ...Object.values(registerFiles(core)),
    area(exports.TLB_CONTEXT_ADDRESS, exports.TLB_CONTEXT_BYTES.value as number),
  ];
}

/** Pages of physical memory, then the chunks that assembly/page-tracking.ts counts. */
class CorePages implements TrackedPages {
  private readonly flags: Uint8Array;
  private readonly pageCount: number;
  /** Made as they are asked for: a view costs as much as a copy of its page. */
  private readonly views: (PageImage | undefined)[] = [];

  constructor(
    private readonly core: Core,
    private readonly hostPages: readonly number[],
  ) {
    this.pageCount = core.memory.length / PAGE;
    const flags = core.exports.trackingFlags();
    const count = this.pageCount + Layout.TlbChunks + Layout.FetchChunks;
    this.flags = core.bytes.subarray(flags, flags + count);
  }

  touchUnannounced(): void {
    for (const address of this.hostPages) this.core.exports.touchPage(address);
  }

  words(number: number): PageImage {
    return (this.views[number] ??= pageWords(this.core, number));
  }

  replace(number: number, image: PageImage): void {
    const words = this.words(number);
    if (number < this.pageCount && this.core.exports.pageHoldsCode(number * PAGE) !== 0)
      this.invalidate(number, words, image);
    words.set(image);
  }

  watch(numbers: Iterable<number> | 'all'): void {
    if (numbers === 'all') this.flags.fill(1);
    else for (const number of numbers) this.flags[number] = 1;
  }

  protect(): void {
    this.core.exports.protectPages();
  }

  unwatch(): void {
    this.flags.fill(0);
  }

  /** Drops the blocks of lines that are about to change. */
  private invalidate(number: number, words: PageImage, image: PageImage): void {
    for (let first = 0; first < words.length; first += LINE_WORDS) {
      for (let i = first; i < first + LINE_WORDS; i++) {
        if (words[i] === image[i]) continue;
        this.core.exports.invalidateCode(number * PAGE + first * 4, LINE_BYTES);
        break;
      }
    }
  }
}

function pageWords({ bytes, memory, exports }: Core, number: number): PageImage {
  const { byteOffset, byteLength } = memory;
  const chunk = number - byteLength / PAGE;
  let address = byteOffset + number * PAGE;
  if (chunk >= Layout.TlbChunks)
    address = (exports.FETCH_CACHE_ADDRESS.value as number) + (chunk - Layout.TlbChunks) * PAGE;
  else if (chunk >= 0) address = (exports.TLB_ADDRESS.value as number) + chunk * PAGE;
  return new Int32Array(bytes.buffer as ArrayBuffer, address, PAGE / 4);
}

/** @param difference Of a word at `address`: its bytes that are not 0 have changed. */
function addBytes(ranges: MutableRange[], address: number, difference: number): void {
  for (let at = address, rest = difference; rest !== 0; at++, rest >>>= 8) {
    if ((rest & 0xff) === 0) continue;
    const last = ranges.at(-1);
    if (last?.end === at) last.end++;
    else ranges.push({ start: at, end: at + 1 });
  }
}

function areEqual(a: PageImage, b: PageImage): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
