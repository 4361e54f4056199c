/**
 * The machine in which vmexit runs snippets: user mode, and page tables and segments like those of the native process.
 * Every exception is intercepted, so a snippet ends where it raises one.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Efer, SegAttr, Xcr0 } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import type { Engine } from '../../src/engine/engine.js';
import { CODE_ADDRESS, WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';
import { startOf } from './record.js';
import { descriptorOf, GLOBAL_LIMIT, GLOBAL_TABLE, LOCAL_TABLE, SEGMENTS_16 } from './segments.js';
import type { Segment } from './segments.js';
import type { Bits } from './record.js';

// Where things are in physical memory.
const PML4 = 0x1000;
const PDPT = 0x2000;
const PAGE_DIRECTORY = 0x3000;
const WINDOW_TABLE = 0x4000;
const CODE_TABLE = 0x5000;
const DESCRIPTOR_PAGE_TABLE = 0x6000;
const DESCRIPTORS = 0x7000;
const LEGACY_PDPT = 0x8000;
export const WINDOW = 0x10000;
export const CODE = 0x20000;
export const MEMORY_BYTES = 0x40000;

const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const NO_EXECUTE = 1n << 63n;
const LARGE_REGION = 0x20_0000; // what one page-directory entry maps

const USER_SEGMENT =
  SegAttr.S | SegAttr.Dpl | SegAttr.P | SegAttr.G | SegAttr.Accessed | SegAttr.WritableOrReadable;
const FLAT_LIMIT = 0xffff_ffff;
/** Where the descriptor tables are in linear memory, for the supervisor alone. */
const GDT_ADDRESS = 0x3000_0000;
const LDT_ADDRESS = GDT_ADDRESS + 0x800;
const LDT_TYPE = 2; // APM vol 2 Table 4-6
/** No snippet retires more, string instructions included. */
const MOST_INSTRUCTIONS = 100_000;

/** Ways to run the same snippet that must not change how it ends. */
export interface Variant {
  /** Segments that are flat but for the last byte of ES, so that every access is checked. */
  readonly isSegmented?: boolean;
  /** A code segment with 16-bit defaults; the snippet's prefixes must be the other way round too. */
  readonly isCode16?: boolean;
  /** A deadline after every instruction. */
  readonly isStepping?: boolean;
  /** Everything is compiled before it is executed, rather than interpreted. */
  readonly isCompiled?: boolean;
}

const SEGMENTS = 6;

/** A processor state to start from, and the selectors that it has. */
interface Prepared {
  readonly selectors: readonly number[];
  readonly state: Uint32Array;
}

export class SubjectMachine {
  readonly #prepared = new Map<number, Prepared>();
  #isLong: boolean | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly variant: Variant,
  ) {
    this.#writePageTables();
  }

  /**
   * Puts the processor at the start of a snippet; its registers, flags and extended state are still to be loaded.
   *
   * @param first Where the six selectors are in `halves`.
   */
  load(bits: Bits, isLong: boolean, halves: Uint16Array, first: number): void {
    const key = bits * 2 + (isLong ? 1 : 0);
    let prepared = this.#prepared.get(key);
    if (
      prepared === undefined ||
      prepared.selectors.some((selector, seg) => selector !== halves[first + seg])
    ) {
      const selectors = [...halves.subarray(first, first + SEGMENTS)];
      prepared = { selectors, state: this.#prepare(bits, isLong, selectors) };
      this.#prepared.set(key, prepared);
    }
    const { core } = this.engine;
    core.state.words.set(prepared.state);
    if (this.#isLong === isLong) return;
    this.#isLong = isLong;
    core.exports.flushTlb();
  }

  /** 4-level tables, whose lower two levels also serve PAE paging. */
  #writePageTables(): void {
    const { words } = this.engine.core;
    const write = (table: number, index: number, entry: bigint) =>
      words.setBigUint64(table + index * 8, entry, true);
    write(PML4, 0, BigInt(PDPT) | PRESENT | WRITABLE | USER);
    write(PDPT, 0, BigInt(PAGE_DIRECTORY) | PRESENT | WRITABLE | USER);
    // A legacy PDPTE's RW and US bits are reserved (APM vol 2 §5.2.3); in long mode they are permissions.
    write(LEGACY_PDPT, 0, BigInt(PAGE_DIRECTORY) | PRESENT);
    const [windowIndex, codeIndex] = [WINDOW_ADDRESS / LARGE_REGION, CODE_ADDRESS / LARGE_REGION];
    write(PAGE_DIRECTORY, windowIndex, BigInt(WINDOW_TABLE) | PRESENT | WRITABLE | USER);
    write(PAGE_DIRECTORY, codeIndex, BigInt(CODE_TABLE) | PRESENT | WRITABLE | USER);
    for (let page = 0; page < WINDOW_BYTES / 4096; page++) {
      write(WINDOW_TABLE, page, BigInt(WINDOW + page * 4096) | PRESENT | WRITABLE | USER | NO_EXECUTE);
    }
    write(CODE_TABLE, 0, BigInt(CODE) | PRESENT | USER);
    write(PAGE_DIRECTORY, GDT_ADDRESS / LARGE_REGION, BigInt(DESCRIPTOR_PAGE_TABLE) | PRESENT | WRITABLE);
    write(DESCRIPTOR_PAGE_TABLE, 0, BigInt(DESCRIPTORS) | PRESENT | WRITABLE | NO_EXECUTE);
    GLOBAL_TABLE.forEach((descriptor, index) => write(DESCRIPTORS, index, descriptor));
    const local = DESCRIPTORS + (LDT_ADDRESS - GDT_ADDRESS);
    LOCAL_TABLE.forEach((segment, index) => write(local, index, descriptorOf(segment)));
  }

  #prepare(bits: Bits, isLong: boolean, selectors: readonly number[]): Uint32Array {
    const { state, exports } = this.engine.core;
    exports.reset();
    state.setBig('cr0', BigInt(Cr0.Pe | Cr0.Mp | Cr0.Et | Cr0.Ne | Cr0.Wp | Cr0.Am) | BigInt(Cr0.Pg >>> 0));
    state.setBig('cr3', BigInt(isLong ? PML4 : LEGACY_PDPT));
    state.setBig('cr4', BigInt(Cr4.Pae | Cr4.Pge | Cr4.Osfxsr | Cr4.Osxmmexcpt | Cr4.Osxsave | Cr4.Fsgsbase));
    state.setBig('efer', BigInt(Efer.Nxe | Efer.Sce | (isLong ? Efer.Lme | Efer.Lma : 0)));
    state.setBig('xcr0', BigInt(Xcr0.X87 | Xcr0.Sse | Xcr0.Avx));
    state.set('cpl', 3);
    state.set('inGuest', 1);
    state.set('intercepts2', 0xffff_ffff);
    state.set('intercepts4', 1 << (ExitCode.Icebp & 31));
    state.setNum('deadline', state.num('clock') + MOST_INSTRUCTIONS);
    this.#loadSegments(bits, selectors);
    state.setBig('rip', BigInt(startOf(bits)));
    exports.updateMode();
    return state.words.slice();
  }

  #loadSegments(bits: Bits, selectors: readonly number[]): void {
    const { state } = this.engine.core;
    const ldt = { selector: 0x50, attributes: SegAttr.P | LDT_TYPE, limit: LOCAL_TABLE.length * 8 - 1 };
    state.setSegment(Seg.Ldtr, { ...ldt, base: BigInt(LDT_ADDRESS) });
    state.setBig('gdtrBase', BigInt(GDT_ADDRESS));
    state.set('gdtrLimit', GLOBAL_LIMIT);
    if (bits === 16) {
      for (const [seg, entry] of SEGMENTS_16) {
        const { base, limit, attributes } = LOCAL_TABLE[entry] as Segment;
        state.setSegment(seg, { selector: selectors[seg] ?? 0, base: BigInt(base), limit, attributes });
      }
      const unused = state.segment(Seg.Fs);
      state.setSegment(Seg.Gs, { ...unused, selector: selectors[Seg.Gs] ?? 0 });
      return;
    }
    const code =
      USER_SEGMENT | SegAttr.Code | (bits === 64 ? SegAttr.L : this.variant.isCode16 ? 0 : SegAttr.Db);
    for (const seg of [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs]) {
      state.setSegment(seg, {
        selector: selectors[seg] ?? 0,
        attributes: seg === Seg.Cs ? code : USER_SEGMENT | SegAttr.Db,
        limit: seg === Seg.Es && this.variant.isSegmented ? FLAT_LIMIT - 1 : FLAT_LIMIT,
        base: 0n,
      });
    }
  }
}
