/** Decoders for tests, and blocks as text. */
import { Mode } from '../../assembly/abi/processor-bits.js';
import { compileBinary } from '../../src/core/compiled-asset.js';
import { BlockDecoder } from '../../src/decode/block-decoder.js';
import { Disassembler } from '../../src/decode/disassemble.js';
import { printUops } from '../../src/decode/print-uops.js';

export const icedModule = await compileBinary('iced');
export const decoder = BlockDecoder.of(icedModule);
export const disassembler = Disassembler.of(icedModule);

/** The modes in which lowering differs. */
export const MODES = {
  /** 64-bit mode. */
  long: Mode.Code64 | Mode.Flat,
  /** 32-bit protected mode with flat segments. */
  flat: Mode.Code32 | Mode.Stack32 | Mode.Flat,
  /** 32-bit protected mode with segments that must be checked. */
  segmented: Mode.Code32 | Mode.Stack32,
  real: Mode.Code16 | Mode.RealOrV86,
  /** 16-bit code with a flat 32-bit stack: what a boot loader passes through. */
  flat16: Mode.Code16 | Mode.Stack32 | Mode.Flat,
} as const;
export type ModeName = keyof typeof MODES;

export function bitsOf(mode: ModeName): 16 | 32 | 64 {
  return ([16, 32, 64] as const)[MODES[mode] & Mode.CodeSize] ?? 64;
}

/** Bytes from hex digits; spaces are ignored. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.replaceAll(' ', '').match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

/** Decodes a whole block and returns its micro-ops as text. */
export function lower(mode: ModeName, digits: string, extraMode = 0): string[] {
  const bytes = hex(digits);
  const block = decoder.decode(bytes, 0, bytes.length, MODES[mode] | extraMode, 64);
  return printUops(block.uops, block.uopCount);
}

/** Micro-ops of one instruction, without offsets and without the continuation that ends its block. */
export function lowerOne(mode: ModeName, digits: string): string[] {
  return lower(mode, digits)
    .map((line) => line.replace(/^\d+: /, ''))
    .filter((line) => !line.startsWith('Next'));
}
