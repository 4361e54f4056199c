/**
 * Nested page tables: guest-physical to system-physical addresses, four levels (APM vol 2 §15.25).
 *
 * Every guest access is a user access to these tables (§15.25.5), so each level has U set. After a mapping is taken away
 * or narrowed, the VMCB must ask for a flush (TLB_CONTROL); a mapping that is added or widened needs none.
 */
import { InvariantError, UsageError } from '../errors.js';

/** What the guest may do with a page; reading is always among it. */
export interface NestedPermissions {
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
}

export interface NestedMapping extends NestedPermissions {
  readonly spa: number;
  readonly pageBytes: number;
}

export const ALL_ACCESS: NestedPermissions = { isWritable: true, isExecutable: true };

/** Bits of an entry (vol 2 §5.3.3): low half. */
const PRESENT = 0x1;
const WRITABLE = 0x2;
const USER = 0x4;
const LARGE = 0x80;
/** Upper half. */
const NO_EXECUTE = 0x8000_0000;
const ADDRESS_HIGH = 0x000f_ffff;
const ADDRESS_LOW = 0xffff_f000;

const PAGE_BYTES = 4096;
const LARGE_PAGE_BYTES = 2 * 1024 * 1024;
const ENTRY_BYTES = 8;
const TABLE_ENTRIES = 512;
const TWO_32 = 0x1_0000_0000;
/** Bytes that one entry covers, by level: 0 = page table, 3 = root. */
const LEVEL_BYTES = [2 ** 12, 2 ** 21, 2 ** 30, 2 ** 39] as const;
type Level = 0 | 1 | 2 | 3;

/** Builds and edits one set of tables in physical memory. */
export class NestedPageTables {
  /** System-physical address of the root: N_CR3. */
  readonly root: number;

  /**
   * @param memory Physical memory.
   * @param allocatePage Gives the physical address of a page, out of the guest's reach, for a table.
   * @param beforeWrite Told of the address of each entry and table that is about to be written.
   */
  constructor(
    private readonly memory: DataView,
    private readonly allocatePage: () => number,
    private readonly beforeWrite: (physical: number) => void = () => {},
  ) {
    this.root = this.newTable();
  }

  /** Maps a range of whole pages, with 2 MiB pages where both addresses and the length allow. */
  map(gpa: number, spa: number, bytes: number, permissions: NestedPermissions = ALL_ACCESS): void {
    requirePages(gpa, bytes);
    requirePages(spa, bytes);
    for (let done = 0; done < bytes;) {
      const level = largestLevel(gpa + done, spa + done, bytes - done);
      const entry = this.entryFor(gpa + done, level);
      this.write(entry, spa + done, leafBits(level, permissions), permissions);
      done += LEVEL_BYTES[level];
    }
  }

  /** Takes the mapping of a range of whole pages away: the guest's next access is a nested page fault. */
  unmap(gpa: number, bytes: number): void {
    requirePages(gpa, bytes);
    for (let page = gpa; page < gpa + bytes; page += PAGE_BYTES) {
      if (this.lookup(page) === undefined) continue;
      const entry = this.entryFor(page, 0);
      this.beforeWrite(entry);
      this.memory.setUint32(entry, 0, true);
      this.memory.setUint32(entry + 4, 0, true);
    }
  }

  /** Changes what the guest may do with mapped pages; pages that are not mapped stay so. */
  protect(gpa: number, bytes: number, permissions: NestedPermissions): void {
    requirePages(gpa, bytes);
    for (let page = gpa; page < gpa + bytes; page += PAGE_BYTES) {
      const mapping = this.lookup(page);
      if (mapping === undefined) continue;
      this.write(this.entryFor(page, 0), mapping.spa, leafBits(0, permissions), permissions);
    }
  }

  /** Where a guest-physical address leads; undefined if it is not mapped. `spa` is that of the byte. */
  lookup(gpa: number): NestedMapping | undefined {
    let table = this.root;
    for (let level: Level = 3; ; level = (level - 1) as Level) {
      const entry = table + indexAt(gpa, level) * ENTRY_BYTES;
      const low = this.memory.getUint32(entry, true);
      if ((low & PRESENT) === 0) return undefined;
      if (level === 0 || (low & LARGE) !== 0) {
        const pageBytes = LEVEL_BYTES[level];
        return {
          spa: this.address(entry) + (gpa % pageBytes),
          pageBytes,
          isWritable: (low & WRITABLE) !== 0,
          isExecutable: (this.memory.getUint32(entry + 4, true) & NO_EXECUTE) === 0,
        };
      }
      table = this.address(entry);
    }
  }

  /** Address of the entry of `level` for a page; makes the tables above it, splits a large page in its way. */
  private entryFor(gpa: number, level: Level): number {
    let table = this.root;
    for (let above: Level = 3; above > level; above = (above - 1) as Level) {
      const entry = table + indexAt(gpa, above) * ENTRY_BYTES;
      const low = this.memory.getUint32(entry, true);
      if ((low & PRESENT) === 0) this.write(entry, this.newTable(), PRESENT | WRITABLE | USER, ALL_ACCESS);
      else if ((low & LARGE) !== 0) this.split(entry);
      table = this.address(entry);
    }
    return table + indexAt(gpa, level) * ENTRY_BYTES;
  }

  /** Replaces a 2 MiB page by a table of 512 pages that say the same. */
  private split(entry: number): void {
    const low = this.memory.getUint32(entry, true);
    const high = this.memory.getUint32(entry + 4, true);
    const spa = this.address(entry);
    const permissions = { isWritable: (low & WRITABLE) !== 0, isExecutable: (high & NO_EXECUTE) === 0 };
    const table = this.newTable();
    for (let i = 0; i < TABLE_ENTRIES; i++)
      this.write(table + i * ENTRY_BYTES, spa + i * PAGE_BYTES, leafBits(0, permissions), permissions);
    this.write(entry, table, PRESENT | WRITABLE | USER, ALL_ACCESS);
  }

  private newTable(): number {
    const page = this.allocatePage();
    if (page % PAGE_BYTES !== 0 || page + PAGE_BYTES > this.memory.byteLength)
      throw new InvariantError(`the allocator gave ${page.toString(16)}h for a nested page table`);
    this.beforeWrite(page);
    new Uint8Array(this.memory.buffer, this.memory.byteOffset + page, PAGE_BYTES).fill(0);
    return page;
  }

  private write(entry: number, address: number, bits: number, permissions: NestedPermissions): void {
    const noExecute = permissions.isExecutable ? 0 : NO_EXECUTE;
    this.beforeWrite(entry);
    this.memory.setUint32(entry, (address % TWO_32) | bits, true);
    this.memory.setUint32(entry + 4, Math.floor(address / TWO_32) | noExecute, true);
  }

  private address(entry: number): number {
    const low = (this.memory.getUint32(entry, true) & ADDRESS_LOW) >>> 0;
    return low + (this.memory.getUint32(entry + 4, true) & ADDRESS_HIGH) * TWO_32;
  }
}

function leafBits(level: Level, permissions: NestedPermissions): number {
  return PRESENT | USER | (permissions.isWritable ? WRITABLE : 0) | (level === 1 ? LARGE : 0);
}

function largestLevel(gpa: number, spa: number, bytes: number): 0 | 1 {
  const isAligned = gpa % LARGE_PAGE_BYTES === 0 && spa % LARGE_PAGE_BYTES === 0;
  return isAligned && bytes >= LARGE_PAGE_BYTES ? 1 : 0;
}

function indexAt(gpa: number, level: Level): number {
  return Math.floor(gpa / LEVEL_BYTES[level]) % TABLE_ENTRIES;
}

function requirePages(address: number, bytes: number): void {
  if (address % PAGE_BYTES !== 0 || bytes % PAGE_BYTES !== 0)
    throw new UsageError(
      `nested page tables map whole pages, not ${bytes.toString(16)}h bytes at ${address.toString(16)}h`,
    );
}
