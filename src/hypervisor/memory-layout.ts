/**
 * Who owns which system-physical pages.
 *
 * Guest RAM is at 0, so a guest-physical address is the system-physical one. Above it are pages that no nested table
 * maps: the guest cannot reach them, whatever it does.
 */
import { UsageError } from '../errors.js';
import { IOPM_BYTES, MSRPM_BYTES } from '../svm/permission-maps.js';

export const PAGE_BYTES = 0x1000;
/** What one page table maps, in 4-level paging. */
const TABLE_REACH = 0x20_0000;
const DIRECTORY_REACH = 0x4000_0000;
/** The root and one table of directory pointers. */
const UPPER_TABLES = 2;

const MIN_RAM = 0x10_0000;
const MAX_RAM = 0x8000_0000;

export interface MemoryLayout {
  /** Bytes of guest RAM. */
  readonly ramBytes: number;
  readonly vmcb: number;
  readonly iopm: number;
  readonly msrpm: number;
  /** First of the pages that the nested page tables are made of. */
  readonly nestedTables: number;
  /** Bytes of system-physical memory in all. */
  readonly totalBytes: number;
}

/** @param ramBytes A multiple of 4 KiB, from 1 MiB to 2 GiB. */
export function layOut(ramBytes: number): MemoryLayout {
  if (!Number.isInteger(ramBytes) || ramBytes % PAGE_BYTES !== 0 || ramBytes < MIN_RAM || ramBytes > MAX_RAM)
    throw new UsageError(`guest memory is 1 MiB to 2 GiB in pages of 4 KiB, not ${ramBytes} bytes`);
  const vmcb = ramBytes;
  const iopm = vmcb + PAGE_BYTES;
  const msrpm = iopm + IOPM_BYTES;
  const nestedTables = msrpm + MSRPM_BYTES;
  const tables = Math.ceil(ramBytes / TABLE_REACH) + Math.ceil(ramBytes / DIRECTORY_REACH) + UPPER_TABLES;
  return { ramBytes, vmcb, iopm, msrpm, nestedTables, totalBytes: nestedTables + tables * PAGE_BYTES };
}
