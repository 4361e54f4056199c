/**
 * The state save area: registers to and from a page in the layout of a VMCB (APM vol 2 §15.5.1, App. B table B-2).
 */
import { Cr0, Debug, Efer, SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { VmcbOffset, VmcbSegment } from './abi/vmcb-layout';
import { rflags, setRflags } from './flags';
import {
  attributes,
  base,
  CpuState,
  isV86,
  limit,
  selector,
  setAttributes,
  setBase,
  setLimit,
  setSelector,
} from './state';

/** DR6 and DR7 bits that always read as zero (§13.1.1). */
const DR6_ZERO: u64 = 0x1000;
const DR7_ZERO: u64 = 0xd000;

/** What guest and host both have: segments, descriptor tables, control registers, RFLAGS, RIP, RSP, RAX. */
export function loadSharedState(state: CpuState, area: u32): void {
  for (let seg: u32 = Seg.Es; seg <= <u32>Seg.Ds; seg++) loadSegment(seg, area + VmcbOffset.Es + (seg << 4));
  state.gdtrBase = canonical(load<u64>(area, VmcbOffset.Gdtr + VmcbSegment.Base));
  state.gdtrLimit = load<u16>(area, VmcbOffset.Gdtr + VmcbSegment.Limit);
  state.idtrBase = canonical(load<u64>(area, VmcbOffset.Idtr + VmcbSegment.Base));
  state.idtrLimit = load<u16>(area, VmcbOffset.Idtr + VmcbSegment.Limit);
  state.cr0 = (load<u64>(area, VmcbOffset.Cr0) & (<u64>(<u32>Cr0.Defined))) | Cr0.Et;
  state.cr3 = load<u64>(area, VmcbOffset.Cr3);
  state.cr4 = load<u64>(area, VmcbOffset.Cr4);
  state.efer = derivedEfer(load<u64>(area, VmcbOffset.Efer), state.cr0);
  setRflags(load<u64>(area, VmcbOffset.Rflags));
  state.rip = load<u64>(area, VmcbOffset.Rip);
  state.rsp = load<u64>(area, VmcbOffset.Rsp);
  state.rax = load<u64>(area, VmcbOffset.Rax);
}

/** The other way. */
export function storeSharedState(state: CpuState, area: u32): void {
  for (let seg: u32 = Seg.Es; seg <= <u32>Seg.Ds; seg++) storeSegment(seg, area + VmcbOffset.Es + (seg << 4));
  store<u64>(area, state.gdtrBase, VmcbOffset.Gdtr + VmcbSegment.Base);
  store<u32>(area, state.gdtrLimit, VmcbOffset.Gdtr + VmcbSegment.Limit);
  store<u64>(area, state.idtrBase, VmcbOffset.Idtr + VmcbSegment.Base);
  store<u32>(area, state.idtrLimit, VmcbOffset.Idtr + VmcbSegment.Limit);
  store<u64>(area, state.cr0, VmcbOffset.Cr0);
  store<u64>(area, state.cr3, VmcbOffset.Cr3);
  store<u64>(area, state.cr4, VmcbOffset.Cr4);
  store<u64>(area, state.efer, VmcbOffset.Efer);
  store<u64>(area, rflags(), VmcbOffset.Rflags);
  store<u64>(area, state.rip, VmcbOffset.Rip);
  store<u64>(area, state.rsp, VmcbOffset.Rsp);
  store<u64>(area, state.rax, VmcbOffset.Rax);
}

/** What only the guest's half of the switch moves: CPL, debug registers, CR2, and the PAT under nested paging. */
export function loadGuestState(state: CpuState, vmcb: u32): void {
  state.cr2 = load<u64>(vmcb, VmcbOffset.Cr2);
  state.dr6 = (load<u64>(vmcb, VmcbOffset.Dr6) & ~DR6_ZERO) | (<u64>(<u32>Debug.Dr6Reset));
  state.dr7 = (load<u64>(vmcb, VmcbOffset.Dr7) & ~DR7_ZERO) | Debug.Dr7Reset;
  if (state.nestedPaging != 0) state.pat = load<u64>(vmcb, VmcbOffset.GuestPat);
  state.cpl = privilege(state, load<u8>(vmcb, VmcbOffset.Cpl) & 3);
  // CPL comes from its own byte; CS is a code segment whatever its type says (§15.5.1).
  const dpl = state.cpl << 5;
  const cs = attributes(Seg.Cs) & ~(<u32>SegAttr.Dpl);
  setAttributes(Seg.Cs, cs | dpl | SegAttr.S | SegAttr.Code);
  setAttributes(Seg.Ss, (attributes(Seg.Ss) & ~(<u32>SegAttr.Dpl)) | dpl);
}

/** The other way. */
export function storeGuestState(state: CpuState, vmcb: u32): void {
  store<u64>(vmcb, state.cr2, VmcbOffset.Cr2);
  store<u64>(vmcb, state.dr6, VmcbOffset.Dr6);
  store<u64>(vmcb, state.dr7, VmcbOffset.Dr7);
  if (state.nestedPaging != 0) store<u64>(vmcb, state.pat, VmcbOffset.GuestPat);
  store<u8>(vmcb, <u8>state.cpl, VmcbOffset.Cpl);
  // Conforming code runs at any level, but what is stored as its DPL is the CPL (§15.5.1).
  const cs = (attributes(Seg.Cs) & ~(<u32>SegAttr.Dpl)) | (state.cpl << 5);
  store<u16>(vmcb, <u16>cs, VmcbOffset.Cs + VmcbSegment.Attributes);
}

/** The CPL byte is ignored in real mode and in virtual-8086 mode (§15.5.1). */
function privilege(state: CpuState, cplByte: u32): u32 {
  if ((state.cr0 & Cr0.Pe) == 0) return 0;
  return isV86() ? 3 : cplByte;
}

/** LMA follows from LME and PG; the saved bit is ignored. */
function derivedEfer(efer: u64, cr0: u64): u64 {
  const isLong = (efer & Efer.Lme) != 0 && (cr0 & (<u64>(<u32>Cr0.Pg))) != 0;
  return isLong ? efer | Efer.Lma : efer & ~(<u64>Efer.Lma);
}

/** Bases of ES, CS, SS and DS have 32 bits; the others are canonical (§15.5.1). */
export function loadSegment(seg: u32, image: u32): void {
  setSelector(seg, load<u16>(image, VmcbSegment.Selector));
  setAttributes(seg, load<u16>(image, VmcbSegment.Attributes) & 0xfff);
  setLimit(seg, load<u32>(image, VmcbSegment.Limit));
  const address = load<u64>(image, VmcbSegment.Base);
  setBase(seg, seg <= <u32>Seg.Ds ? address & 0xffffffff : canonical(address));
}

/** The other way. */
export function storeSegment(seg: u32, image: u32): void {
  store<u16>(image, <u16>selector(seg), VmcbSegment.Selector);
  store<u16>(image, <u16>attributes(seg), VmcbSegment.Attributes);
  store<u32>(image, limit(seg), VmcbSegment.Limit);
  store<u64>(image, base(seg), VmcbSegment.Base);
}

/** Sign-extends from the 48 bits that are implemented. */
export function canonical(address: u64): u64 {
  return <u64>(((<i64>address) << 16) >> 16);
}
