/** Names for addresses, for traces: "main+1ch" instead of 10003ch. */
import { hex } from './errors.js';

export interface GuestSymbol {
  readonly name: string;
  readonly address: bigint;
  /** In bytes; 0 when unknown: the symbol then reaches up to the next one. */
  readonly size: number;
}

export interface SymbolMatch {
  readonly name: string;
  /** Bytes from the symbol's address. */
  readonly offset: number;
}

/** Symbols sorted by address. Where several share an address, the first one given names it. */
export class SymbolTable {
  static readonly EMPTY = new SymbolTable([]);

  private readonly sorted: readonly GuestSymbol[];

  constructor(symbols: readonly GuestSymbol[]) {
    this.sorted = [...symbols].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  }

  /** Builds a table from names and addresses alone. */
  static fromAddresses(addresses: Readonly<Record<string, number>>): SymbolTable {
    const rows = Object.entries(addresses);
    return new SymbolTable(rows.map(([name, address]) => ({ name, address: BigInt(address), size: 0 })));
  }

  get size(): number {
    return this.sorted.length;
  }

  [Symbol.iterator](): Iterator<GuestSymbol> {
    return this.sorted[Symbol.iterator]();
  }

  /** The address of the symbol called `name`. */
  addressOf(name: string): bigint | undefined {
    return this.sorted.find((symbol) => symbol.name === name)?.address;
  }

  /** The symbol that contains `address`. */
  lookup(address: number | bigint): SymbolMatch | undefined {
    const wanted = BigInt(address);
    const candidate = this.sorted[this.countUpTo(wanted) - 1];
    if (candidate === undefined) return undefined;
    const symbol = this.firstAt(candidate.address, candidate);
    const offset = wanted - symbol.address;
    if (symbol.size > 0 && offset >= BigInt(symbol.size)) return undefined;
    return { name: symbol.name, offset: Number(offset) };
  }

  /** "name", "name+offset" or the bare address. */
  format(address: number | bigint): string {
    const match = this.lookup(address);
    if (match === undefined) return hex(address);
    return match.offset === 0 ? match.name : `${match.name}+${hex(match.offset)}`;
  }

  /** How many symbols start at or below `address`: a binary search. */
  private countUpTo(address: bigint): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.addressAt(middle) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private firstAt(address: bigint, fallback: GuestSymbol): GuestSymbol {
    return this.sorted[this.countUpTo(address - 1n)] ?? fallback;
  }

  private addressAt(index: number): bigint {
    return this.sorted[index]?.address ?? 0n;
  }
}
