/**
 * Memory as instructions see it: by linear address, through the TLB, with precise faults.
 *
 * A function that faults records it (fault.ts) and returns 0; callers test `isAborted()` before they change
 * anything that software can see. Accesses that cross a page check both pages before they touch either.
 */
import { Access } from './abi/access';
import { Cr0, Mode, Rflags } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Pending } from './abi/stop';
import { Vector } from './abi/vector';
import { isCanonical } from './canonical';
import { matchDataBreakpoints } from './debug';
import { isAborted, raiseGp, raiseWithCode } from './fault';
import { invalidateCode } from './code-cache';
import { bytesBeforeCode, pageHoldsCode } from './code-lines';
import { isWritableToo, translate } from './paging';
import { isSmapSuspended } from './mode';
import { readPhysical, writePhysical } from './physical-memory';
import { missedHost } from './short-miss';
import { cpu, CpuState, is64Bit } from './state';
import {
  allowStores,
  CAREFUL_BANK,
  fetchTag,
  fillTlb,
  isCodePageHit,
  isMarkedHit,
  readTag,
  SUPERVISOR_BANK,
  tlbEntry,
  tlbHost,
  tlbPhysical,
  tlbTag,
  USER_BANK,
  writeTag,
} from './tlb';

export { readPhysical, writePhysical };

/** Reads data at a linear address with the present privilege. `seg` decides #SS or #GP if it is not canonical. */
export function readLinear<T extends number>(linear: u64, seg: u32): T {
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (readTag(entry) == tlbTag(linear, sizeof<T>())) return load<T>(tlbHost(entry, linear));
  return readMissed<T>(linear, seg);
}

/** Writes data at a linear address with the present privilege. */
export function writeLinear<T extends number>(linear: u64, seg: u32, value: T): void {
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) == tlbTag(linear, sizeof<T>())) store<T>(tlbHost(entry, linear), value);
  else writeMissed<T>(linear, seg, value);
}

/** Reads data that will be written back: faults as a write would. */
export function readForWrite<T extends number>(linear: u64, seg: u32): T {
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) == tlbTag(linear, sizeof<T>())) return load<T>(tlbHost(entry, linear));
  return readForWriteMissed<T>(linear, seg);
}

/** Reads as the processor itself does, at supervisor privilege whatever the CPL: descriptors, TSS, IDT. */
export function readSystem<T extends number>(linear: u64): T {
  const entry = tlbEntry(SUPERVISOR_BANK, linear);
  if (readTag(entry) == tlbTag(linear, sizeof<T>())) return load<T>(tlbHost(entry, linear));
  return readThrough<T>(linear, SUPERVISOR_BANK, Access.Read);
}

/** Wasm address of `bytes` bytes that the processor itself may read, if the TLB has their page; else 0. */
export function systemHost(linear: u64, bytes: u32): u32 {
  const entry = tlbEntry(SUPERVISOR_BANK, linear);
  return readTag(entry) == tlbTag(linear, bytes) ? tlbHost(entry, linear) : 0;
}

/** Writes as the processor itself does: TSS fields, accessed bits, frames of an inner stack. */
export function writeSystem<T extends number>(linear: u64, value: T): void {
  const entry = tlbEntry(SUPERVISOR_BANK, linear);
  if (writeTag(entry) == tlbTag(linear, sizeof<T>())) store<T>(tlbHost(entry, linear), value);
  else writeThrough<T>(linear, value, SUPERVISOR_BANK);
}

/** Checks that `bytes` bytes could be written as data, without writing: aborts with the fault that a store would raise. */
export function probeWrite(linear: u64, bytes: u32, seg: u32): void {
  if (!checkData(linear, bytes, seg)) return;
  const bank = dataBank();
  translateCached(linear, bank, Access.Write);
  if (isAborted()) return;
  if (((<u32>linear) & 0xfff) + bytes > 4096) translateCached(nextPage(linear), bank, Access.Write);
}

/**
 * Wasm address for data accesses of one kind from `linear` to the end of its page; 0 if each has to be made by itself:
 * the page faults or is not there, or every access is watched. Whoever writes stops before code (`writableBytes`).
 */
export function pageHost(linear: u64, access: Access): u32 {
  const state = cpu();
  const entry = tlbEntry(state.tlbBank, linear);
  const tag = tlbTag(linear, 1);
  if ((access == Access.Read ? readTag(entry) : writeTag(entry)) == tag) return tlbHost(entry, linear);
  if (state.tlbBank == CAREFUL_BANK || !isCanonical(linear)) return 0;
  const physical = translateCached(linear, state.tlbBank, access);
  if (isAborted()) {
    // The access itself will meet the fault again.
    state.pending = Pending.None;
    return 0;
  }
  if (physical >= <u64>state.memoryBytes) return 0;
  return state.memoryBase + <u32>physical;
}

/** Bytes from the Wasm address of a page that can be written without looking for code that changes. */
export function writableBytes(host: u32): u32 {
  return bytesBeforeCode(host - cpu().memoryBase);
}

/** As `probeWrite`, at supervisor privilege. */
export function probeSystemWrite(linear: u64, bytes: u32): void {
  translateCached(linear, SUPERVISOR_BANK, Access.Write);
  if (isAborted()) return;
  if (((<u32>linear) & 0xfff) + bytes > 4096)
    translateCached(nextPage(linear), SUPERVISOR_BANK, Access.Write);
}

/**
 * The bank to fill for the present privilege. None under SMAP with RFLAGS.AC set: what such an access may do
 * must not outlive AC.
 */
function dataBank(): u32 {
  const state = cpu();
  if (state.cpl == 3) return USER_BANK;
  return isSmapSuspended() ? CAREFUL_BANK : SUPERVISOR_BANK;
}

/**
 * The first byte of the page after `linear`. What programs outside of 64-bit mode can address wraps at 4 GiB; the
 * processor's own tables and stacks may lie above, in compatibility mode too.
 */
function nextPage(linear: u64): u64 {
  const next = (linear & ~(<u64>0xfff)) + 4096;
  return is64Bit() || linear >> 32 != 0 ? next : next & 0xffffffff;
}

/** What a data access must satisfy before it is translated: canonical form, alignment. Records breakpoints later. */
export function checkData(linear: u64, bytes: u32, seg: u32): bool {
  if (!isCanonical(linear) || !isCanonical(linear + (bytes - 1))) {
    if (seg == Seg.Ss) raiseWithCode(Vector.Ss, 0);
    else raiseGp();
    return false;
  }
  const state = cpu();
  if (isPastLimit(state, linear + (bytes - 1), seg)) {
    if (seg == Seg.Ss) raiseWithCode(Vector.Ss, 0);
    else raiseGp();
    return false;
  }
  if (state.tlbBank != CAREFUL_BANK) return true;
  if (isAlignmentChecked() && (linear & (bytes - 1)) != 0) {
    raiseWithCode(Vector.Ac, 0);
    return false;
  }
  return true;
}

/** Misaligned accesses raise #AC: CR0.AM, RFLAGS.AC and CPL 3 (APM vol 2 §8.2.18). */
export function isAlignmentChecked(): bool {
  const state = cpu();
  return state.cpl == 3 && (state.systemFlags & Rflags.Ac) != 0 && (state.cr0 & Cr0.Am) != 0;
}

/** Flat segments are not checked access by access: what runs over their end, at 4 GiB, comes here. */
function isPastLimit(state: CpuState, last: u64, seg: u32): bool {
  if (last <= 0xffffffff || is64Bit() || seg >= <u32>Seg.Fs) return false;
  return (state.mode & Mode.Flat) != 0;
}

/** As `readLinear`, where the TLB does not serve the access. */
export function readMissed<T extends number>(linear: u64, seg: u32): T {
  const host = missedHost(linear, sizeof<T>(), Access.Read);
  if (host != 0) return load<T>(host);
  if (!checkData(linear, sizeof<T>(), seg)) return <T>0;
  const value = readThrough<T>(linear, dataBank(), Access.Read);
  if (cpu().tlbBank == CAREFUL_BANK && !isAborted()) matchDataBreakpoints(linear, sizeof<T>(), false);
  return value;
}

/** As `readForWrite`, where the TLB does not serve the access. */
export function readForWriteMissed<T extends number>(linear: u64, seg: u32): T {
  const host = missedHost(linear, sizeof<T>(), Access.Write);
  if (host != 0) return load<T>(host);
  if (!checkData(linear, sizeof<T>(), seg)) return <T>0;
  const value = readThrough<T>(linear, dataBank(), Access.Write);
  if (cpu().tlbBank == CAREFUL_BANK && !isAborted()) matchDataBreakpoints(linear, sizeof<T>(), false);
  return value;
}

/** As `writeLinear`, where the TLB does not serve the access. */
export function writeMissed<T extends number>(linear: u64, seg: u32, value: T): void {
  const entry = tlbEntry(cpu().tlbBank, linear);
  // Small programs have their data in the pages of their code.
  const isOnCodePage = isCodePageHit(entry, tlbTag(linear, sizeof<T>()));
  if (isOnCodePage) {
    const physical = tlbPhysical(entry, linear);
    store<T>(tlbHost(entry, linear), value);
    if (bytesBeforeCode(physical) < sizeof<T>()) invalidateCode(physical, sizeof<T>());
    return;
  }
  const host = missedHost(linear, sizeof<T>(), Access.Write);
  if (host != 0) {
    store<T>(host, value);
    return;
  }
  if (!checkData(linear, sizeof<T>(), seg)) return;
  writeThrough<T>(linear, value, dataBank());
  if (cpu().tlbBank == CAREFUL_BANK && !isAborted()) matchDataBreakpoints(linear, sizeof<T>(), true);
}

/** Translates one page's address through the TLB or the page tables; fills the TLB. Physical address, or aborts. */
function translateCached(linear: u64, bank: u32, access: Access): u64 {
  const entry = tlbEntry(bank, linear);
  const tag = tlbTag(linear, 1);
  if (access == Access.Read) {
    if (readTag(entry) == tag) return <u64>tlbPhysical(entry, linear);
  } else if (isMarkedHit(entry, tag)) {
    const physical = <u64>tlbPhysical(entry, linear);
    fillTlb(bank, linear, physical, access, pageHoldsCode(<u32>physical));
    return physical;
  }
  const physical = translate(linear, access, bank == USER_BANK, bank == CAREFUL_BANK);
  if (isAborted()) return 0;
  const holdsCode = pageHoldsCode(<u32>physical);
  fillTlb(bank, linear, physical, access, holdsCode);
  const isCached = bank != CAREFUL_BANK && physical < <u64>cpu().memoryBytes;
  if (access == Access.Read && isCached && isWritableToo(linear, bank == USER_BANK))
    allowStores(bank, linear, <u32>physical, holdsCode);
  return physical;
}

/** Translates the address of an instruction byte. Physical address, or aborts with #PF, #GP or a nested page fault. */
export function translateFetch(linear: u64): u64 {
  const bank = cpu().cpl == 3 ? USER_BANK : SUPERVISOR_BANK;
  const entry = tlbEntry(bank, linear);
  if (fetchTag(entry) == tlbTag(linear, 1)) return <u64>tlbPhysical(entry, linear);
  if (!isCanonical(linear)) {
    raiseGp();
    return 0;
  }
  const physical = translate(linear, Access.Fetch, bank == USER_BANK, false);
  if (isAborted()) return 0;
  fillTlb(bank, linear, physical, Access.Fetch, false);
  return physical;
}

function readThrough<T extends number>(linear: u64, bank: u32, access: Access): T {
  const physical = translateCached(linear, bank, access);
  if (isAborted()) return <T>0;
  const first: u32 = 4096 - ((<u32>linear) & 0xfff);
  if (sizeof<T>() <= first) return readPhysical<T>(physical);
  const second = translateCached(nextPage(linear), bank, access);
  if (isAborted()) return <T>0;
  let value: u64 = 0;
  for (let i: u32 = 0; i < sizeof<T>(); i++) {
    const address = i < first ? physical + i : second + (i - first);
    value |= (<u64>readPhysical<u8>(address)) << ((<u64>i) << 3);
  }
  return <T>value;
}

function writeThrough<T extends number>(linear: u64, value: T, bank: u32): void {
  const physical = translateCached(linear, bank, Access.Write);
  if (isAborted()) return;
  const first: u32 = 4096 - ((<u32>linear) & 0xfff);
  if (sizeof<T>() <= first) {
    writePhysical<T>(physical, value);
    return;
  }
  const second = translateCached(nextPage(linear), bank, Access.Write);
  if (isAborted()) return;
  for (let i: u32 = 0; i < sizeof<T>(); i++) {
    const address = i < first ? physical + i : second + (i - first);
    writePhysical<u8>(address, <u8>((<u64>value) >> ((<u64>i) << 3)));
  }
}
