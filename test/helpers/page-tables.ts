/** Page tables in a machine's physical memory, for tests of translation. */

/** Levels, bits of index a level, and bytes of an entry (APM vol 2 §5.2, §5.3). */
const FORMATS = {
  legacy: { levels: 2, indexBits: 10, entryBytes: 4 },
  pae: { levels: 3, indexBits: 9, entryBytes: 8 },
  long: { levels: 4, indexBits: 9, entryBytes: 8 },
} as const;

export type Format = keyof typeof FORMATS;

/** Bits of an entry, as the manual's figures name them (APM vol 2 §5.3). */
export const P = 1n;
export const W = 2n;
export const U = 4n;
export const A = 0x20n;
export const D = 0x40n;
export const PS = 0x80n;
export const NX = 1n << 63n;
export const ALL = P | W | U;

const ADDRESS = 0xffff_ffff_f000n;

export class PageTables {
  #nextPage: number;

  /** @param root Physical address of the first table; the others follow it, a page each. */
  constructor(
    private readonly memory: DataView,
    private readonly format: Format,
    readonly root: number,
  ) {
    this.#nextPage = root + 0x1000;
  }

  get levels(): number {
    return FORMATS[this.format].levels;
  }

  /** Maps a page with `entry` in the table of `level` (1 = last); tables above grant everything. */
  map(address: number, entry: bigint, level = 1): void {
    let table = this.root;
    for (let at = this.levels; at > level; at--) {
      const slot = this.#slotIn(table, address, at);
      if ((this.read(slot) & P) === 0n) this.write(slot, this.#newTable(at));
      table = Number(this.read(slot) & ADDRESS);
    }
    this.write(this.#slotIn(table, address, level), entry);
  }

  /** Maps `bytes` bytes from 0 to themselves, with the given rights. */
  mapIdentity(bytes: number, rights: bigint): void {
    for (let at = 0; at < bytes; at += 0x1000) this.map(at, BigInt(at) | rights);
  }

  /** Physical address of the entry that maps `address` at `level`. */
  slot(address: number, level = 1): number {
    let table = this.root;
    for (let at = this.levels; at > level; at--) {
      table = Number(this.read(this.#slotIn(table, address, at)) & ADDRESS);
    }
    return this.#slotIn(table, address, level);
  }

  read(slot: number): bigint {
    if (FORMATS[this.format].entryBytes === 4) return BigInt(this.memory.getUint32(slot, true));
    return this.memory.getBigUint64(slot, true);
  }

  write(slot: number, entry: bigint): void {
    if (FORMATS[this.format].entryBytes === 4) this.memory.setUint32(slot, Number(entry), true);
    else this.memory.setBigUint64(slot, entry, true);
  }

  #newTable(level: number): bigint {
    const page = BigInt(this.#nextPage);
    this.#nextPage += 0x1000;
    // The PDPTEs of PAE paging have no rights: the bits are reserved.
    const isPdpte = this.format === 'pae' && level === 3;
    return page | (isPdpte ? P : ALL);
  }

  #slotIn(table: number, address: number, level: number): number {
    const { indexBits, entryBytes } = FORMATS[this.format];
    const index = Math.floor(address / 2 ** (12 + (level - 1) * indexBits)) % 2 ** indexBits;
    return table + index * entryBytes;
  }
}
