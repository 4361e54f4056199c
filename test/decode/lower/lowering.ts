/** What one instruction is, as text and as micro-ops. */
import { BlockDecoder } from '../../../src/decode/block-decoder.js';
import { ALL_FEATURES, type Feature, type Features } from '../../../src/decode/features.js';
import { printUops } from '../../../src/decode/print-uops.js';
import { bitsOf, disassembler, hex, icedModule, lowerOne, MODES, type ModeName } from '../decoding.js';

/** The text says which instruction the bytes are, so that a row of a table can be read. */
export function loweringOf(mode: ModeName, bytes: string): { text: string; uops: string[] } {
  const { text } = disassembler.format(hex(bytes), bitsOf(mode), 0);
  return { text, uops: lowerOne(mode, bytes) };
}

/** The first micro-op of an instruction in 64-bit mode, on a processor with these features. */
export function firstUopWith(features: Features, digits: string, extraMode = 0): string {
  const bytes = hex(digits);
  const decoder = BlockDecoder.of(icedModule, features);
  const block = decoder.decode(bytes, 0, bytes.length, MODES.long | extraMode, 1);
  return printUops(block.uops, block.uopCount)[0] ?? '';
}

export function allBut(feature: Feature): Features {
  return new Set([...ALL_FEATURES].filter((one) => one !== feature));
}
