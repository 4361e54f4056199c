/**
 * The consistency checks of VMRUN: what makes it refuse a VMCB with VMEXIT_INVALID (APM vol 2 §15.5.1).
 *
 * A rule is a row. Not among them, because they are legal: PG without PE (paged real mode, §15.19), the value of
 * EFER.LMA, low reserved bits of CR3, non-canonical bases, RIP beyond CS.limit, V_NMI without V_NMI_ENABLE, V_NMI with
 * V_NMI_MASK, and an NMI in EVENTINJ together with V_NMI_ENABLE. CR4.CET is not implemented, so the rule for CR4's
 * reserved bits covers those for CET.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { PageEntry, PDPTE_RESERVED_LOW } from '../../assembly/abi/page-table.js';
import { Cr0, Cr4, Efer, PHYSICAL_ADDRESS_BITS, SegAttr } from '../../assembly/abi/processor-bits.js';
import { VirtualInterrupt, VmcbOffset, VmcbSegment } from '../../assembly/abi/vmcb-layout.js';
import { hasReservedType, isImpossibleIn64BitMode, isNotAnException } from './event-injection.js';
import { isCodeIntercepted } from './intercepts.js';
import { IOPM_BYTES, MSRPM_BYTES } from './permission-maps.js';
import { MSRPM_MUST_END_BEFORE_LIMIT } from './rulings.js';
import type { Vmcb } from './vmcb.js';

/** What the rules need to know besides the VMCB. */
export interface CheckContext {
  /** CR0.PG of the host. */
  readonly isHostPaging: boolean;
  /** The bits of CR4 that exist. */
  readonly cr4Bits: number;
  /** Physical memory, for the page-directory pointers of PAE. */
  readonly memory: DataView;
}

interface Check {
  /** What is wrong, with the section that says so. */
  readonly violation: string;
  readonly isViolated: (vmcb: Vmcb, context: CheckContext) => boolean;
}

const TWO_32 = 0x1_0000_0000;
const PHYSICAL_LIMIT = 2 ** PHYSICAL_ADDRESS_BITS;
/** The address bits that do not exist, in the upper half of a 64-bit field. */
const ABOVE_PHYSICAL = -1 << (PHYSICAL_ADDRESS_BITS - 32);
/** VMCB 090h. */
const NESTED_PAGING = 1;
const SUPERVISOR_SHADOW_STACK_CHECK = 0x10;
/** S_CET: the two enables of shadow stacks. */
const S_CET_DEFINED = 3;

const CS_ATTRIBUTES = VmcbOffset.Cs + VmcbSegment.Attributes;

/** One row per rule, in the manual's order. */
const CHECKS: readonly Check[] = [
  {
    violation: 'EFER.SVME is zero (§15.5.1)',
    isViolated: (v) => (v.word(VmcbOffset.Efer) & Efer.Svme) === 0,
  },
  {
    violation: 'CR0.CD is zero and CR0.NW is set (§15.5.1)',
    isViolated: (v) => (v.word(VmcbOffset.Cr0) & (Cr0.Cd | Cr0.Nw)) === Cr0.Nw,
  },
  {
    violation: 'CR0[63:32] are not zero (§15.5.1)',
    isViolated: (v) => v.word(VmcbOffset.Cr0 + 4) !== 0,
  },
  {
    violation: 'CR3 has address bits that do not exist (§15.5.1)',
    isViolated: (v) => (v.word(VmcbOffset.Cr3 + 4) & ABOVE_PHYSICAL) !== 0,
  },
  {
    violation: 'CR4 has reserved bits set (§15.5.1)',
    isViolated: (v, { cr4Bits }) =>
      (v.word(VmcbOffset.Cr4) & ~cr4Bits) !== 0 || v.word(VmcbOffset.Cr4 + 4) !== 0,
  },
  {
    violation: 'DR6[63:32] are not zero (§15.5.1)',
    isViolated: (v) => v.word(VmcbOffset.Dr6 + 4) !== 0,
  },
  {
    violation: 'DR7[63:32] are not zero (§15.5.1)',
    isViolated: (v) => v.word(VmcbOffset.Dr7 + 4) !== 0,
  },
  {
    violation: 'EFER has reserved bits set (§15.5.1)',
    isViolated: (v) => (v.word(VmcbOffset.Efer) & ~Efer.Defined) !== 0 || v.word(VmcbOffset.Efer + 4) !== 0,
  },
  {
    violation: 'EFER.LME and CR0.PG are set and CR4.PAE is zero (§15.5.1)',
    isViolated: (v) => isLongPaging(v) && !hasPae(v),
  },
  {
    violation: 'EFER.LME and CR0.PG are set and CR0.PE is zero (§15.5.1)',
    isViolated: (v) => isLongPaging(v) && (v.word(VmcbOffset.Cr0) & Cr0.Pe) === 0,
  },
  {
    violation: 'EFER.LME, CR0.PG, CR4.PAE, CS.L and CS.D are all set (§15.5.1)',
    isViolated: (v) => isLongPaging(v) && hasPae(v) && hasBits(v, CS_ATTRIBUTES, SegAttr.L | SegAttr.Db),
  },
  {
    violation: 'The VMRUN intercept is clear (§15.5.1)',
    isViolated: (v) => !isCodeIntercepted(v, ExitCode.Vmrun),
  },
  {
    violation: 'The I/O permission map ends beyond the physical address space (§15.10.1)',
    isViolated: (v) => pageAddress(v, VmcbOffset.IopmBase) + IOPM_BYTES > PHYSICAL_LIMIT,
  },
  {
    violation: 'The MSR permission map ends beyond the physical address space (§15.11)',
    isViolated: (v) => {
      const end = pageAddress(v, VmcbOffset.MsrpmBase) + MSRPM_BYTES;
      return MSRPM_MUST_END_BEFORE_LIMIT ? end >= PHYSICAL_LIMIT : end > PHYSICAL_LIMIT;
    },
  },
  {
    violation: 'ASID is zero (§15.5.1)',
    isViolated: (v) => v.word(VmcbOffset.GuestAsid) === 0,
  },
  {
    violation: 'EVENTINJ has a reserved type (§15.20)',
    isViolated: (v) => hasReservedType(v.word(VmcbOffset.EventInjection)),
  },
  {
    violation: 'EVENTINJ has type exception and a vector that is not an exception (§15.20)',
    isViolated: (v) => isNotAnException(v.word(VmcbOffset.EventInjection)),
  },
  {
    violation: 'EVENTINJ has an exception that cannot occur in 64-bit mode (§15.20)',
    isViolated: (v) => isImpossibleIn64BitMode(v.word(VmcbOffset.EventInjection)) && is64BitMode(v),
  },
  {
    violation: 'NP_ENABLE is set while the host has paging off (§15.25.3)',
    isViolated: (v, context) => hasNestedPaging(v) && !context.isHostPaging,
  },
  {
    violation: 'N_CR3 has address bits that do not exist (§15.25.4)',
    isViolated: (v) => hasNestedPaging(v) && (v.word(VmcbOffset.NestedCr3 + 4) & ABOVE_PHYSICAL) !== 0,
  },
  {
    violation: 'G_PAT has a reserved memory type (§15.25.4)',
    isViolated: (v) =>
      hasNestedPaging(v) &&
      !(arePatTypes(v.word(VmcbOffset.GuestPat)) && arePatTypes(v.word(VmcbOffset.GuestPat + 4))),
  },
  {
    violation: 'SSSCheckEn is set without nested paging (§15.25)',
    isViolated: (v) =>
      hasBits(v, VmcbOffset.NestedControl, SUPERVISOR_SHADOW_STACK_CHECK) && !hasNestedPaging(v),
  },
  {
    violation: 'S_CET has reserved bits set (§15.5.1)',
    isViolated: (v) =>
      (v.word(VmcbOffset.SupervisorCet) & ~S_CET_DEFINED) !== 0 || v.word(VmcbOffset.SupervisorCet + 4) !== 0,
  },
  {
    violation: 'V_NMI_ENABLE is set without the NMI intercept (§15.21.10)',
    isViolated: (v) =>
      hasBits(v, VmcbOffset.VirtualInterrupt, VirtualInterrupt.NmiEnable) &&
      !isCodeIntercepted(v, ExitCode.Nmi),
  },
  {
    violation: 'A page-directory pointer of a PAE guest has reserved bits set (§15.5.1)',
    isViolated: (v, context) => isLegacyPae(v) && !hasNestedPaging(v) && hasReservedPdpe(v, context.memory),
  },
];

/** Whether VMRUN enters the guest. Allocates nothing. */
export function isAcceptable(vmcb: Vmcb, context: CheckContext): boolean {
  for (let i = 0; i < CHECKS.length; i++) {
    // The index is in range; a row is never undefined.
    if ((CHECKS[i] as Check).isViolated(vmcb, context)) return false;
  }
  return true;
}

/** The rules that this VMCB breaks, in the manual's order. Empty means that VMRUN enters the guest. */
export function findViolations(vmcb: Vmcb, context: CheckContext): string[] {
  return CHECKS.filter((check) => check.isViolated(vmcb, context)).map((check) => check.violation);
}

/** All the bits of `mask` in the 32 bits at `offset`. */
function hasBits(vmcb: Vmcb, offset: number, mask: number): boolean {
  return (vmcb.word(offset) & mask) === mask;
}

function isLongPaging(vmcb: Vmcb): boolean {
  return hasBits(vmcb, VmcbOffset.Efer, Efer.Lme) && isPaging(vmcb);
}

function isPaging(vmcb: Vmcb): boolean {
  return (vmcb.word(VmcbOffset.Cr0) & Cr0.Pg) !== 0;
}

function hasPae(vmcb: Vmcb): boolean {
  return hasBits(vmcb, VmcbOffset.Cr4, Cr4.Pae);
}

function is64BitMode(vmcb: Vmcb): boolean {
  return isLongPaging(vmcb) && hasBits(vmcb, CS_ATTRIBUTES, SegAttr.L);
}

function isLegacyPae(vmcb: Vmcb): boolean {
  return isPaging(vmcb) && hasPae(vmcb) && !hasBits(vmcb, VmcbOffset.Efer, Efer.Lme);
}

function hasNestedPaging(vmcb: Vmcb): boolean {
  return hasBits(vmcb, VmcbOffset.NestedControl, NESTED_PAGING);
}

/** A permission map's address: bits 11:0 are ignored. Exact where it matters, below 2^53. */
function pageAddress(vmcb: Vmcb, offset: number): number {
  return vmcb.word(offset + 4) * TWO_32 + ((vmcb.word(offset) & ~0xfff) >>> 0);
}

/** Four entries of a PAT: 0 to 7 without 2 and 3, which have bit 1 and not bit 2 (§7.8.2). All at once, for VMRUN. */
function arePatTypes(word: number): boolean {
  const hasHighBits = (word & 0xf8f8f8f8) !== 0;
  return !hasHighBits && ((word >>> 1) & ~(word >>> 2) & 0x01010101) === 0;
}

/** CR3 of PAE has bits 31:5 of the table of four pointers. Pointers outside of memory read as all ones. */
function hasReservedPdpe(vmcb: Vmcb, memory: DataView): boolean {
  const table = (vmcb.word(VmcbOffset.Cr3) & ~0x1f) >>> 0;
  for (let entry = table; entry < table + 32; entry += 8) {
    if (entry + 8 > memory.byteLength) return true;
    const low = memory.getUint32(entry, true);
    const high = memory.getUint32(entry + 4, true);
    const isReservedSet = (low & PDPTE_RESERVED_LOW) !== 0 || (high & ABOVE_PHYSICAL) !== 0;
    if ((low & PageEntry.Present) !== 0 && isReservedSet) return true;
  }
  return false;
}
