/**
 * The processor's state as the host reads and writes it.
 *
 * Field names and offsets come from the core's exports (assembly/layout.ts); nothing here knows the layout.
 */
import { Seg } from '../../assembly/abi/register.js';
import { InvariantError } from '../errors.js';

/** A segment register with its hidden part; attributes in the VMCB's format (APM vol 2 App. B). */
export interface SegmentState {
  readonly selector: number;
  readonly attributes: number;
  /** Highest offset, expanded by the granularity bit. */
  readonly limit: number;
  readonly base: bigint;
}

const FIELD = /^(u32|u64)_(.*)$/;
const HIGH_WORD = 2 ** 32;

export class StateView {
  /** The state record as 32-bit words; indices come from `index`. */
  readonly words: Uint32Array;
  readonly #view: DataView;
  readonly #offsets = new Map<string, number>();
  readonly #wide = new Set<string>();

  /**
   * @param buffer The core's memory.
   * @param address Where the record is in it.
   * @param exports The core's exports, among them the offsets.
   */
  constructor(buffer: ArrayBuffer, address: number, exports: Readonly<Record<string, unknown>>) {
    for (const [name, value] of Object.entries(exports)) {
      const match = FIELD.exec(name);
      if (!match || !(value instanceof WebAssembly.Global)) continue;
      this.#offsets.set(match[2]!, value.value as number);
      if (match[1] === 'u64') this.#wide.add(match[2]!);
    }
    const bytes = Math.max(...this.#offsets.values()) + 8;
    this.#view = new DataView(buffer, address, bytes);
    this.words = new Uint32Array(buffer, address, bytes >> 2);
  }

  /** Names of all fields. */
  names(): string[] {
    return [...this.#offsets.keys()];
  }

  /** Index in `words` of a field, for code that reads it often. */
  index(name: string): number {
    return this.#offset(name) >> 2;
  }

  /** Address of a field in the core's memory. */
  address(name: string): number {
    return this.#view.byteOffset + this.#offset(name);
  }

  /** A 32-bit field, unsigned. */
  get(name: string): number {
    return this.#view.getUint32(this.#offset(name), true);
  }

  set(name: string, value: number): void {
    this.#view.setUint32(this.#offset(name), value, true);
  }

  /** A 64-bit field. */
  big(name: string): bigint {
    return this.#view.getBigUint64(this.#offset(name), true);
  }

  setBig(name: string, value: bigint): void {
    this.#view.setBigUint64(this.#offset(name), value, true);
  }

  /** A 64-bit field as a number: exact below 2^53. */
  num(name: string): number {
    const offset = this.#offset(name);
    return this.#view.getUint32(offset, true) + this.#view.getUint32(offset + 4, true) * HIGH_WORD;
  }

  /** @param value A non-negative integer below 2^53. */
  setNum(name: string, value: number): void {
    const offset = this.#offset(name);
    this.#view.setUint32(offset, value % HIGH_WORD, true);
    this.#view.setUint32(offset + 4, Math.floor(value / HIGH_WORD), true);
  }

  /** A field of either width. */
  whole(name: string): bigint {
    return this.#wide.has(name) ? this.big(name) : BigInt(this.get(name));
  }

  setWhole(name: string, value: bigint): void {
    if (this.#wide.has(name)) this.setBig(name, value);
    else this.set(name, Number(value));
  }

  segment(seg: Seg): SegmentState {
    return {
      selector: this.#view.getUint16(this.#offset('selectors') + 2 * seg, true),
      attributes: this.#view.getUint16(this.#offset('attributes') + 2 * seg, true),
      limit: this.#view.getUint32(this.#offset('limits') + 4 * seg, true),
      base: this.#view.getBigUint64(this.#baseOffset(seg), true),
    };
  }

  setSegment(seg: Seg, segment: SegmentState): void {
    this.#view.setUint16(this.#offset('selectors') + 2 * seg, segment.selector, true);
    this.#view.setUint16(this.#offset('attributes') + 2 * seg, segment.attributes, true);
    this.#view.setUint32(this.#offset('limits') + 4 * seg, segment.limit, true);
    this.#view.setBigUint64(this.#baseOffset(seg), segment.base, true);
  }

  #baseOffset(seg: Seg): number {
    return seg < Seg.Ldtr
      ? this.#offset('esBase') + 8 * seg
      : this.#offset('ldtrBase') + 8 * (seg - Seg.Ldtr);
  }

  #offset(name: string): number {
    const offset = this.#offsets.get(name);
    if (offset === undefined) throw new InvariantError(`the core exports no field "${name}"`);
    return offset;
  }
}
