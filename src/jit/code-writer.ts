/** Writes the instructions of one WebAssembly function into a buffer that grows. */
import { Simd } from './simd-opcodes.js';
import { Op, Type } from './wasm-opcodes.js';

const INITIAL_BYTES = 4096;
/** More than any single instruction or its operands take. */
const MARGIN = 32;
const SIMD_PREFIX = 0xfd;

export class CodeWriter {
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_BYTES);
  private length = 0;

  clear(): void {
    this.length = 0;
  }

  /** What has been written; valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length);
  }

  op(op: Op): void {
    this.byte(op);
  }

  block(op: Op.Block | Op.Loop | Op.If, type: Type = Type.Empty): void {
    this.byte(op);
    this.byte(type);
  }

  /** Br or BrIf to the construct `depth` levels out. */
  branch(op: Op.Br | Op.BrIf, depth: number): void {
    this.byte(op);
    this.unsigned(depth);
  }

  /** To the construct of the index on top of the stack; beyond the last, to the last. */
  branchTable(depths: readonly number[]): void {
    this.byte(Op.BrTable);
    this.unsigned(depths.length - 1);
    for (const depth of depths) this.unsigned(depth);
  }

  call(index: number): void {
    this.byte(Op.Call);
    this.unsigned(index);
  }

  get(local: number): void {
    this.byte(Op.LocalGet);
    this.unsigned(local);
  }

  set(local: number): void {
    this.byte(Op.LocalSet);
    this.unsigned(local);
  }

  tee(local: number): void {
    this.byte(Op.LocalTee);
    this.unsigned(local);
  }

  i32(value: number): void {
    this.byte(Op.I32Const);
    this.signed(value | 0);
  }

  /** A 64-bit constant of two halves; `low` alone is sign-extended. */
  i64(low: number, high = low >> 31): void {
    this.byte(Op.I64Const);
    this.signed64(low | 0, high | 0);
  }

  /** A load or store with a constant offset; nothing is said about alignment. */
  memory(op: Op, offset: number): void {
    this.byte(op);
    this.byte(0);
    this.unsigned(offset);
  }

  f64(value: number): void {
    this.byte(Op.F64Const);
    this.append(new Uint8Array(Float64Array.of(value).buffer));
  }

  f32(value: number): void {
    this.byte(Op.F32Const);
    this.append(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A vector instruction without an immediate. */
  simd(op: Simd): void {
    this.byte(SIMD_PREFIX);
    this.unsigned(op);
  }

  /** One whose immediate is a lane. */
  simdLane(op: Simd, lane: number): void {
    this.simd(op);
    this.byte(lane);
  }

  /** A load or store of a vector, or of a lane of one. */
  simdMemory(op: Simd, offset: number, lane?: number): void {
    this.simd(op);
    this.byte(0);
    this.unsigned(offset);
    if (lane !== undefined) this.byte(lane);
  }

  /** The bytes of the two vectors on top of the stack, chosen by these 16 numbers below 32. */
  shuffle(bytes: readonly number[]): void {
    this.simd(Simd.Shuffle);
    this.append(Uint8Array.from(bytes));
  }

  /** A vector of two equal halves; those of two halves of 32 bits. */
  splat64(low: number, high: number): void {
    this.simd(Simd.Const);
    this.append(new Uint8Array(Int32Array.of(low, high, low, high).buffer));
  }

  /** A constant vector of four words. */
  words(words: readonly number[]): void {
    this.simd(Simd.Const);
    this.append(new Uint8Array(Int32Array.from(words).buffer));
  }

  /** A constant vector. */
  vector(bytes: readonly number[]): void {
    this.simd(Simd.Const);
    this.append(Uint8Array.from(bytes));
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  byte(value: number): void {
    this.reserve(MARGIN);
    this.buffer[this.length++] = value;
  }

  /** LEB128 of a number from 0 to 2^32 - 1. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  private signed(value: number): void {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  private signed64(low: number, high: number): void {
    let [l, h] = [low, high];
    while (h !== l >> 31 || l < -0x40 || l >= 0x40) {
      this.byte((l & 0x7f) | 0x80);
      l = (l >>> 7) | (h << 25);
      h >>= 7;
    }
    this.byte(l & 0x7f);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = new Uint8Array(2 * this.buffer.length + bytes);
    larger.set(this.buffer);
    this.buffer = larger;
  }
}
