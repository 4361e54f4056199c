/**
 * Where the fields of a VMCB are, in bytes from its start (APM vol 2 App. B, tables B-1 and B-2).
 *
 * The one place that spells an offset: the world switch reads them here, and the field table in `svm/vmcb.ts` adds
 * widths and clean bits. The state save area begins at `StateSave`; offsets below include it.
 */
export enum VmcbOffset {
  // Control area.
  InterceptCr = 0x000,
  InterceptDr = 0x004,
  InterceptExceptions = 0x008,
  Intercept3 = 0x00c,
  Intercept4 = 0x010,
  Intercept5 = 0x014,
  PauseFilterThreshold = 0x03c,
  PauseFilterCount = 0x03e,
  IopmBase = 0x040,
  MsrpmBase = 0x048,
  TscOffset = 0x050,
  GuestAsid = 0x058,
  TlbControl = 0x05c,
  VirtualInterrupt = 0x060,
  InterruptShadow = 0x068,
  ExitCode = 0x070,
  ExitInfo1 = 0x078,
  ExitInfo2 = 0x080,
  ExitIntInfo = 0x088,
  NestedControl = 0x090,
  AvicApicBar = 0x098,
  GhcbGpa = 0x0a0,
  EventInjection = 0x0a8,
  NestedCr3 = 0x0b0,
  VirtualizationEnable = 0x0b8,
  Clean = 0x0c0,
  NextRip = 0x0c8,
  InstructionBytesFetched = 0x0d0,
  InstructionBytes = 0x0d1,
  AvicBackingPage = 0x0e0,
  AvicLogicalTable = 0x0f0,
  AvicPhysicalTable = 0x0f8,
  VmsaPointer = 0x108,
  VmgexitRax = 0x110,
  VmgexitCpl = 0x118,
  BusLockThreshold = 0x120,
  UpdateIrr = 0x134,
  AllowedSevFeatures = 0x138,
  GuestSevFeatures = 0x140,
  RequestedIrr = 0x150,
  HostSoftware = 0x3e0,

  // State save area. Segment records are 16 bytes, in the order of `VmcbSegment`.
  StateSave = 0x400,
  Es = 0x400,
  Cs = 0x410,
  Ss = 0x420,
  Ds = 0x430,
  Fs = 0x440,
  Gs = 0x450,
  Gdtr = 0x460,
  Ldtr = 0x470,
  Idtr = 0x480,
  Tr = 0x490,
  Cpl = 0x4cb,
  Efer = 0x4d0,
  PerfCtl0 = 0x4e0,
  Cr4 = 0x548,
  Cr3 = 0x550,
  Cr0 = 0x558,
  Dr7 = 0x560,
  Dr6 = 0x568,
  Rflags = 0x570,
  Rip = 0x578,
  InstructionsRetired = 0x5c0,
  PerfGlobalStatus = 0x5c8,
  PerfGlobalControl = 0x5d0,
  Rsp = 0x5d8,
  SupervisorCet = 0x5e0,
  Ssp = 0x5e8,
  InterruptSspTable = 0x5f0,
  Rax = 0x5f8,
  Star = 0x600,
  Lstar = 0x608,
  Cstar = 0x610,
  Sfmask = 0x618,
  KernelGsBase = 0x620,
  SysenterCs = 0x628,
  SysenterEsp = 0x630,
  SysenterEip = 0x638,
  Cr2 = 0x640,
  GuestPat = 0x668,
  DebugControl = 0x670,
  LastBranchFrom = 0x678,
  LastBranchTo = 0x680,
  LastExceptionFrom = 0x688,
  LastExceptionTo = 0x690,
  DebugExtendedControl = 0x698,
  SpeculationControl = 0x6e0,
  LastBranchStack = 0xa70,
  LastBranchSelect = 0xb70,
  IbsRegisters = 0xb78,
}

/** Fields of a segment record (APM vol 2 App. B). GDTR and IDTR use the limit and the base. */
export enum VmcbSegment {
  Selector = 0,
  Attributes = 2,
  Limit = 4,
  Base = 8,
}

/** Bytes of a VMCB; it is aligned to its size. */
export const VMCB_BYTES = 4096;

/** Bits of VMCB 060h, the virtual interrupt control (APM vol 2 App. B): low half. */
export enum VirtualInterrupt {
  Tpr = 0xf,
  Irq = 0x100,
  Gif = 0x200,
  Nmi = 0x800,
  NmiMask = 0x1000,
  Priority = 0xf0000,
  IgnoreTpr = 0x100000,
  Masking = 0x1000000,
  GifEnable = 0x2000000,
  NmiEnable = 0x4000000,
}

/** Positions of the multi-bit fields in VMCB 060h. The vector is in bits 7:0 of the upper half. */
export enum VirtualInterruptShift {
  Priority = 16,
}

/** EVENTINJ and EXITINTINFO: low half (APM vol 2 §15.20). The upper half is the error code. */
export enum EventField {
  Vector = 0xff,
  TypeShift = 8,
  TypeMask = 7,
  HasCode = 0x800,
  Valid = 0x80000000,
}

/** TLB_CONTROL, VMCB 05Ch (APM vol 2 §15.16.2). */
export enum TlbControl {
  Nothing = 0,
  FlushAll = 1,
  FlushGuest = 3,
  FlushGuestNonGlobal = 7,
}
