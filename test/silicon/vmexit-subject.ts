/**
 * vmexit as the subject of the comparison: the engine in user mode, with flat segments and page tables that map what
 * the native harness maps. Every exception is intercepted, so a snippet ends where it raises one.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Efer, SegAttr } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { Engine } from '../../src/engine/engine.js';
import type { Subject } from './compare.js';
import {
  CODE_ADDRESS,
  CODE_BYTES,
  CODE_START,
  codeOf,
  fillWindow,
  INT3,
  MAX_PATCHES,
  startOf,
  WINDOW_ADDRESS,
  WINDOW_BYTES,
} from './record.js';
import { descriptorOf, GLOBAL_LIMIT, GLOBAL_TABLE, LOCAL_TABLE, SEGMENTS_16 } from './segments.js';
import type { Segment } from './segments.js';
import type { Bits, Outcome, Snippet, Word } from './record.js';

// Where things are in physical memory.
const PML4 = 0x1000;
const PDPT = 0x2000;
const PAGE_DIRECTORY = 0x3000;
const WINDOW_TABLE = 0x4000;
const CODE_TABLE = 0x5000;
const DESCRIPTOR_PAGE_TABLE = 0x6000;
const DESCRIPTORS = 0x7000;
const WINDOW = 0x10000;
const CODE = 0x20000;
const MEMORY_BYTES = 0x40000;

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
const EXCEPTION_EXITS = 0x40; // exit code of vector 0 (APM vol 2 App. C)
/** No snippet retires more, string instructions included. */
const MOST_INSTRUCTIONS = 100_000;

const REGISTER_FIELDS = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');

/** Ways to run the same snippet that must not change how it ends. */
export interface Variant {
  /** Segments that are flat but for the last byte of ES, so that every access is checked. */
  readonly isSegmented?: boolean;
  /** A code segment with 16-bit defaults; the snippet's prefixes must be the other way round too. */
  readonly isCode16?: boolean;
  /** A deadline after every instruction. */
  readonly isStepping?: boolean;
}

export class VmexitSubject implements Subject {
  private readonly window: BigUint64Array;
  private readonly pristine = new Uint32Array(WINDOW_BYTES / 4);
  private readonly pristineWords = new BigUint64Array(this.pristine.buffer);

  private constructor(
    private readonly engine: Engine,
    private readonly variant: Variant,
  ) {
    const { memory } = engine.core;
    this.window = new BigUint64Array(memory.buffer, memory.byteOffset + WINDOW, WINDOW_BYTES / 8);
    this.writePageTables();
  }

  static async create(variant: Variant = {}): Promise<VmexitSubject> {
    return new VmexitSubject(await Engine.create({ memoryBytes: MEMORY_BYTES }), variant);
  }

  run(snippet: Snippet, selectors: readonly number[]): Outcome | string {
    this.loadMemory(snippet);
    this.loadProcessor(isLongMode(snippet));
    this.loadSegments(snippet.bits, selectors);
    this.loadRegisters(snippet);
    const stop = this.variant.isStepping ? this.step() : this.engine.run();
    if (stop !== Stop.Exit) return `Stop.${Stop[stop]} at ${this.engine.core.state.big('rip').toString(16)}`;
    return this.outcome(selectors);
  }

  /** Runs one instruction, or one iteration, at a time. */
  private step(): Stop {
    const { state } = this.engine.core;
    const end = state.num('deadline');
    for (;;) {
      const now = state.num('clock');
      state.setNum('deadline', now + 1);
      const stop = this.engine.run();
      if (stop !== Stop.Budget || now >= end) return stop;
    }
  }

  /** 4-level tables, whose lower three levels also serve PAE paging: the PDPTE is loaded with only P set. */
  private writePageTables(): void {
    const write = (table: number, index: number, entry: bigint) =>
      this.engine.core.words.setBigUint64(table + index * 8, entry, true);
    write(PML4, 0, BigInt(PDPT) | PRESENT | WRITABLE | USER);
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

  private loadMemory(snippet: Snippet): void {
    const { core } = this.engine;
    fillWindow(this.pristine, snippet.windowSeed);
    for (const { index, value } of snippet.patches) this.pristineWords[index] = value;
    this.window.set(this.pristineWords);
    const code = new Uint8Array(CODE_BYTES).fill(INT3);
    code.set(codeOf(snippet), CODE_START - CODE_ADDRESS);
    core.write(CODE, code);
    // In PAE paging a PDPTE's RW and US bits are reserved (APM vol 2 §5.2.3); in long mode they are permissions.
    const rights = isLongMode(snippet) ? PRESENT | WRITABLE | USER : PRESENT;
    core.words.setBigUint64(PDPT, BigInt(PAGE_DIRECTORY) | rights, true);
  }

  private loadProcessor(isLong: boolean): void {
    const { state, exports } = this.engine.core;
    exports.reset();
    state.setBig('cr0', BigInt(Cr0.Pe | Cr0.Mp | Cr0.Et | Cr0.Ne | Cr0.Wp | Cr0.Am) | BigInt(Cr0.Pg >>> 0));
    state.setBig('cr3', BigInt(isLong ? PML4 : PDPT));
    state.setBig('cr4', BigInt(Cr4.Pae | Cr4.Pge | Cr4.Osfxsr | Cr4.Osxmmexcpt));
    state.setBig('efer', BigInt(Efer.Nxe | Efer.Sce | (isLong ? Efer.Lme | Efer.Lma : 0)));
    state.set('cpl', 3);
    state.set('inGuest', 1);
    state.set('intercepts2', 0xffff_ffff);
    state.set('intercepts4', 1 << (ExitCode.Icebp & 31));
    state.setNum('deadline', state.num('clock') + MOST_INSTRUCTIONS);
    exports.flushTlb();
  }

  private loadSegments(bits: Bits, selectors: readonly number[]): void {
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

  private loadRegisters(snippet: Snippet): void {
    const { state, exports } = this.engine.core;
    REGISTER_FIELDS.forEach((name, i) => state.setBig(name, snippet.registers[i] ?? 0n));
    if (snippet.bits !== 64) REGISTER_FIELDS.slice(8).forEach((name) => state.setBig(name, 0n));
    state.setBig('rip', BigInt(startOf(snippet.bits)));
    exports.setRflags(BigInt(snippet.flags));
    exports.updateMode();
  }

  private outcome(selectors: readonly number[]): Outcome | string {
    const { state, exports } = this.engine.core;
    const code = state.num('exitCode');
    // INT1 has an intercept of its own and is not subject to that of #DB (APM vol 2 §15.12.2).
    const isIcebp = code === Number(ExitCode.Icebp);
    const vector = isIcebp ? Vector.Db : code - EXCEPTION_EXITS;
    if (vector < 0 || vector > 31) return `exit code ${state.big('exitCode').toString(16)}`;
    // Natively a trap shows the next instruction; an intercept of INTO or INT1 shows the instruction itself.
    const isTrap = vector === Number(Vector.Of) || isIcebp;
    const changed = this.changedWords();
    return {
      registers: REGISTER_FIELDS.map((name) => state.big(name)),
      rip: isTrap ? state.big('nextRip') : state.big('rip'),
      flags: Number(exports.rflags()),
      vector,
      errorCode: state.get('exitInfo1'),
      faultAddress: vector === Number(Vector.Pf) ? state.big('exitInfo2') : 0n,
      selectors,
      lastSelectors: [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs].map(
        (seg) => state.segment(seg).selector,
      ),
      changed: changed.slice(0, MAX_PATCHES),
      changedCount: changed.length,
    };
  }

  private changedWords(): Word[] {
    const changed: Word[] = [];
    this.window.forEach((value, index) => {
      if (value !== this.pristineWords[index]) changed.push({ index, value });
    });
    return changed;
  }
}

/**
 * 64-bit code, and half of the rest, which this processor runs in compatibility mode: legacy mode must show the same, but
 * for IRET with NT set.
 */
function isLongMode({ bits, windowSeed, instructions }: Snippet): boolean {
  const iret = 0xcf;
  return bits === 64 || (windowSeed & 1) !== 0 || instructions.some((bytes) => bytes.at(-1) === iret);
}
