/**
 * Every opcode of the two-byte, three-byte and VEX maps behind every mandatory prefix, whether it is defined or not: what
 * iced's tables take for valid and what this processor does are not always the same.
 */
import { Code } from 'iced-x86';
import type { Case } from './compare.js';
import { SnippetGenerator } from './generate.js';
import { WINDOW_ADDRESS } from './layout.js';

/** 0F 38 and 0F 3A; of the VEX maps the numbers. */
const ESCAPE_38 = 0x38;
const ESCAPE_3A = 0x3a;
enum Map {
  M0F = 1,
  M0F38 = 2,
  M0F3A = 3,
}

const PREFIXES = [
  [],
  [0x66],
  [0xf2],
  [0xf3],
  // Of several prefixes one counts.
  [0x66, 0xf2],
  [0x66, 0xf3],
  [0xf2, 0xf3],
];
const IMMEDIATE = 0x05;
/** Register 1 to or from register 0. */
const REGISTER_OPERANDS = 0xc1;

/** Not here, by reason. */
const EXCLUDED: Readonly<Record<Map, ReadonlySet<number>>> = {
  [Map.M0F]: new Set([
    // Answered by the operating system, or by what it has set up: descriptors, groups 6 and 7, system calls, time, CPUID.
    ...[0x00, 0x01, 0x02, 0x03, 0x05, 0x31, 0x33, 0x34, 0x35, 0xa2],
    // FS, GS and SS.
    ...[0xa1, 0xa9, 0xb2, 0xb4, 0xb5],
    // Branches, to anywhere.
    ...Array.from({ length: 16 }, (_, i) => 0x80 + i),
    // Groups with random numbers and state components of their own; UD2.
    ...[0xae, 0xc7, 0x0b],
  ]),
  // INVPCID, GF2P8MULB, and what moves data to memory in ways of its own: no model has them.
  [Map.M0F38]: new Set([0x82, 0xcf, 0xf5, 0xf6, 0xf8]),
  // GF2P8AFFINEQB, GF2P8AFFINEINVQB.
  [Map.M0F3A]: new Set([0xce, 0xcf]),
};

/** AVX-512's operations on masks are VEX-encoded: KAND to KUNPCK, KMOV, KORTEST, KTEST and, in map 0F3A, KSHIFT. */
function isMaskOperation(map: Map, opcode: number): boolean {
  if (map === Map.M0F3A) return opcode >= 0x30 && opcode <= 0x33;
  return map === Map.M0F && ((opcode >= 0x41 && opcode <= 0x4b) || (opcode >= 0x90 && opcode <= 0x99));
}

function* opcodes(map: Map): Generator<number> {
  for (let opcode = 0; opcode < 256; opcode++) if (!EXCLUDED[map].has(opcode)) yield opcode;
}

/** ModR/M bytes, with what belongs to them: registers, and an absolute address. */
function operands(bits: 32 | 64): number[][] {
  const address = new Uint8Array(new Uint32Array([WINDOW_ADDRESS + 0x140]).buffer);
  const memory = bits === 64 ? [0x04, 0x25, ...address] : [0x05, ...address];
  return [[REGISTER_OPERANDS], memory];
}

function* legacy(bits: 32 | 64): Generator<number[]> {
  for (const prefixes of PREFIXES) {
    for (const operand of operands(bits)) {
      const tail = [...operand, IMMEDIATE];
      for (const opcode of opcodes(Map.M0F)) {
        if (opcode !== ESCAPE_38 && opcode !== ESCAPE_3A) yield [...prefixes, 0x0f, opcode, ...tail];
      }
      for (const opcode of opcodes(Map.M0F38)) yield [...prefixes, 0x0f, ESCAPE_38, opcode, ...tail];
      for (const opcode of opcodes(Map.M0F3A)) yield [...prefixes, 0x0f, ESCAPE_3A, opcode, ...tail];
    }
  }
}

/** W, vvvv (1111 inverted names no register), L and pp: the last byte of a VEX prefix. */
function* vexBytes(): Generator<number> {
  for (const w of [0, 0x80]) {
    for (const register of [0x78, 0x60]) {
      for (let lengthAndPrefix = 0; lengthAndPrefix < 8; lengthAndPrefix++)
        yield w | register | lengthAndPrefix;
    }
  }
}

function* vex(bits: 32 | 64): Generator<number[]> {
  const noRegisterExtended = 0xe0;
  for (const map of [Map.M0F, Map.M0F38, Map.M0F3A]) {
    for (const last of vexBytes()) {
      for (const opcode of opcodes(map)) {
        if (isMaskOperation(map, opcode)) continue;
        for (const operand of operands(bits))
          yield [0xc4, noRegisterExtended | map, last, opcode, ...operand, IMMEDIATE];
      }
    }
  }
}

/** The instructions, one a case, with random inputs. */
export function* opcodeCases(bits: 32 | 64, seed: number): Generator<Case> {
  // Any instruction that needs the extended state: its inputs are what is wanted.
  const generator = new SnippetGenerator(bits, seed, { families: ['extended'], only: /^Addps/ });
  for (const instructions of [legacy(bits), vex(bits)]) {
    for (const bytes of instructions) {
      const { snippet } = generator.nextCase();
      yield { snippet: { ...snippet, instructions: [Uint8Array.from(bytes)] }, codes: [Code.INVALID] };
    }
  }
}
