/** Writes micro-op records (abi/uop.ts) into one reused buffer. */
import { UOP_BYTES } from '../../assembly/abi/uop.js';

/** Records that fit; a block ends well before. */
export const UOP_CAPACITY = 320;

export class UopWriter {
  readonly bytes: Uint8Array;
  count = 0;
  /** Offset of the instruction being lowered from the start of its block; goes into every record. */
  ip = 0;
  private readonly words: Uint16Array;
  private readonly dwords: Int32Array;

  constructor() {
    const buffer = new ArrayBuffer(UOP_CAPACITY * UOP_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint16Array(buffer);
    this.dwords = new Int32Array(buffer);
  }

  /** Appends a record. `low` alone is an immediate sign-extended from 32 bits; `high` gives the upper half. */
  emit(code: number, a = 0, b = 0, c = 0, n = 0, low = 0, high = low >> 31): void {
    const index = this.count++;
    const byte = index * UOP_BYTES;
    this.words[byte >> 1] = code;
    this.bytes[byte + 2] = a;
    this.bytes[byte + 3] = b;
    this.bytes[byte + 4] = c;
    this.bytes[byte + 5] = n;
    this.words[(byte >> 1) + 3] = this.ip;
    this.dwords[(byte >> 2) + 2] = low;
    this.dwords[(byte >> 2) + 3] = high;
  }

  code(index: number): number {
    return this.words[index * (UOP_BYTES >> 1)] ?? 0;
  }

  setCode(index: number, code: number): void {
    this.words[index * (UOP_BYTES >> 1)] = code;
  }

  /** Byte n of a record: condition, count or scale. */
  n(index: number): number {
    return this.bytes[index * UOP_BYTES + 5] ?? 0;
  }

  setImmediate(index: number, low: number): void {
    this.dwords[index * (UOP_BYTES >> 2) + 2] = low;
    this.dwords[index * (UOP_BYTES >> 2) + 3] = low >> 31;
  }
}
