/**
 * Guest-physical to system-physical translation (APM vol 2 §15.25).
 *
 * The nested tables are walked in the host's paging mode, as it was at VMRUN. Every access is a user access, whatever
 * the guest's privilege; the guest's CR0.WP and EFER.NXE have no say (§15.25.5).
 */
import { Access } from './abi/access';
import { ExitCode } from './abi/exit-code';
import { PageEntry } from './abi/page-table';
import { Efer, PageFault } from './abi/processor-bits';
import { raiseExit } from './fault';
import { fillNestedTlb, isNestedHit, nestedHit } from './nested-tlb';
import {
  beginWalk,
  markUsed,
  NO_EXECUTE,
  pageFormat,
  PageFormat,
  reportsFetches,
  slotAddress,
  Step,
  TableWalk,
  translatedAddress,
  visit,
} from './page-table';
import { cpu } from './state';

/** What a guest-physical address is wanted for: EXITINFO1 bit 32 or 33 of a nested page fault (§15.25.6). */
export enum NestedStage {
  /** The access that the guest makes. */
  Final = 32,
  /** The walk of the guest's own tables. */
  GuestTable = 33,
}

const WALK = changetype<TableWalk>(memory.data(offsetof<TableWalk>(), 8));

/** Translates the address of what the guest reads, writes or fetches. Aborts with a nested page fault. */
export function translateAccess(guestPhysical: u64, access: Access): u64 {
  return translateNested(guestPhysical, access, NestedStage.Final);
}

/** Translates the address of an entry of the guest's page tables. The walk counts as a write: it may set A and D. */
export function translateTable(guestPhysical: u64): u64 {
  return translateNested(guestPhysical, Access.Write, NestedStage.GuestTable);
}

function translateNested(guestPhysical: u64, access: Access, stage: NestedStage): u64 {
  if (isNestedHit(guestPhysical, access)) return nestedHit(guestPhysical);
  const state = cpu();
  const format = pageFormat(state.hostCr4, state.hostEfer);
  const isLong = (format & PageFormat.Levels) == PageFormat.Long;
  // A host without long mode maps 4 GiB; nothing is present above.
  if (!isLong && guestPhysical >> 32 != 0) return raiseNested(guestPhysical, access, stage, 0);
  beginWalk(WALK, state.nestedCr3, format);
  let step = Step.Descend;
  while (step == Step.Descend) step = visit(WALK, slotAddress(WALK, guestPhysical));
  if (step == Step.NotPresent) return raiseNested(guestPhysical, access, stage, 0);
  if (step == Step.Reserved) {
    return raiseNested(guestPhysical, access, stage, PageFault.Present | PageFault.Reserved);
  }
  if (isDenied(access)) return raiseNested(guestPhysical, access, stage, PageFault.Present);
  markUsed(WALK, access == Access.Write);
  const system = translatedAddress(WALK, guestPhysical);
  fillNestedTlb(guestPhysical, system, access);
  return system;
}

function isDenied(access: Access): bool {
  if ((WALK.common & PageEntry.User) == 0) return true;
  if (access == Access.Write) return (WALK.common & PageEntry.Write) == 0;
  const mayForbidFetches = (cpu().hostEfer & Efer.Nxe) != 0;
  return access == Access.Fetch && mayForbidFetches && (WALK.any & NO_EXECUTE) != 0;
}

/** @param reason Whether an entry was there, and whether it was ill-formed: `PageFault` bits. */
function raiseNested(guestPhysical: u64, access: Access, stage: NestedStage, reason: u32): u64 {
  const state = cpu();
  let code: u32 = reason | PageFault.User;
  if (access == Access.Write) code |= PageFault.Write;
  if (access == Access.Fetch && reportsFetches(state.hostCr4, state.hostEfer)) code |= PageFault.Fetch;
  raiseExit(ExitCode.NestedPageFault, (<u64>code) | ((<u64>1) << stage), guestPhysical, 0);
  return 0;
}
