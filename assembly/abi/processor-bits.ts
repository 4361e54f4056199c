/** Bits of the architectural registers, spelled as the manual does (APM vol 2 §3.1, §13.1). */
export enum Rflags {
  Cf = 0x1,
  Always1 = 0x2,
  Pf = 0x4,
  Af = 0x10,
  Zf = 0x40,
  Sf = 0x80,
  Tf = 0x100,
  If = 0x200,
  Df = 0x400,
  Of = 0x800,
  Iopl = 0x3000,
  Nt = 0x4000,
  Rf = 0x10000,
  Vm = 0x20000,
  Ac = 0x40000,
  Vif = 0x80000,
  Vip = 0x100000,
  Id = 0x200000,
  /** CF, PF, AF, ZF, SF, OF: the flags that arithmetic writes. */
  Status = 0x8d5,
}

export enum Cr0 {
  Pe = 0x1,
  Mp = 0x2,
  Em = 0x4,
  Ts = 0x8,
  Et = 0x10,
  Ne = 0x20,
  Wp = 0x10000,
  Am = 0x40000,
  Nw = 0x20000000,
  Cd = 0x40000000,
  Pg = 0x80000000,
  /** The bits that exist. Writes to others of the low half are ignored; the upper half must be zero. */
  Defined = 0xe005003f,
}

export enum Cr4 {
  Vme = 0x1,
  Pvi = 0x2,
  Tsd = 0x4,
  De = 0x8,
  Pse = 0x10,
  Pae = 0x20,
  Mce = 0x40,
  Pge = 0x80,
  Pce = 0x100,
  Osfxsr = 0x200,
  Osxmmexcpt = 0x400,
  Umip = 0x800,
  Fsgsbase = 0x10000,
  Osxsave = 0x40000,
  Smep = 0x100000,
  Smap = 0x200000,
  /** The bits that exist in the fullest model; the others must be zero. */
  Defined = 0x350fff,
}

export enum Efer {
  Sce = 0x1,
  Lme = 0x100,
  Lma = 0x400,
  Nxe = 0x800,
  Svme = 0x1000,
  Ffxsr = 0x4000,
  /** The bits that exist; the others must be zero. */
  Defined = 0x5d01,
}

/** Width of a physical address, as CPUID 8000_0008h EAX[7:0] reports it. Wider addresses have reserved bits set. */
export const PHYSICAL_ADDRESS_BITS = 48;

/** DR6 and DR7 (APM vol 2 §13.1.1). */
export enum Debug {
  Dr6Reset = 0xffff0ff0,
  /** B0 to B3. */
  Dr6Breakpoints = 0xf,
  Dr6Bd = 0x2000,
  Dr6Bs = 0x4000,
  Dr6Bt = 0x8000,
  Dr7Reset = 0x400,
  Dr7Gd = 0x2000,
}

/** Page-fault error code (APM vol 2 §8.4.2), also the low bits of a nested page fault's EXITINFO1. */
export enum PageFault {
  Present = 0x1,
  Write = 0x2,
  User = 0x4,
  Reserved = 0x8,
  Fetch = 0x10,
}

/** Segment attributes as the VMCB stores them: descriptor bits 47:40 and 55:52 (APM vol 2 App. B). */
export enum SegAttr {
  Type = 0xf,
  Accessed = 0x1,
  /** Data: writable. Code: readable. */
  WritableOrReadable = 0x2,
  /** Data: expand-down. Code: conforming. */
  ExpandDownOrConforming = 0x4,
  Code = 0x8,
  S = 0x10,
  Dpl = 0x60,
  P = 0x80,
  Avl = 0x100,
  L = 0x200,
  Db = 0x400,
  G = 0x800,
}

/**
 * `CpuState.mode`: what the decoder and the lowering must know; part of the key of a block.
 */
export enum Mode {
  /** Bits 1:0: code size, 0 = 16, 1 = 32, 2 = 64. */
  CodeSize = 3,
  Code16 = 0,
  Code32 = 1,
  Code64 = 2,
  /** SS.B: stack pointer is ESP. In 64-bit mode always clear, RSP is used. */
  Stack32 = 4,
  /** ES, CS, SS and DS have base 0 and limit 4 GiB, are usable and writable (CS: readable): no checks. */
  Flat = 8,
  /** Real or virtual-8086 mode. */
  RealOrV86 = 16,
  /** Blocks of one instruction with every flag live. */
  Step = 32,
  // What decides which of the x87, media and vector instructions fault, and how (APM vol 2 §11.3).
  /** CR0.TS */
  TaskSwitched = 64,
  /** CR0.EM */
  Emulate = 128,
  /** CR0.MP */
  MonitorCoprocessor = 256,
  /** CR4.OSFXSR */
  Osfxsr = 512,
  /** CR4.OSXSAVE is set and XCR0 enables both SSE and AVX state. */
  Avx = 1024,
  /** Blocks with every flag live: the state is exact between any two of their instructions. */
  Exact = 2048,
}

/** XCR0 (APM vol 2 §11.5.2). */
export enum Xcr0 {
  X87 = 1,
  Sse = 2,
  Avx = 4,
}

/** MXCSR (APM vol 1 §4.2.2). */
export enum Mxcsr {
  /** IE, DE, ZE, OE, UE, PE: the sticky flags; their masks are the same bits shifted by `MaskShift`. */
  Flags = 0x3f,
  Daz = 0x40,
  Masks = 0x1f80,
  MaskShift = 7,
  RoundingShift = 13,
  Ftz = 0x8000,
  /** Misaligned exception mask. */
  Mm = 0x20000,
  Reset = 0x1f80,
  /** The bits that exist; setting another raises #GP(0). */
  Defined = 0x2ffff,
}
