/**
 * The consistency checks of VMRUN: what makes it refuse a VMCB with VMEXIT_INVALID (APM vol 2 §15.5.1).
 *
 * Each rule is a bit, worked out without branches: VMRUN asks for all of them at once, and with a closure a row a
 * world switch took 1.8 times as long (Node 20.20.2, 2026-11-22). Not among them, because they are legal: PG without PE (paged real mode, §15.19), the value of
 * EFER.LMA, low reserved bits of CR3, non-canonical bases, RIP beyond CS.limit, V_NMI without V_NMI_ENABLE, V_NMI with
 * V_NMI_MASK, and an NMI in EVENTINJ together with V_NMI_ENABLE. CR4.CET is not implemented, so the rule for CR4's
 * reserved bits covers those for CET.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { PageEntry, PDPTE_RESERVED_LOW } from '../../assembly/abi/page-table.js';
import { Cr0, Cr4, Efer, PHYSICAL_ADDRESS_BITS, SegAttr } from '../../assembly/abi/processor-bits.js';
import { VirtualInterrupt, VmcbOffset, VmcbSegment } from '../../assembly/abi/vmcb-layout.js';
import {
  hasReservedType,
  isImpossibleIn64BitMode,
  isInjectionPending,
  isNotAnException,
} from './event-injection.js';
import { isCodeIntercepted } from './intercepts.js';
import { IOPM_BYTES, MSRPM_BYTES } from './permission-maps.js';
import { MSRPM_MUST_END_BEFORE_LIMIT } from './rulings.js';
import type { Vmcb } from './vmcb.js';

/** One member per rule, in the manual's order. */
enum Rule {
  Svme,
  CacheDisable,
  HighCr0,
  HighCr3,
  ReservedCr4,
  HighDr6,
  HighDr7,
  ReservedEfer,
  LongWithoutPae,
  LongWithoutProtection,
  LongAndDefault,
  VmrunIntercept,
  IopmEnd,
  MsrpmEnd,
  Asid,
  InjectedType,
  InjectedVector,
  InjectedInLongMode,
  HostPaging,
  HighNestedCr3,
  Pat,
  ShadowStackCheck,
  ReservedCet,
  NmiIntercept,
  PaePointers,
}

/** What is wrong, with the section that says so. */
const VIOLATIONS: Readonly<Record<Rule, string>> = {
  [Rule.Svme]: 'EFER.SVME is zero (§15.5.1)',
  [Rule.CacheDisable]: 'CR0.CD is zero and CR0.NW is set (§15.5.1)',
  [Rule.HighCr0]: 'CR0[63:32] are not zero (§15.5.1)',
  [Rule.HighCr3]: 'CR3 has address bits that do not exist (§15.5.1)',
  [Rule.ReservedCr4]: 'CR4 has reserved bits set (§15.5.1)',
  [Rule.HighDr6]: 'DR6[63:32] are not zero (§15.5.1)',
  [Rule.HighDr7]: 'DR7[63:32] are not zero (§15.5.1)',
  [Rule.ReservedEfer]: 'EFER has reserved bits set (§15.5.1)',
  [Rule.LongWithoutPae]: 'EFER.LME and CR0.PG are set and CR4.PAE is zero (§15.5.1)',
  [Rule.LongWithoutProtection]: 'EFER.LME and CR0.PG are set and CR0.PE is zero (§15.5.1)',
  [Rule.LongAndDefault]: 'EFER.LME, CR0.PG, CR4.PAE, CS.L and CS.D are all set (§15.5.1)',
  [Rule.VmrunIntercept]: 'The VMRUN intercept is clear (§15.5.1)',
  [Rule.IopmEnd]: 'The I/O permission map ends beyond the physical address space (§15.10.1)',
  [Rule.MsrpmEnd]: 'The MSR permission map ends beyond the physical address space (§15.11)',
  [Rule.Asid]: 'ASID is zero (§15.5.1)',
  [Rule.InjectedType]: 'EVENTINJ has a reserved type (§15.20)',
  [Rule.InjectedVector]: 'EVENTINJ has type exception and a vector that is not an exception (§15.20)',
  [Rule.InjectedInLongMode]: 'EVENTINJ has an exception that cannot occur in 64-bit mode (§15.20)',
  [Rule.HostPaging]: 'NP_ENABLE is set while the host has paging off (§15.25.3)',
  [Rule.HighNestedCr3]: 'N_CR3 has address bits that do not exist (§15.25.4)',
  [Rule.Pat]: 'G_PAT has a reserved memory type (§15.25.4)',
  [Rule.ShadowStackCheck]: 'SSSCheckEn is set without nested paging (§15.25)',
  [Rule.ReservedCet]: 'S_CET has reserved bits set (§15.5.1)',
  [Rule.NmiIntercept]: 'V_NMI_ENABLE is set without the NMI intercept (§15.21.10)',
  [Rule.PaePointers]: 'A page-directory pointer of a PAE guest has reserved bits set (§15.5.1)',
};

/** What the rules need to know besides the VMCB. */
export interface CheckContext {
  /** CR0.PG of the host. */
  readonly isHostPaging: boolean;
  /** The bits of CR4 that exist. */
  readonly cr4Bits: number;
  /** Physical memory, for the page-directory pointers of PAE. */
  readonly memory: DataView;
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

/** Whether VMRUN enters the guest. Allocates nothing. */
export function isAcceptable(vmcb: Vmcb, context: CheckContext): boolean {
  return brokenRules(vmcb, context) === 0;
}

/** The rules that this VMCB breaks, in the manual's order. Empty means that VMRUN enters the guest. */
export function findViolations(vmcb: Vmcb, context: CheckContext): string[] {
  const broken = brokenRules(vmcb, context);
  return Object.entries(VIOLATIONS)
    .filter(([rule]) => ((broken >>> Number(rule)) & 1) !== 0)
    .map(([, violation]) => violation);
}

/** Bit n: rule n is broken. */
function brokenRules(vmcb: Vmcb, context: CheckContext): number {
  return (
    brokenByRegisters(vmcb, context.cr4Bits) |
    brokenByMode(vmcb, context.memory) |
    brokenByControls(vmcb) |
    brokenByEvent(vmcb) |
    brokenByNesting(vmcb, context)
  );
}

function bit(rule: Rule, isBroken: boolean): number {
  return isBroken ? 1 << rule : 0;
}

/** Bits that do not exist. */
function brokenByRegisters(v: Vmcb, cr4Bits: number): number {
  const efer = v.word(VmcbOffset.Efer);
  return (
    bit(Rule.Svme, (efer & Efer.Svme) === 0) |
    bit(Rule.CacheDisable, (v.word(VmcbOffset.Cr0) & (Cr0.Cd | Cr0.Nw)) === Cr0.Nw) |
    bit(Rule.HighCr0, v.word(VmcbOffset.Cr0 + 4) !== 0) |
    bit(Rule.HighCr3, (v.word(VmcbOffset.Cr3 + 4) & ABOVE_PHYSICAL) !== 0) |
    bit(Rule.ReservedCr4, (v.word(VmcbOffset.Cr4) & ~cr4Bits) !== 0 || v.word(VmcbOffset.Cr4 + 4) !== 0) |
    bit(Rule.HighDr6, v.word(VmcbOffset.Dr6 + 4) !== 0) |
    bit(Rule.HighDr7, v.word(VmcbOffset.Dr7 + 4) !== 0) |
    bit(Rule.ReservedEfer, (efer & ~Efer.Defined) !== 0 || v.word(VmcbOffset.Efer + 4) !== 0) |
    bit(
      Rule.ReservedCet,
      (v.word(VmcbOffset.SupervisorCet) & ~S_CET_DEFINED) !== 0 || v.word(VmcbOffset.SupervisorCet + 4) !== 0,
    )
  );
}

/** Paging modes that there are not. */
function brokenByMode(v: Vmcb, memory: DataView): number {
  if (!isPaging(v)) return 0;
  if (!hasBits(v, VmcbOffset.Efer, Efer.Lme)) {
    const isChecked = hasPae(v) && !hasNestedPaging(v);
    return bit(Rule.PaePointers, isChecked && hasReservedPdpe(v, memory));
  }
  const isBoth = hasBits(v, CS_ATTRIBUTES, SegAttr.L | SegAttr.Db);
  return (
    bit(Rule.LongWithoutPae, !hasPae(v)) |
    bit(Rule.LongWithoutProtection, (v.word(VmcbOffset.Cr0) & Cr0.Pe) === 0) |
    bit(Rule.LongAndDefault, hasPae(v) && isBoth)
  );
}

function brokenByControls(v: Vmcb): number {
  const msrpmEnd = pageAddress(v, VmcbOffset.MsrpmBase) + MSRPM_BYTES;
  return (
    bit(Rule.VmrunIntercept, !isCodeIntercepted(v, ExitCode.Vmrun)) |
    bit(Rule.IopmEnd, pageAddress(v, VmcbOffset.IopmBase) + IOPM_BYTES > PHYSICAL_LIMIT) |
    bit(Rule.MsrpmEnd, msrpmEnd > PHYSICAL_LIMIT - (MSRPM_MUST_END_BEFORE_LIMIT ? 1 : 0)) |
    bit(Rule.Asid, v.word(VmcbOffset.GuestAsid) === 0) |
    bit(
      Rule.NmiIntercept,
      hasBits(v, VmcbOffset.VirtualInterrupt, VirtualInterrupt.NmiEnable) &&
        !isCodeIntercepted(v, ExitCode.Nmi),
    )
  );
}

function brokenByEvent(v: Vmcb): number {
  if (!isInjectionPending(v)) return 0;
  const event = v.word(VmcbOffset.EventInjection);
  return (
    bit(Rule.InjectedType, hasReservedType(event)) |
    bit(Rule.InjectedVector, isNotAnException(event)) |
    bit(Rule.InjectedInLongMode, isImpossibleIn64BitMode(event) && is64BitMode(v))
  );
}

function brokenByNesting(v: Vmcb, context: CheckContext): number {
  if (!hasNestedPaging(v)) {
    const hasCheck = hasBits(v, VmcbOffset.NestedControl, SUPERVISOR_SHADOW_STACK_CHECK);
    return bit(Rule.ShadowStackCheck, hasCheck);
  }
  const hasPat = arePatTypes(v.word(VmcbOffset.GuestPat)) && arePatTypes(v.word(VmcbOffset.GuestPat + 4));
  return (
    bit(Rule.HostPaging, !context.isHostPaging) |
    bit(Rule.HighNestedCr3, (v.word(VmcbOffset.NestedCr3 + 4) & ABOVE_PHYSICAL) !== 0) |
    bit(Rule.Pat, !hasPat)
  );
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
