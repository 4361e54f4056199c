/** What we read out of iced's memory is what the package's own getters say. */
import {
  Decoder,
  DecoderError,
  Instruction as IcedInstruction,
  MemorySize,
  OpKind as IcedOpKind,
  Register,
} from 'iced-x86';
import { expect, it } from 'vitest';
import { Disassembler } from '../../src/decode/disassemble.js';
import { Decoded, DecoderOptions, Field, Iced } from '../../src/decode/iced.js';
import { Instruction } from '../../src/decode/instruction.js';
import { icedModule } from './decoding.js';
import { randomBytes } from './random-bytes.js';

const SAMPLES = 5_000;
const OPTIONS = DecoderOptions.Amd | DecoderOptions.NoWbnoinvd;
const iced = Iced.of(icedModule);
const instruction = new Instruction(iced);

/** The fields that the lowering uses, by our offsets. */
function ours(): object {
  const { bytes, view } = iced;
  const at = iced.instruction;
  return {
    mnemonic: instruction.mnemonic,
    code: view.getUint16(at + Field.Code, true),
    length: iced.length,
    opKinds: Array.from(bytes.subarray(at + Field.OpKinds, at + Field.OpKinds + 4)),
    registers: Array.from(bytes.subarray(at + Field.OpRegisters, at + Field.OpRegisters + 4)),
    base: bytes[at + Field.Base],
    index: bytes[at + Field.Index],
    scale: 1 << instruction.memoryScale,
    displacementBytes: [0, 1, 2, 4, 8][bytes[at + Field.DisplacementSize] ?? 0],
    displacement: view.getBigUint64(at + Field.Displacement, true),
    segmentPrefix: instruction.segmentPrefix,
    hasRepe: instruction.hasRepe,
    hasRepne: instruction.hasRepne,
    memorySize: iced.wasm.instruction_memorySize(at),
  };
}

function theirs(i: IcedInstruction): object {
  const operands = [0, 1, 2, 3];
  const registers = [i.op0Register, i.op1Register, i.op2Register, i.op3Register];
  return {
    mnemonic: i.mnemonic,
    code: i.code,
    length: i.length,
    opKinds: operands.map((k) => (k < i.opCount ? i.opKind(k) : IcedOpKind.Register)),
    registers: registers.map((register, k) => (k < i.opCount ? register : Register.None)),
    base: i.memoryBase,
    index: i.memoryIndex,
    scale: i.memoryIndexScale,
    displacementBytes: i.memoryDisplSize,
    displacement: BigInt.asUintN(64, i.memoryDisplacement),
    segmentPrefix: i.hasSegmentPrefix ? i.segmentPrefix - Register.ES : -1,
    hasRepe: i.hasRepPrefix,
    hasRepne: i.hasRepnePrefix,
    memorySize: i.memorySize as MemorySize,
  };
}

/** Registers that iced leaves in unused operands' bytes, and displacement bytes that hold something else, do not count. */
function comparable(i: IcedInstruction, fields: object): object {
  const kinds = [0, 1, 2, 3].map((k) => (k < i.opCount ? i.opKind(k) : -1));
  const copy = { ...fields } as { registers: number[]; displacement?: bigint };
  copy.registers = copy.registers.map((register, k) => (kinds[k] === IcedOpKind.Register ? register : 0));
  if (!kinds.includes(IcedOpKind.Memory)) delete copy.displacement;
  return copy;
}

it.each([16, 32, 64])('every field, %i-bit code', (bits) => {
  let compared = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const bytes = randomBytes(sample * 3 + bits, 16);
    const decoder = new Decoder(bits, bytes, OPTIONS);
    decoder.ip = 0n;
    const expected = decoder.decode();
    iced.begin(bits === 16 ? 0 : bits === 32 ? 1 : 2, bytes, 0, bytes.length);
    const decoded = iced.next();
    if (expected.isInvalid) {
      const isTruncated = decoder.lastError === DecoderError.NoMoreBytes;
      expect(decoded).toBe(isTruncated ? Decoded.Truncated : Decoded.Invalid);
    } else {
      expect(decoded).toBe(Decoded.Instruction);
      expect(comparable(expected, ours())).toEqual(comparable(expected, theirs(expected)));
      compared++;
    }
    expected.free();
    decoder.free();
  }
  expect(compared).toBeGreaterThan(SAMPLES / 2);
});

it.each([
  ['imm8', '6a 85', 64, 0, -0x7b, -1],
  ['imm16', '66 c7 00 34 92', 64, 1, 0x9234, 0],
  ['imm32 sign-extended', '48 05 00 00 00 80', 64, 1, -0x80000000, -1],
  ['imm64', '48 b8 88 77 66 55 44 33 22 91', 64, 1, 0x55667788, 0x91223344 | 0],
  ['second imm8', 'c8 34 12 05', 64, 1, 5, 0],
])('immediate %s', (_name, digits, bits, operand, low, high) => {
  const bytes = Uint8Array.from(digits.split(' '), (byte) => parseInt(byte, 16));
  iced.begin(bits === 64 ? 2 : 1, bytes, 0, bytes.length);
  expect(iced.next()).toBe(Decoded.Instruction);
  expect(instruction.immediateLow(operand)).toBe(low);
  expect(instruction.immediateHigh(operand)).toBe(high);
});

it('is one for all who decode with the same options', () => {
  expect(Iced.of(icedModule, OPTIONS)).toBe(iced);
  expect(Iced.of(icedModule, OPTIONS | DecoderOptions.NoTzcnt)).not.toBe(iced);
});

it('does not grow with the machines that share it', () => {
  const count = () => iced.wasm.memory.buffer.byteLength;
  const nop = Uint8Array.of(0x90);
  for (let i = 0; i < 100; i++) Disassembler.of(icedModule).format(nop, 64, 0);
  const before = count();
  for (let i = 0; i < 20_000; i++) Disassembler.of(icedModule).format(nop, 64, 0);
  expect(count()).toBe(before);
});
