/**
 * What CPUID answers: rows in a fixed area of memory, which the host fills.
 *
 * Leaves without a row answer zeros, as AMD processors do (APM vol 3, CPUID).
 */

/** One answer; 32 bytes. The host writes it field by field in this order. */
@unmanaged
export class CpuidRow {
  /** EAX and ECX of the question. */
  leaf: u32;
  subleaf: u32;
  /** Non-zero: the answer holds for every ECX. */
  anySubleaf: u32;
  reserved: u32;
  eax: u32;
  ebx: u32;
  ecx: u32;
  edx: u32;
}

const ROW_BYTES: u32 = 32;
const CAPACITY: u32 = 64;

const TABLE = <u32>memory.data(64 * 32, 16);

let rowCount: u32 = 0;

export const CPUID_TABLE_ADDRESS: u32 = TABLE;
/** Rows that fit. */
export const CPUID_TABLE_CAPACITY: u32 = CAPACITY;

/** Says how many rows the host has filled; more than fit are not looked at. */
export function setCpuidRowCount(count: u32): void {
  rowCount = min<u32>(count, CAPACITY);
}

/** The row that answers (leaf, subleaf), or null. The first that matches wins. */
export function findCpuidRow(leaf: u32, subleaf: u32): CpuidRow | null {
  for (let i: u32 = 0; i < rowCount; i++) {
    const row = changetype<CpuidRow>(TABLE + i * ROW_BYTES);
    if (row.leaf == leaf && (row.anySubleaf != 0 || row.subleaf == subleaf)) return row;
  }
  return null;
}
