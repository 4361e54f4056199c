/** Where a robustness case keeps what: physical memory of 256 KiB, all of it within reach of the code under test. */

export const MEMORY_BYTES = 0x4_0000;
/** Of real mode and v86: the interrupt vector table. */
export const VECTORS = 0x0;
export const IDT = 0x1000;
export const GDT = 0x2000;
export const LDT = 0x3000;
/** The running task's TSS, with an I/O permission bitmap, and one to switch to. */
export const TSS = 0x4000;
export const OTHER_TSS = 0x5000;
export const PML4 = 0x6000;
/** The 4-level and the PAE directory-pointer tables; what they share below; and the tables of legacy paging. */
export const POINTERS = 0x7000;
export const PAE_POINTERS = 0x8000;
export const DIRECTORY = 0x9000;
export const TABLE = 0xa000;
export const WINDOW_TABLE = 0xb000;
export const LEGACY_DIRECTORY = 0xc000;
export const LEGACY_TABLE = 0xd000;
export const LEGACY_WINDOW_TABLE = 0xe000;
/** Handlers of exceptions and interrupts: `HANDLER_BYTES` each. */
export const HANDLERS = 0xf000;
export const HANDLER_BYTES = 16;
/** The code under test. Segments of 16-bit modes begin here. */
export const CODE = 0x1_0000;
/** Room for it. What it does not fill are jumps that lead back into it, and so is what is left of the page before. */
export const CODE_ROOM = 0x800;
export const DATA = 0x2_0000;
export const DATA_BYTES = 0x2000;
/** Stacks grow down from these: the code's own, that of handlers, and the interrupt stack of 64-bit mode. */
export const STACK = 0x2_8000;
export const HANDLER_STACK = 0x2_a000;
export const INTERRUPT_STACK = 0x2_c000;
/** Permission maps of guests: three pages and two. */
export const IOPM = 0x3_0000;
export const MSRPM = 0x3_3000;

/** Selectors of the GDT; those for CPL 3 with their RPL. */
export const Selector = {
  Code64: 0x08,
  Code32: 0x10,
  Code16: 0x18,
  Data: 0x20,
  UserCode64: 0x2b,
  UserCode32: 0x33,
  UserCode16: 0x3b,
  UserData: 0x43,
  Ldt: 0x48,
  /** 16 bytes in long mode. */
  Tss: 0x58,
  OtherTss: 0x68,
  /** From here on at random. */
  Random: 0x78,
} as const;
