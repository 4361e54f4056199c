/**
 * The binary that is shipped, without the functions and the data that nothing needs, says of every opcode and of every
 * encoding what the package's own binary says.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { IcedEncoder } from '../../src/asm/iced-encoder.js';
import { CODE_COUNT } from '../../src/asm/instruction-table.js';
import { Disassembler } from '../../src/decode/disassemble.js';
import { Decoded, Iced } from '../../src/decode/iced.js';
import { icedModule } from './decoding.js';

const manifest = createRequire(import.meta.url).resolve('iced-x86/package.json');
const wholeModule = new WebAssembly.Module(readFileSync(join(dirname(manifest), 'iced_x86_bg.wasm')));

/** Of iced's instruction: all fields, with the first eight bytes that hold its own pointer's bookkeeping left out. */
const FIELDS = { from: 8, to: 48 };
const IMMEDIATES = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0];
/** A register, [disp32] or [disp16], and a base with displacement, for each /digit. */
const OPERANDS = [0xc1, 0x05, 0x46];

const MODRMS = OPERANDS.flatMap((operand) => Array.from({ length: 8 }, (_, digit) => operand | (digit << 3)));

function* legacy(bits: number): Generator<number[]> {
  const escapes = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
  const prefixes = [[], [0x66], [0xf2], [0xf3], ...(bits === 64 ? [[0x48], [0x66, 0x48]] : [])];
  for (const escape of escapes)
    for (const prefix of prefixes)
      for (let opcode = 0; opcode < 256; opcode++)
        for (const modrm of MODRMS) yield [...prefix, ...escape, opcode, modrm, ...IMMEDIATES];
  for (let suffix = 0; suffix < 256; suffix++) yield [0x0f, 0x0f, 0xc1, suffix];
}

/** VEX and XOP: the maps, W, L and the mandatory prefix. */
function* vex(escape: number, maps: readonly number[]): Generator<number[]> {
  for (const map of maps)
    for (let flags = 0; flags < 16; flags++)
      for (let opcode = 0; opcode < 256; opcode++)
        for (const modrm of MODRMS.filter((_, i) => i % 3 === flags % 3))
          yield [escape, 0xe0 | map, ((flags & 8) << 4) | 0x78 | (flags & 7), opcode, modrm, ...IMMEDIATES];
}

/** EVEX: the maps, W, L'L and the mandatory prefix; with and without broadcast or rounding, mask and zeroing. */
function* evex(): Generator<number[]> {
  for (const map of [1, 2, 3, 5, 6])
    for (let flags = 0; flags < 64; flags++)
      for (let opcode = 0; opcode < 256; opcode++) {
        const second = ((flags & 4) << 5) | 0x7c | (flags & 3);
        const third = ((flags & 0x18) << 2) | 0x08 | (flags & 0x20 ? 0x91 : 0);
        for (const modrm of [0xc1, 0x45])
          yield [0x62, 0xf0 | map, second, third, opcode, modrm, ...IMMEDIATES];
      }
}

function describe(iced: Iced, disassembler: Disassembler, bytes: Uint8Array, bits: 16 | 32 | 64): string {
  const { text, length } = disassembler.format(bytes, bits, 0x1000);
  const { wasm, instruction } = iced;
  iced.begin(bits === 16 ? 0 : bits === 32 ? 1 : 2, bytes, 0, bytes.length);
  if (iced.next() !== Decoded.Instruction) return `none, ${iced.length}`;
  const fields = iced.bytes.subarray(instruction + FIELDS.from, instruction + FIELDS.to);
  const facts = [
    wasm.instruction_mnemonic(instruction),
    wasm.instruction_memorySize(instruction),
    wasm.instruction_encoding(instruction),
    ...iced.cpuidFeatures(),
  ];
  return `${text}, ${length}: ${facts} ${fields}`;
}

it.each([16, 32, 64] as const)('every opcode of %i-bit code', (bits) => {
  const [trimmed, whole] = [icedModule, wholeModule].map((module) => {
    return { iced: Iced.of(module), disassembler: Disassembler.of(module) };
  });
  if (trimmed === undefined || whole === undefined) throw new Error('two modules');
  const encodings = [legacy(bits), vex(0xc4, [1, 2, 3]), vex(0x8f, [8, 9, 10]), evex()];
  const known = new Set<string>();
  for (const some of encodings)
    for (const encoding of some) {
      const bytes = Uint8Array.from(encoding);
      const ours = describe(trimmed.iced, trimmed.disassembler, bytes, bits);
      if (ours !== describe(whole.iced, whole.disassembler, bytes, bits)) expect.fail(`${encoding}: ${ours}`);
      known.add(ours.split(' ')[0] ?? '');
    }
  // Of iced's 1,894 mnemonics most can be met so.
  expect(known.size).toBeGreaterThan(1_400);
});

it('every encoding, as the assembler asks for it', () => {
  const [trimmed, whole] = [new IcedEncoder(icedModule), new IcedEncoder(wholeModule)];
  for (let code = 1; code < CODE_COUNT; code++) {
    expect(trimmed.mnemonicOf(code)).toBe(whole.mnemonicOf(code));
    expect(trimmed.nameOf(code)).toBe(whole.nameOf(code));
    expect(trimmed.facts(code)).toEqual(whole.facts(code));
  }
});
