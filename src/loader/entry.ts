/**
 * The state in which a guest starts, as plain data: whoever runs the guest copies it into a VMCB.
 *
 * Segment attributes are in VMCB format: descriptor bits 47:40 and 55:52 (APM vol 2 App. B).
 */

export type Bits = 16 | 32 | 64;

export interface SegmentEntry {
  readonly selector: number;
  readonly attributes: number;
  /** In bytes, expanded: the granularity bit is already applied. */
  readonly limit: number;
  readonly base: number;
}

export interface DescriptorTableEntry {
  readonly base: number;
  readonly limit: number;
}

export type SegmentName = 'es' | 'cs' | 'ss' | 'ds' | 'fs' | 'gs' | 'ldtr' | 'tr';

export interface GuestEntry {
  readonly bits: Bits;
  readonly rip: number;
  readonly rsp: number;
  readonly rflags: number;
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly xcr0: number;
  /** Without SVME: VMRUN demands that bit of a guest, so whoever fills the VMCB adds it. */
  readonly efer: number;
  readonly segments: Readonly<Record<SegmentName, SegmentEntry>>;
  readonly gdtr: DescriptorTableEntry;
  readonly idtr: DescriptorTableEntry;
  /** General registers that are not zero, besides RSP. */
  readonly registers: Readonly<Partial<Record<'rax' | 'rbx', number>>>;
}

/** RFLAGS bit 1 is always one; IF is clear. */
export const RFLAGS_AT_ENTRY = 0x2;

/** CR0 bits (APM vol 2 §3.1.1). ET is hard-wired to one. */
export const CR0 = { PE: 0x1, MP: 0x2, ET: 0x10, NE: 0x20, PG: 0x8000_0000 } as const;
/** CR4: OSFXSR, OSXMMEXCPT and OSXSAVE (§3.1.3). */
const CR4_MEDIA = 0x4_0600;
/** XCR0: x87, SSE and AVX state (§11.5.2). */
const XCR0_ALL = 7;
/** XCR0 after RESET: x87 state. */
export const XCR0_AT_RESET = 1;

/**
 * The entry of a guest without a boot loader of its own: x87 reports its exceptions as #MF, SSE is enabled, and so is AVX if
 * the processor has it, as code from a compiler takes for granted from its first function on. Whoever fills the VMCB
 * leaves out what the processor lacks.
 */
export function enableMedia(entry: GuestEntry): GuestEntry {
  return { ...entry, cr0: entry.cr0 + CR0.MP + CR0.NE, cr4: entry.cr4 | CR4_MEDIA, xcr0: XCR0_ALL };
}

/** LDTR and TR as RESET leaves them (APM vol 2 §14.1.3): no LDT, a busy TSS of 64 KiB at 0. */
export const SYSTEM_SEGMENTS = {
  ldtr: { selector: 0, attributes: 0x82, limit: 0xffff, base: 0 },
  tr: { selector: 0, attributes: 0x8b, limit: 0xffff, base: 0 },
} as const;

/** The real-mode interrupt vector table: 256 far pointers at address 0. */
export const REAL_MODE_IDTR: DescriptorTableEntry = { base: 0, limit: 0x3ff };
