/**
 * The binding to iced-x86's WebAssembly module, without its JavaScript.
 *
 * The package's own JavaScript is CommonJS for Node; this works in a browser too and makes no garbage: there is one
 * decoder for each code size and one instruction, reused for ever. The instruction's fields are read where iced
 * keeps them. That layout is not documented, so the package is pinned to one version and test/decode/iced.test.ts
 * compares every field with the package's own getters.
 */
import { instantiateIced } from './iced-instance.js';

/** What decoding at a position gave. */
export enum Decoded {
  Instruction,
  /** The bytes are no instruction. `length` says how many were looked at. */
  Invalid,
  /** More bytes are needed to tell. */
  Truncated,
}

/** The exports that are used, of 762. Pointers and lengths are byte counts in the module's memory. */
export interface IcedExports {
  readonly memory: WebAssembly.Memory;
  __wbindgen_malloc(bytes: number, alignment: number): number;
  __wbindgen_free(pointer: number, bytes: number, alignment: number): void;
  decoder_new(result: number, bits: number, data: number, bytes: number, options: number): void;
  decoder_set_ip(decoder: number, ip: bigint): void;
  decoder_set_position(result: number, decoder: number, position: number): void;
  decoder_decodeOut(decoder: number, instruction: number): void;
  decoder_lastError(decoder: number): number;
  instruction_new(): number;
  instruction_mnemonic(instruction: number): number;
  instruction_memorySize(instruction: number): number;
  instruction_encoding(instruction: number): number;
  instruction_cpuidFeatures(result: number, instruction: number): void;
  formatter_new(result: number, syntax: number): void;
  formatter_format(result: number, formatter: number, instruction: number): void;
}

/** Bytes that a decoder sees at once: more than a block uses. */
export const WINDOW_BYTES = 1024;

/**
 * iced's `DecoderOptions`: AMD encodings, and what a processor makes of an encoding whose instruction it does not have:
 * WBINVD, BSF and BSR with a prefix that is ignored (APM vol 3 §1.2.5), or none at all.
 */
export enum DecoderOptions {
  Amd = 0x2,
  NoWbnoinvd = 0x4000,
  NoTzcnt = 0x10000,
  NoLzcnt = 0x20000,
  NoLahf64 = 0x40000,
}

const DEFAULT_OPTIONS = DecoderOptions.Amd | DecoderOptions.NoWbnoinvd;

/** `DecoderError`. */
const NO_MORE_BYTES = 2;

/** Where iced keeps an instruction's fields: byte offsets from its pointer. */
export enum Field {
  /** u64: displacement, branch target, upper half of a 64-bit immediate, far selector, second immediate. */
  Displacement = 16,
  /** u8[4] */
  OpKinds = 24,
  /** u32; see `Flag`. */
  Flags = 28,
  /** u32 */
  Immediate = 32,
  /** u8[4] */
  OpRegisters = 36,
  /** u16 */
  Code = 40,
  /** u8, log2 */
  Scale = 42,
  Base = 43,
  Index = 44,
  /** u8: 0 none, 1 8, 2 16, 3 32, 4 64 bits */
  DisplacementSize = 45,
  Length = 46,
}

/** Bits of `Field.Flags`. */
export enum Flag {
  SegmentShift = 5,
  SegmentMask = 7,
  Lock = 0x80000000,
  Repne = 0x40000000,
  Repe = 0x20000000,
}

interface CodeDecoder {
  readonly pointer: number;
  /** Where its bytes are. They end at the end of the window, so that running out of bytes is seen by iced. */
  readonly data: number;
}

/** By module and `DecoderOptions`. */
const instances = new WeakMap<WebAssembly.Module, Map<number, Iced>>();

export class Iced {
  /** Views of the module's memory; renewed when it grows. */
  bytes = new Uint8Array();
  view = new DataView(new ArrayBuffer(0));
  readonly instruction: number;
  /** Scratch memory for results that come in pairs. */
  readonly result: number;
  /** Length of the last instruction, or of what was looked at. */
  length = 0;

  private readonly decoders: readonly CodeDecoder[];
  private current: CodeDecoder;
  private windowBytes = 0;

  private constructor(
    readonly wasm: IcedExports,
    private readonly options: number,
  ) {
    this.result = wasm.__wbindgen_malloc(16, 8);
    this.instruction = wasm.instruction_new();
    this.decoders = [16, 32, 64].map((bits) => this.createDecoder(bits));
    this.current = this.decoders[0] as CodeDecoder;
  }

  /**
   * The one for all who decode with these options. Nobody's state outlives the block or instruction that is decoded, and
   * another instance costs a millisecond and 1.7 MB.
   *
   * @param module iced.wasm, compiled.
   * @param options `DecoderOptions`.
   */
  static of(module: WebAssembly.Module, options: number = DEFAULT_OPTIONS): Iced {
    const ofModule = instances.get(module) ?? new Map<number, Iced>();
    instances.set(module, ofModule);
    const known = ofModule.get(options);
    if (known !== undefined) return known;
    const iced = new Iced(instantiateIced(module) as unknown as IcedExports, options);
    ofModule.set(options, iced);
    return iced;
  }

  /**
   * Sets the bytes to decode and starts at the first.
   *
   * @param codeSize 0, 1, 2 for 16, 32, 64 bits.
   * @param address What relative operands are relative to.
   */
  begin(codeSize: number, source: Uint8Array, offset: number, available: number, address = 0n): void {
    this.current = this.decoders[codeSize] as CodeDecoder;
    this.windowBytes = Math.min(available, WINDOW_BYTES);
    this.refreshViews();
    this.bytes.set(
      source.subarray(offset, offset + this.windowBytes),
      this.current.data + WINDOW_BYTES - this.windowBytes,
    );
    this.wasm.decoder_set_ip(this.current.pointer, address);
    this.seek(0);
  }

  /** Continues at byte `position` of the window; addresses go on counting. */
  seek(position: number): void {
    const start = WINDOW_BYTES - this.windowBytes + position;
    this.wasm.decoder_set_position(this.result, this.current.pointer, start);
  }

  /** Decodes the next instruction into the fields. */
  next(): Decoded {
    this.wasm.decoder_decodeOut(this.current.pointer, this.instruction);
    this.length = this.bytes[this.instruction + Field.Length] ?? 0;
    if (
      this.bytes[this.instruction + Field.Code] !== 0 ||
      this.bytes[this.instruction + Field.Code + 1] !== 0
    )
      return Decoded.Instruction;
    const error = this.wasm.decoder_lastError(this.current.pointer);
    return error === NO_MORE_BYTES ? Decoded.Truncated : Decoded.Invalid;
  }

  /** The CPUID features that the instruction needs: all of them. iced gives a pointer and a length; they are ours to free. */
  cpuidFeatures(): number[] {
    this.wasm.instruction_cpuidFeatures(this.result, this.instruction);
    this.refreshViews();
    const pointer = this.view.getUint32(this.result, true);
    const count = this.view.getUint32(this.result + 4, true);
    const features = Array.from({ length: count }, (_, i) => this.view.getUint32(pointer + 4 * i, true));
    this.wasm.__wbindgen_free(pointer, 4 * count, 4);
    return features;
  }

  /** Byte `position` of the window. */
  byteAt(position: number): number {
    return this.bytes[this.current.data + WINDOW_BYTES - this.windowBytes + position] ?? 0;
  }

  /** Decodes the instruction at `position` as if the byte at `changed` were another. For code whose addresses begin at 0. */
  nextWith(position: number, changed: number, value: number): Decoded {
    const at = this.current.data + WINDOW_BYTES - this.windowBytes + changed;
    const before = this.bytes[at] ?? 0;
    this.bytes[at] = value;
    this.seek(position);
    this.wasm.decoder_set_ip(this.current.pointer, BigInt(position));
    const decoded = this.next();
    this.bytes[at] = before;
    return decoded;
  }

  /** The module's memory may have grown since: formatters allocate. */
  refreshViews(): void {
    if (this.bytes.buffer === this.wasm.memory.buffer) return;
    this.bytes = new Uint8Array(this.wasm.memory.buffer);
    this.view = new DataView(this.wasm.memory.buffer);
  }

  private createDecoder(bits: number): CodeDecoder {
    const data = this.wasm.__wbindgen_malloc(WINDOW_BYTES, 1);
    this.wasm.decoder_new(this.result, bits, data, WINDOW_BYTES, this.options);
    this.refreshViews();
    return { pointer: this.view.getUint32(this.result, true), data };
  }
}
