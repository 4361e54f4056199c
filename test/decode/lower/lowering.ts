/** What one instruction is, as text and as micro-ops. */
import { bitsOf, disassembler, hex, lowerOne, type ModeName } from '../decoding.js';

/** The text says which instruction the bytes are, so that a row of a table can be read. */
export function loweringOf(mode: ModeName, bytes: string): { text: string; uops: string[] } {
  const { text } = disassembler.format(hex(bytes), bitsOf(mode), 0);
  return { text, uops: lowerOne(mode, bytes) };
}
