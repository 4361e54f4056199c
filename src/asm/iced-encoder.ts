/**
 * The binding to iced-x86's encoder and to what it knows about each encoding, without its JavaScript: as src/decode/iced.ts
 * does for the decoder, an instruction's fields are written where iced keeps them.
 */
import type { CodeBits } from './code-bits.js';
import { Field } from '../decode/iced.js';
import { type IcedModule, instantiateIced } from '../decode/iced-instance.js';
import { OpKind } from '../decode/iced-enums.js';

/** The exports that are used. Pointers and lengths are byte counts in the module's memory. */
interface EncoderExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_malloc(bytes: number, alignment: number): number;
  __wbindgen_free(pointer: number, bytes: number, alignment: number): void;
  instruction_new(): number;
  encoder_new(result: number, bits: number): void;
  encoder_encode(result: number, encoder: number, instruction: number, rip: bigint): void;
  encoder_takeBuffer(result: number, encoder: number): void;
  codeext_opCode(code: number): number;
  __wbg_opcodeinfo_free(info: number): void;
  opcodeinfo_mnemonic(info: number): number;
  opcodeinfo_encoding(info: number): number;
  opcodeinfo_decoderOption(info: number): number;
  opcodeinfo_isInstruction(info: number): number;
  opcodeinfo_isAvailableInMode(info: number, bits: number): number;
  opcodeinfo_operandSize(info: number): number;
  opcodeinfo_addressSize(info: number): number;
  opcodeinfo_memorySize(info: number): number;
  opcodeinfo_opCount(info: number): number;
  opcodeinfo_op0Kind(info: number): number;
  opcodeinfo_op1Kind(info: number): number;
  opcodeinfo_op2Kind(info: number): number;
  opcodeinfo_op3Kind(info: number): number;
  opcodeinfo_instructionString(result: number, info: number): void;
  memorysizeext_size(memorySize: number): number;
}

/** How an instruction is encoded, as iced numbers it. */
export enum Encoding {
  Legacy = 0,
  Vex = 1,
  D3now = 4,
}

/** What iced knows about one of its codes. */
export interface CodeFacts {
  readonly code: number;
  /** iced's `OpCodeOperandKind`s. */
  readonly operands: readonly number[];
  /** The code sizes that have it. */
  readonly has16: boolean;
  readonly has32: boolean;
  readonly has64: boolean;
  /** 0, 16, 32 or 64. */
  readonly operandSize: number;
  readonly addressSize: number;
  /** Of its memory operand; 0 where there is none or where its size varies. */
  readonly memoryBytes: number;
  readonly encoding: number;
  /** As in the manual: "ADD r/m8, r8". */
  readonly text: string;
}

/** An operand as iced's instruction holds it. */
export type EncodedOperand =
  | { readonly kind: OpKind.Register; readonly register: number }
  | { readonly kind: OpKind; readonly value: bigint }
  | { readonly kind: OpKind.Memory; readonly memory: EncodedMemory };

export interface EncodedMemory {
  /** iced's register numbers; 0 for none. */
  readonly base: number;
  readonly index: number;
  /** log2 */
  readonly scale: number;
  readonly displacement: bigint;
  /** 0, 1, 2, 4 or 8 bytes. */
  readonly displacementBytes: number;
}

const INSTRUCTION_BYTES = 40;
/** By bytes: how iced notes the size of a displacement. */
const DISPLACEMENT_SIZES: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 2, 4: 3, 8: 4 };

export class IcedEncoder {
  private readonly wasm: EncoderExports;
  private readonly instruction: number;
  private readonly result: number;
  private readonly encoders: Readonly<Record<CodeBits, number>>;
  private view: DataView;
  private readonly decoder = new TextDecoder();
  /** What iced said about the last instruction that it did not encode. */
  refusal = '';

  /** @param module iced-x86's binary. */
  constructor(module: IcedModule) {
    this.wasm = instantiateIced(module, (pointer, length) => {
      this.refusal = this.textAt(pointer, length);
    }) as unknown as EncoderExports;
    this.result = this.wasm.__wbindgen_malloc(16, 8);
    this.instruction = this.wasm.instruction_new();
    this.view = new DataView(this.wasm.memory.buffer);
    this.encoders = { 16: this.createEncoder(16), 32: this.createEncoder(32), 64: this.createEncoder(64) };
  }

  /** The bytes of an instruction at `rip`; undefined if iced refuses it. */
  encode(
    bits: CodeBits,
    code: number,
    operands: readonly EncodedOperand[],
    rip: bigint,
  ): Uint8Array | undefined {
    this.write(code, operands);
    const encoder = this.encoders[bits];
    this.wasm.encoder_encode(this.result, encoder, this.instruction, rip);
    const hasFailed = this.resultAt(2) !== 0;
    this.wasm.encoder_takeBuffer(this.result, encoder);
    const pointer = this.resultAt(0);
    const length = this.resultAt(1);
    const bytes = new Uint8Array(this.wasm.memory.buffer, pointer, length).slice();
    if (length > 0) this.wasm.__wbindgen_free(pointer, length, 1);
    return hasFailed ? undefined : bytes;
  }

  /** Mnemonic and encoding of a code, for an index; undefined for what is no instruction of ours. */
  mnemonicOf(code: number): number | undefined {
    const info = this.wasm.codeext_opCode(code);
    const encoding = this.wasm.opcodeinfo_encoding(info);
    const isOurs =
      this.wasm.opcodeinfo_isInstruction(info) !== 0 &&
      this.wasm.opcodeinfo_decoderOption(info) === 0 &&
      (encoding === Encoding.Legacy || encoding === Encoding.Vex || encoding === Encoding.D3now);
    const mnemonic = isOurs ? this.wasm.opcodeinfo_mnemonic(info) : undefined;
    this.wasm.__wbg_opcodeinfo_free(info);
    return mnemonic;
  }

  facts(code: number): CodeFacts {
    const { wasm } = this;
    const info = wasm.codeext_opCode(code);
    const kinds = [
      wasm.opcodeinfo_op0Kind(info),
      wasm.opcodeinfo_op1Kind(info),
      wasm.opcodeinfo_op2Kind(info),
      wasm.opcodeinfo_op3Kind(info),
    ];
    const facts = {
      code,
      operands: kinds.slice(0, wasm.opcodeinfo_opCount(info)),
      has16: wasm.opcodeinfo_isAvailableInMode(info, 16) !== 0,
      has32: wasm.opcodeinfo_isAvailableInMode(info, 32) !== 0,
      has64: wasm.opcodeinfo_isAvailableInMode(info, 64) !== 0,
      operandSize: wasm.opcodeinfo_operandSize(info),
      addressSize: wasm.opcodeinfo_addressSize(info),
      memoryBytes: wasm.memorysizeext_size(wasm.opcodeinfo_memorySize(info)),
      encoding: wasm.opcodeinfo_encoding(info),
      text: this.instructionText(info),
    };
    wasm.__wbg_opcodeinfo_free(info);
    return facts;
  }

  /** The name of a code as the manual spells it, in small letters. */
  nameOf(code: number): string {
    const info = this.wasm.codeext_opCode(code);
    const text = this.instructionText(info);
    this.wasm.__wbg_opcodeinfo_free(info);
    return (text.split(' ')[0] ?? '').toLowerCase();
  }

  private instructionText(info: number): string {
    this.wasm.opcodeinfo_instructionString(this.result, info);
    const pointer = this.resultAt(0);
    const length = this.resultAt(1);
    const text = this.textAt(pointer, length);
    this.wasm.__wbindgen_free(pointer, length, 1);
    return text;
  }

  private write(code: number, operands: readonly EncodedOperand[]): void {
    const at = this.instruction;
    const view = this.currentView();
    for (let i = 0; i < INSTRUCTION_BYTES; i += 4) view.setUint32(at + 8 + i, 0, true);
    view.setUint16(at + Field.Code, code, true);
    operands.forEach((operand, i) => {
      view.setUint8(at + Field.OpKinds + i, operand.kind);
      if ('register' in operand) view.setUint8(at + Field.OpRegisters + i, operand.register);
      else if ('memory' in operand) this.writeMemory(operand.memory);
      else this.writeNumber(operand.kind, operand.value);
    });
  }

  private writeMemory({ base, index, scale, displacement, displacementBytes }: EncodedMemory): void {
    const at = this.instruction;
    this.view.setUint8(at + Field.Base, base);
    this.view.setUint8(at + Field.Index, index);
    this.view.setUint8(at + Field.Scale, scale);
    this.view.setUint8(at + Field.DisplacementSize, DISPLACEMENT_SIZES[displacementBytes] ?? 0);
    this.view.setBigInt64(at + Field.Displacement, displacement, true);
  }

  /** Immediates and branch targets; an offset in another segment carries its selector in bits 32 to 47. */
  private writeNumber(kind: OpKind, value: bigint): void {
    const at = this.instruction;
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    switch (kind) {
      case OpKind.NearBranch16:
      case OpKind.NearBranch32:
      case OpKind.NearBranch64:
        this.view.setBigInt64(at + Field.Displacement, BigInt.asIntN(64, value), true);
        break;
      case OpKind.Immediate8_2nd:
        this.view.setInt32(at + Field.Displacement, low & 0xff, true);
        break;
      case OpKind.FarBranch16:
      case OpKind.FarBranch32:
      case OpKind.Immediate64:
        this.view.setInt32(at + Field.Immediate, low, true);
        this.view.setInt32(at + Field.Displacement, high, true);
        break;
      default:
        this.view.setInt32(at + Field.Immediate, low, true);
    }
  }

  /** The module's memory may have grown since. */
  private currentView(): DataView {
    if (this.view.buffer !== this.wasm.memory.buffer) this.view = new DataView(this.wasm.memory.buffer);
    return this.view;
  }

  private resultAt(word: number): number {
    return this.currentView().getUint32(this.result + 4 * word, true);
  }

  private textAt(pointer: number, length: number): string {
    return this.decoder.decode(new Uint8Array(this.wasm.memory.buffer, pointer, length));
  }

  private createEncoder(bits: CodeBits): number {
    this.wasm.encoder_new(this.result, bits);
    return this.resultAt(0);
  }
}
