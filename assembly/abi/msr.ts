/** Model-specific registers of the processor (APM vol 2 App. A). */
export enum Msr {
  Tsc = 0x10,
  ApicBase = 0x1b,
  SysenterCs = 0x174,
  SysenterEsp = 0x175,
  SysenterEip = 0x176,
  DebugCtl = 0x1d9,
  Pat = 0x277,
  Xss = 0xda0,
  Efer = 0xc0000080,
  Star = 0xc0000081,
  Lstar = 0xc0000082,
  Cstar = 0xc0000083,
  Sfmask = 0xc0000084,
  FsBase = 0xc0000100,
  GsBase = 0xc0000101,
  KernelGsBase = 0xc0000102,
  TscAux = 0xc0000103,
  Hwcr = 0xc0010015,
  VmCr = 0xc0010114,
  VmHsavePa = 0xc0010117,
}

/** APIC_BASE (APM vol 2 §16.3.1). */
export enum ApicBase {
  BootProcessor = 0x100,
  Enabled = 0x800,
  /** Bootstrap processor, enabled, at FEE0_0000h. */
  Reset = 0xfee00900,
}

/** VM_CR (APM vol 2 §15.30.1). */
export enum VmCr {
  DebugPortDisable = 0x1,
  RedirectInit = 0x2,
  DisableA20Masking = 0x4,
  Lock = 0x8,
  SvmDisable = 0x10,
}

/** HWCR, the bits that are kept (PPR for family 19h, MSRC001_0015). */
export enum Hwcr {
  TlbCacheDisable = 0x8,
  InvdWbinvd = 0x10,
  CpbDisable = 0x2000000,
  TscFrequencySelect = 0x1000000,
  /** TSC at the P0 frequency, INVD as WBINVD. */
  Reset = 0x1000010,
}

/** PAT at reset: WB, WT, UC-, UC twice; the low half and the high half are the same (APM vol 2 §7.8.1). */
export const PAT_RESET_HALF = 0x00070406;
