/**
 * Core functions that a `Uop.Sys` calls: instructions too rare or too complicated for micro-ops of their own.
 *
 * Conventions: RIP is the instruction, `nextRip` the one after it. `width` is c = log2 of the operand size in bytes.
 * `param` is bits 31:16 of imm, `imm32` its upper half (signed). Address-size: `param & 3` = 1, 2, 3 for 16, 32, 64 bits
 * in string and port instructions. Intercepts and privilege are the function's own business, in the manual's order
 * (APM vol 2 Table 15-7).
 */
export enum SysOp {
  /** Raises #UD. */
  Undefined,
  /** Raises #NM. */
  DeviceNotAvailable,
  /** Stops with `Stop.Unimplemented`. */
  Unimplemented,
  /** Raises #GP(0): the instruction is longer than 15 bytes. */
  TooLong,

  // Interrupts and far control transfer.
  /** param = vector. */
  IntN,
  Int3,
  Into,
  Int1,
  /** width. */
  Iret,
  /** width; b = selector register, a = offset register. */
  JmpFar,
  CallFar,
  /** width; param = bytes to release. */
  RetFar,
  /** width; a = index register; T0 = lower bound, T1 = upper bound. */
  Bound,

  // Segment registers. a = `Seg` index where one is named.
  /** a = Seg, b = source. */
  MovToSegment,
  /** LDS, LES, LSS, LFS, LGS after their loads: width; a = destination, b = selector, param = `Seg`, T0 = offset. */
  LoadFarPointer,
  /** a = destination register (64-bit write of the zero-extended selector), b = Seg. */
  MovFromSegment,
  /** a = Seg; width = size of the stack slot. */
  PopSegment,

  // Stack.
  /** width. */
  Pushf,
  Popf,
  Pusha,
  Popa,
  /** width; param = frame bytes, imm32 = nesting level. */
  Enter,

  // Strings. width = element size; param bits 1:0 = address size, bits 3:2 = 0 none, 1 REPE or REP, 2 REPNE,
  // bits 6:4 = source segment.
  Movs,
  Stos,
  Lods,
  Cmps,
  Scas,
  Ins,
  Outs,

  // Ports. width; a = register with the port number (zero-extended 16 bits, imm8 already moved to a temporary).
  In,
  Out,

  // Flags and activity.
  Cli,
  Sti,
  Clac,
  Stac,
  Hlt,
  Pause,

  // Control and debug registers. a = general register, b = number of the CR or DR.
  MovFromCr,
  MovToCr,
  MovFromDr,
  MovToDr,
  Clts,
  /** a = source word; if b is 1, the offset of it in segment `param`. */
  Lmsw,
  /** a = destination temporary (64-bit). */
  Smsw,

  // Descriptor tables. a = register that holds the offset of the operand, param = its segment, width = operand size.
  Lgdt,
  Lidt,
  Sgdt,
  Sidt,
  /** a, b, param as LMSW. */
  Lldt,
  Ltr,
  /** a = destination temporary (64-bit). */
  Sldt,
  Str,
  /** width; a = destination, b = selector. ZF says whether it is accessible. */
  Lar,
  Lsl,
  /** b = selector. */
  Verr,
  Verw,
  /** a = word to adjust, or with bit 3 of param its offset in the segment of bits 2:0; b = source; ZF. */
  Arpl,

  // Caches and translations. Invlpg: a = linear address register.
  Invlpg,
  Invlpga,
  Invd,
  Wbinvd,

  // Model-specific registers, time, identification.
  Rdmsr,
  Wrmsr,
  Rdtsc,
  Rdtscp,
  Rdpmc,
  Cpuid,

  // System calls. width: 2 or 3 for SYSRET and SYSEXIT.
  Syscall,
  Sysret,
  Sysenter,
  Sysexit,
  Swapgs,

  // SVM. VMRUN, VMLOAD, VMSAVE: param = address size.
  Vmrun,
  Vmmcall,
  Vmload,
  Vmsave,
  Stgi,
  Clgi,
  Skinit,

  // The rest.
  Rsm,
  Monitor,
  Mwait,
  /** T0 = memory operand (64 bits), T1 ← value to store; EDX:EAX and ZF as the manual says. */
  Cmpxchg8b,
  /** a = linear address of 16 bytes, param = segment. */
  Cmpxchg16b,
  /** MASKMOVDQU: a, b = numbers of vector registers, c = offset, param = segment, imm32 = bytes. */
  StoreSelectedBytes,
  /** PCMPxSTRx: a, b = numbers of vector registers, param = imm8, imm32 = `StringCompare` bits; result in rCX or XMM0. */
  CompareStrings,

  // Extended state. a = register that holds the offset of the area, param = its segment, plus 8 for 64-bit pointers.
  Fxsave,
  Fxrstor,
  Xsave,
  Xsaveopt,
  Xsavec,
  Xsaves,
  Xrstor,
  Xrstors,
  Xgetbv,
  Xsetbv,

  /** width; a = general register, b = `Seg`: RDFSBASE and its like. */
  ReadSegmentBase,
  WriteSegmentBase,
  /** a = destination. */
  Rdpid,
  /** width; a = destination; CF. Also RDSEED. */
  Rdrand,
  /** width = address size, b = `Seg`; the line is that of rAX. */
  Clzero,

  // Elements of vectors: param = `MaskedAccess`, `Reg.Address` = offset of the operand. a = data, b = mask.
  MaskedLoad,
  MaskedStore,
  /** a = data, b = indices, c = mask, imm32 = number of elements. */
  Gather,
}
