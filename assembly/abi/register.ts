/**
 * The register file: 32 slots of 8 bytes at the start of `CpuState`.
 *
 * A micro-op names a register by its *byte offset* in the file, so AH is `Reg.Rax + 1`, and a segment
 * base, a temporary or the constant zero is an operand like any other.
 */
export enum Reg {
  Rax = 0,
  Rcx = 8,
  Rdx = 16,
  Rbx = 24,
  Rsp = 32,
  Rbp = 40,
  Rsi = 48,
  Rdi = 56,
  R8 = 64,
  R9 = 72,
  R10 = 80,
  R11 = 88,
  R12 = 96,
  R13 = 104,
  R14 = 112,
  R15 = 120,
  EsBase = 128,
  CsBase = 136,
  SsBase = 144,
  DsBase = 152,
  FsBase = 160,
  GsBase = 168,
  /** RIP of the first instruction of the running block. */
  BlockRip = 176,
  /** Always zero. */
  Zero = 184,
  /** Temporaries; dead at every instruction boundary, and nobody reads more of one than was written last. */
  T0 = 192,
  T1 = 200,
  T2 = 208,
  T3 = 216,
  T4 = 224,
  T5 = 232,
  /** By convention the linear address of a checked memory operand. */
  Address = 240,
  /** By convention the second linear address (stack, string destination). */
  Address2 = 248,
}

/** Segment registers in encoding order; also the index into the segment tables of `CpuState`. */
export enum Seg {
  Es = 0,
  Cs = 1,
  Ss = 2,
  Ds = 3,
  Fs = 4,
  Gs = 5,
  Ldtr = 6,
  Tr = 7,
}
