/**
 * What the nested page tables have said: guest-physical pages and where they are, direct mapped.
 *
 * It outlives the guest's own flushes: loads of CR3 and INVLPG say nothing of nested tables, and who takes a nested mapping away
 * or narrows it has to ask for a flush (TLB_CONTROL, APM vol 2 §15.16.2). Only translations that the tables granted are kept, and
 * for the kinds of access only whose accessed and dirty bits are set; all else is walked for, and may fault.
 */
import { Access } from './abi/access';

@unmanaged
class NestedEntry {
  /** Guest-physical page that may be read, written, fetched from; `INVALID` if none. In the order of `Access`. */
  readTag: u64;
  writeTag: u64;
  fetchTag: u64;
  /** System-physical address of the page. */
  system: u64;
}

const ENTRY_SHIFT: u32 = 5;
const ENTRIES: u32 = 1024;
const INVALID: u64 = ~(<u64>0);
const PAGE: u64 = ~(<u64>0xfff);

const TABLE = <u32>memory.data(1024 * 32, 32);

function entryOf(guestPhysical: u64): u32 {
  return TABLE + (((<u32>(guestPhysical >> 12)) & (ENTRIES - 1)) << ENTRY_SHIFT);
}

function tagOf(entry: u32, access: Access): u64 {
  return load<u64>(entry + ((<u32>access) << 3));
}

/** Whether the translation for this kind of access is known: `nestedHit` gives it. */
export function isNestedHit(guestPhysical: u64, access: Access): bool {
  return tagOf(entryOf(guestPhysical), access) == (guestPhysical & PAGE);
}

/** The system-physical address, after `isNestedHit`. */
export function nestedHit(guestPhysical: u64): u64 {
  return changetype<NestedEntry>(entryOf(guestPhysical)).system | (guestPhysical & ~PAGE);
}

/** Keeps what a walk has granted. */
export function fillNestedTlb(guestPhysical: u64, system: u64, access: Access): void {
  const address = entryOf(guestPhysical);
  const entry = changetype<NestedEntry>(address);
  const tag = guestPhysical & PAGE;
  if (entry.readTag != tag && entry.writeTag != tag && entry.fetchTag != tag) {
    entry.readTag = INVALID;
    entry.writeTag = INVALID;
    entry.fetchTag = INVALID;
  }
  entry.system = system & PAGE;
  store<u64>(address + ((<u32>access) << 3), tag);
  // What may be written may be read.
  if (access == Access.Write) entry.readTag = tag;
}

/** Counts the flushes: what was known of nested translations in another epoch is not known any more. */
export let nestedEpoch: u64 = 0;

export function flushNestedTlb(): void {
  nestedEpoch++;
  memory.fill(TABLE, 0xff, ENTRIES << ENTRY_SHIFT);
}
