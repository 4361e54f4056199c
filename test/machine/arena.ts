/**
 * The arena: the first 128 KiB of physical memory, which a scenario fills and the kernel compares afterwards.
 *
 * Every scenario starts from the same tables, stacks and code pages and changes what it is about. layout.asm says the
 * same of the kernel's own addresses.
 */
import { BIG, descriptor, DPL3, gate, GRANULAR, LONG } from '../helpers/segmented-machine.js';
import type { DescriptorFields } from '../helpers/segmented-machine.js';

export const ARENA_BYTES = 0x20000;
export const PAGE = 0x1000;

/** Tables. The IDT has room for 256 gates of long mode. */
export const GDT = 0x1000;
export const LDT = 0x1800;
export const IDT = 0x2000;
/** The running task, with its I/O map, and tasks to switch to. */
export const TSS = 0x3000;
export const TSS32 = 0x3400;
export const TSS16 = 0x3600;
/** The task that takes a double fault, whatever the stacks are like. */
export const DOUBLE_FAULT_TSS = 0x3800;
/** A page for the program, one for what it transfers control to. */
export const CODE = 0x4000;
export const TARGET = 0x5000;
/** Two pages of data. */
export const DATA = 0x6000;
/** Tops of stacks, each in a page of its own: of the levels, of interrupts, and the one that IRET starts from. */
export const STACK0 = 0x8ff0;
export const STACK1 = 0x97f0;
export const STACK2 = 0x9ff0;
export const STACK3 = 0xaff0;
export const INTERRUPT_STACK = 0xbff0;
export const TASK_STACK = 0xcff0;
export const LAUNCH_STACK = 0xdf00;
/** Page tables: PML4, PDPT, page directory, the page table of the first MiBs, that of the window. */
export const PML4 = 0x10000;
export const PDPT = 0x11000;
export const DIRECTORY = 0x12000;
export const LOW_TABLE = 0x13000;
export const WINDOW_TABLE = 0x14000;
/** Where paging shows the arena a second time, for a scenario to protect as it likes. */
export const WINDOW = 0x400000;

/** The kernel's entries for events: one for each vector, 8 bytes apart (layout.asm). */
export const IMAGE = 0x200000;
export const STUBS32 = 0x201000;
export const STUBS64 = 0x202000;
const REAL_STUBS = 0x400;
const LOW_KERNEL_SEGMENT = 0x8000;
export const STUB_BYTES = 8;

/** Selectors of every scenario's GDT. The first five are the kernel's. */
export const KCODE = 0x08;
export const KDATA = 0x10;
export const KCODE64 = 0x18;
const KCODE16 = 0x20;
export const KDATA16 = 0x28;
/** The kernel's code with base IMAGE, for offsets of 16 bits. */
export const KALIAS = 0x30;
export const TSS_SELECTOR = 0x68;
export const LDT_SELECTOR = 0x78;
export const TSS32_SELECTOR = 0x88;
export const TSS16_SELECTOR = 0x98;
/** 64-bit code and stack of level 3. */
export const CODE64_3 = 0xa3;
export const CODE16_3 = 0xab;
const DOUBLE_FAULT_SELECTOR = 0xb0;
/** The first entry that scenarios may use as they like; so may they the whole LDT. */
export const FREE = 0x100;

/** Flat code and data segments of a privilege level, as selectors with that RPL. */
export function codeSelector(level: number): number {
  return level === 0 ? KCODE : (0x38 + 16 * (level - 1)) | level;
}
export function dataSelector(level: number): number {
  return level === 0 ? KDATA : (0x40 + 16 * (level - 1)) | level;
}

/** P, S, accessed; code is readable, data writable. */
export const CODE_TYPE = 0x9b;
export const DATA_TYPE = 0x93;
export const TSS32_TYPE = 0x89;
export const TSS16_TYPE = 0x81;
export const LDT_TYPE = 0x82;
export const INTERRUPT_GATE = 0x8e;
const TASK_GATE = 0x85;
const DOUBLE_FAULT = 8;

/** Bits of a page-table entry. */
export const PAGE_PRESENT = 1;
export const PAGE_WRITE = 2;
export const PAGE_USER = 4;
export const PAGE_ACCESSED = 0x20;
export const PAGE_DIRTY = 0x40;
export const PAGE_LARGE = 0x80;
const TABLE_BITS = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED;
export const PAGE_BITS = TABLE_BITS | PAGE_DIRTY;
const KERNEL_PAGE = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED | PAGE_DIRTY;

/** INT3: where a program should not come. */
const FILLER = 0xcc;
/** INT 2Fh, which any level may use and no scenario touches: what handlers that are not the kernel's do. */
const ESCAPE = [0xcd, 0x2f] as const;

/** INT3, INTO and INT n with these may be executed at level 3. */
const OPEN_VECTORS = [3, 4, 0x20, 0x21, 0x22, 0x23, ESCAPE[1]];

/** Offsets in a 32-bit TSS. */
const TSS_ESP0 = 4;
const TSS_IO_MAP = 0x66;
/** In a 64-bit one. */
const TSS_IST1 = 0x24;
const TSS_LIMIT = 0xff;
/** In the TSS: redirection map, then the I/O map of the ports below 400h. */
export const REDIRECTION_MAP = 0x68;
export const IO_MAP = 0x88;

export class Arena {
  readonly bytes = new Uint8Array(ARENA_BYTES);
  private readonly view = new DataView(this.bytes.buffer);

  static copyOf(other: Arena): Arena {
    const arena = new Arena();
    arena.bytes.set(other.bytes);
    return arena;
  }

  /** Segments, stacks, and a 32-bit TSS: what protected mode needs. */
  static protected(): Arena {
    const arena = Arena.withSegments(BIG);
    for (let vector = 0; vector < 256; vector++) arena.setGate(vector, {});
    for (const vector of OPEN_VECTORS) arena.setGate(vector, { type: INTERRUPT_GATE | DPL3 });
    [STACK0, STACK1, STACK2].forEach((top, level) => {
      arena.u32(TSS + TSS_ESP0 + 8 * level, top);
      arena.u32(TSS + TSS_ESP0 + 8 * level + 4, dataSelector(level));
    });
    arena.u16(TSS + TSS_IO_MAP, IO_MAP);
    arena.u8(TSS + TSS_LIMIT, 0xff);
    arena.writePageTables(false);
    arena.setTask32(DOUBLE_FAULT_TSS, { eip: STUBS32 + STUB_BYTES * DOUBLE_FAULT });
    arena.setGate(DOUBLE_FAULT, { type: TASK_GATE, selector: DOUBLE_FAULT_SELECTOR });
    return arena;
  }

  /** The same for long mode: 16-byte gates and system descriptors, four levels of page tables. */
  static long(): Arena {
    const arena = Arena.withSegments(BIG);
    arena.setDescriptor(CODE64_3, { type: CODE_TYPE | DPL3, flags: GRANULAR | LONG });
    for (let vector = 0; vector < 256; vector++) arena.setLongGate(vector, {});
    for (const vector of OPEN_VECTORS) arena.setLongGate(vector, { type: INTERRUPT_GATE | DPL3 });
    [STACK0, STACK1, STACK2].forEach((top, level) => arena.u64(TSS + TSS_ESP0 + 8 * level, BigInt(top)));
    arena.u64(TSS + TSS_IST1, BigInt(INTERRUPT_STACK));
    arena.u16(TSS + TSS_IO_MAP, IO_MAP);
    arena.u8(TSS + TSS_LIMIT, 0xff);
    arena.writePageTables(true);
    return arena;
  }

  /** The interrupt vector table, and the descriptors by which the kernel comes and goes. */
  static real(): Arena {
    const arena = Arena.withSegments(BIG);
    for (let vector = 0; vector < 256; vector++) {
      arena.u16(4 * vector, REAL_STUBS + STUB_BYTES * vector);
      arena.u16(4 * vector + 2, LOW_KERNEL_SEGMENT);
    }
    return arena;
  }

  private static withSegments(size: number): Arena {
    const arena = new Arena();
    arena.bytes.fill(FILLER, 0, PAGE);
    arena.bytes.fill(FILLER, CODE, TARGET);
    for (let i = TARGET; i < DATA; i += ESCAPE.length) arena.put(i, ...ESCAPE);
    arena.setDescriptor(KCODE, { type: CODE_TYPE, flags: GRANULAR | size });
    arena.setDescriptor(KDATA, { type: DATA_TYPE });
    arena.setDescriptor(KCODE64, { type: CODE_TYPE, flags: GRANULAR | LONG });
    arena.setDescriptor(KCODE16, {
      type: CODE_TYPE,
      base: LOW_KERNEL_SEGMENT * 16,
      limit: 0xffff,
      flags: 0,
    });
    arena.setDescriptor(KDATA16, { type: DATA_TYPE, limit: 0xffff, flags: 0 });
    arena.setDescriptor(KALIAS, { type: CODE_TYPE, base: IMAGE });
    for (let level = 1; level <= 3; level++) {
      arena.setDescriptor(codeSelector(level), { type: CODE_TYPE | (level << 5), flags: GRANULAR | size });
      arena.setDescriptor(dataSelector(level), { type: DATA_TYPE | (level << 5) });
    }
    arena.setDescriptor(CODE16_3, { type: CODE_TYPE | DPL3, limit: 0xffff, flags: 0 });
    const system = { flags: 0, limit: TSS_LIMIT };
    arena.setDescriptor(TSS_SELECTOR, { type: TSS32_TYPE, base: TSS, ...system });
    arena.setDescriptor(LDT_SELECTOR, { type: LDT_TYPE, base: LDT, limit: 0x7ff, flags: 0 });
    arena.setDescriptor(TSS32_SELECTOR, { type: TSS32_TYPE, base: TSS32, ...system });
    arena.setDescriptor(TSS16_SELECTOR, { type: TSS16_TYPE, base: TSS16, ...system });
    arena.setDescriptor(DOUBLE_FAULT_SELECTOR, { type: TSS32_TYPE, base: DOUBLE_FAULT_TSS, ...system });
    return arena;
  }

  /** All of the arena twice, at its own addresses and in the window; the kernel for supervisors only. */
  private writePageTables(isLong: boolean): void {
    const pages = isLong ? 512 : 1024;
    const map = (table: number, index: number, physical: number, bits: number): void => {
      if (isLong) this.u64(table + 8 * index, BigInt(physical | bits));
      else this.u32(table + 4 * index, physical | bits);
    };
    for (let i = 0; i < ARENA_BYTES / PAGE; i++) {
      map(LOW_TABLE, i, i * PAGE, PAGE_BITS);
      map(WINDOW_TABLE, i, i * PAGE, PAGE_BITS);
    }
    for (let i = 0x80; i < 0xa0; i++) map(LOW_TABLE, i, i * PAGE, KERNEL_PAGE);
    if (!isLong) {
      for (let i = IMAGE / PAGE; i < IMAGE / PAGE + 5; i++) map(LOW_TABLE, i % pages, i * PAGE, KERNEL_PAGE);
      map(DIRECTORY, 0, LOW_TABLE, TABLE_BITS);
      map(DIRECTORY, 1, WINDOW_TABLE, TABLE_BITS);
      return;
    }
    map(PML4, 0, PDPT, TABLE_BITS);
    map(PDPT, 0, DIRECTORY, TABLE_BITS);
    map(DIRECTORY, 0, LOW_TABLE, TABLE_BITS);
    map(DIRECTORY, 1, IMAGE, KERNEL_PAGE | PAGE_LARGE);
    map(DIRECTORY, 2, WINDOW_TABLE, TABLE_BITS);
  }

  /** Fills a 32-bit TSS with a task of a level: flat segments, a stack, nothing in the registers (APM vol 2 §12.2.4). */
  setTask32(tss: number, { eip, level = 0, esp = TASK_STACK, flags = 2 }: TaskFields): void {
    const data = dataSelector(level);
    this.u32(tss + 0x20, eip);
    this.u32(tss + 0x24, flags);
    this.u32(tss + 0x38, esp);
    [data, codeSelector(level), data, data, data, data].forEach((selector, i) =>
      this.u32(tss + 0x48 + 4 * i, selector),
    );
  }

  u8(address: number, value: number): void {
    this.view.setUint8(address, value);
  }

  u16(address: number, value: number): void {
    this.view.setUint16(address, value, true);
  }

  u32(address: number, value: number): void {
    this.view.setUint32(address, value, true);
  }

  u64(address: number, value: bigint): void {
    this.view.setBigUint64(address, value, true);
  }

  getU32(address: number): number {
    return this.view.getUint32(address, true);
  }

  getU64(address: number): bigint {
    return this.view.getBigUint64(address, true);
  }

  /** Writes bytes one after another. */
  put(address: number, ...bytes: readonly number[]): void {
    this.bytes.set(bytes, address);
  }

  /** Fills the entry of a selector, in the GDT or the LDT. */
  setDescriptor(selector: number, fields: DescriptorFields): void {
    this.u64(descriptorAddress(selector), descriptor(fields));
  }

  /** Fills an IDT entry of 8 bytes; it leads to the kernel unless told otherwise. */
  setGate(vector: number, { type = INTERRUPT_GATE, selector = KCODE, offset }: GateFields): void {
    this.u64(IDT + 8 * vector, gate(selector, offset ?? STUBS32 + STUB_BYTES * vector, type));
  }

  /** Fills an IDT entry of 16 bytes. */
  setLongGate(vector: number, fields: GateFields): void {
    const { type = INTERRUPT_GATE, selector = KCODE64, offset, ist = 0 } = fields;
    this.u64(IDT + 16 * vector, gate(selector, offset ?? STUBS64 + STUB_BYTES * vector, type, ist));
    this.u64(IDT + 16 * vector + 8, 0n);
  }
}

export interface TaskFields {
  readonly eip: number;
  readonly level?: number;
  readonly esp?: number;
  readonly flags?: number;
}

export interface GateFields {
  readonly type?: number;
  readonly selector?: number;
  readonly offset?: number;
  readonly ist?: number;
}

export function descriptorAddress(selector: number): number {
  return ((selector & 4) !== 0 ? LDT : GDT) + (selector & 0xfff8);
}
