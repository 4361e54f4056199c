/**
 * A hash of a core's state: the same for the same state, whatever tier it was reached in and wherever runs were sliced.
 *
 * Memory's part is the sum of the hashes of its pages, so that from the second hash on only pages that have changed are looked
 * at. Pages of zeros count nothing.
 */
import type { Core } from './core.js';
import { isKept, registerFiles } from './core-snapshot.js';
import type { PageHistory, PageVersion } from './page-history.js';

const PAGE = 4096;
const STRIPE = 32;
const BUFFER_BYTES = 4096;

/** How far a run was to go, the form that flags have until somebody asks, and what means nothing between two instructions. */
const NOT_HASHED: ReadonlySet<string> = new Set([
  ...['deadline', 'watch', 'flagResult', 'flagAux', 'nextRip'],
  ...['faultVector', 'faultCode', 'faultHasCode', 'faultAddress', 'isFetchFault'],
  ...['exitCode', 'exitInfo1', 'exitInfo2', 'exitNextRip', 'eventInfo'],
]);

export class CoreHasher {
  private readonly names: readonly string[];
  /** What each page counts. */
  private readonly pages: BigUint64Array;
  private sum = 0n;
  /** The memory that `sum` is of. */
  private known: PageVersion | null = null;

  constructor(
    private readonly core: Core,
    private readonly history: PageHistory,
  ) {
    const names = core.state.names().filter((name) => isKept(name) && !NOT_HASHED.has(name));
    this.names = names.sort();
    this.pages = new BigUint64Array(core.memory.length / PAGE);
  }

  /** Of registers, physical memory, and bytes from elsewhere. */
  hash(...others: readonly Uint8Array[]): bigint {
    const { state, exports } = this.core;
    this.updateSum();
    const values = this.names.map((name) => state.whole(name));
    const words = new BigUint64Array([...values, exports.rflags(), this.sum]);
    const parts = [new Uint8Array(words.buffer), ...Object.values(registerFiles(this.core)), ...others];
    return BigInt.asUintN(
      64,
      parts.reduce((seed, bytes) => this.hashBytes(bytes, seed), 0n),
    );
  }

  private updateSum(): void {
    const { history, known } = this;
    const changed = known?.isAlive ? history.changedSince(known).keys() : this.pages.keys();
    for (const number of changed) if (number < this.pages.length) this.updatePage(number);
    if (known?.isAlive) history.release(known);
    this.known = history.take();
  }

  private updatePage(number: number): void {
    const { exports, memory } = this.core;
    const address = memory.byteOffset + number * PAGE;
    const isZero = exports.isZero(address, PAGE) !== 0;
    const hash = isZero ? 0n : BigInt.asUintN(64, exports.hashBytes(address, PAGE, BigInt(number)));
    this.sum = BigInt.asUintN(64, this.sum - this.pages[number]! + hash);
    this.pages[number] = hash;
  }

  /** @param seed The hash of what came before. */
  private hashBytes(contents: Uint8Array, seed: bigint): bigint {
    const { bytes, exports } = this.core;
    const address = exports.HASH_BUFFER_ADDRESS.value as number;
    let hash = seed ^ BigInt(contents.length);
    for (let done = 0; done < contents.length; done += BUFFER_BYTES) {
      const piece = contents.subarray(done, done + BUFFER_BYTES);
      const padded = Math.ceil(piece.length / STRIPE) * STRIPE;
      bytes.set(piece, address);
      bytes.fill(0, address + piece.length, address + padded);
      hash = exports.hashBytes(address, padded, hash);
    }
    return hash;
  }
}
