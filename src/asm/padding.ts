/** What fills the gap that ALIGN leaves: NOPs, and with `%use smartalign` as few and as long ones as a processor likes. */
import type { CodeBits } from './code-bits.js';

export type PaddingMode = 'nop' | 'generic' | 'k7' | 'k8' | 'p6';

export interface Padding {
  readonly mode: PaddingMode;
  /** A gap of more bytes is jumped over. */
  readonly threshold: number;
}

const NOP = 0x90;
const JMP_SHORT = 0xeb;
const JMP_NEAR = 0xe9;

/** Hexadecimal bytes of fillings of 1, 2, 3… bytes; the last is repeated for longer gaps. */
const LEA_16 = [
  '90',
  '89f6',
  '8d7400',
  '8db40000',
  '8db4000090',
  '8db4000089ff',
  '8db400008d7d00',
  '8db400008dbd0000',
];
// prettier-ignore
const LEA_32 = ['90', '89f6', '8d7600', '8d742600', '908d742600', '8db600000000', '8db42600000000'];
// prettier-ignore
const LEA_K7 = ['90', '8bc0', '8d0420', '8d442000', '8d44200090', '8d8000000000', '8d040500000000'];
// prettier-ignore
const PREFIXED = ['90', '6690', '666690', '66666690', '6666669090', '666666906690', '66666690666690', '6666669066666690'];
const K7_16 = [...PREFIXED.slice(0, 4), ...LEA_16.slice(4)];
const LONG_NOP_16 = ['90', '6690', '0f1f00', '0f1f4000'];
// prettier-ignore
const LONG_NOP = [...LONG_NOP_16, '0f1f440000', '660f1f440000', '0f1f8000000000', '0f1f840000000000'];

/** As NASM 2.16 fills, by mode and code size. */
const FILLINGS: Readonly<Record<PaddingMode, Readonly<Record<CodeBits, readonly string[]>>>> = {
  nop: { 16: ['90'], 32: ['90'], 64: ['90'] },
  generic: { 16: LEA_16, 32: LEA_32, 64: PREFIXED },
  k7: { 16: K7_16, 32: LEA_K7, 64: PREFIXED },
  k8: { 16: PREFIXED, 32: PREFIXED, 64: PREFIXED },
  p6: { 16: LONG_NOP_16, 32: LONG_NOP, 64: LONG_NOP },
};

/** The threshold of a mode that is chosen without one. */
export function usualThreshold(mode: PaddingMode): number {
  return mode === 'generic' ? 8 : 16;
}

export function isPaddingMode(name: string): name is PaddingMode {
  return Object.hasOwn(FILLINGS, name);
}

export const PADDING_MODES: readonly string[] = Object.keys(FILLINGS);

/** `length` bytes that do nothing. */
export function fillGap(length: number, bits: CodeBits, padding: Padding | undefined): Uint8Array {
  const out = new Uint8Array(length).fill(NOP);
  if (padding === undefined || length === 0) return out;
  if (length > padding.threshold) return jumpOver(out, bits);
  const fillings = FILLINGS[padding.mode][bits];
  for (let at = 0; at < length;) {
    const size = Math.min(length - at, fillings.length);
    out.set(bytesOf(fillings[size - 1]!), at);
    at += size;
  }
  return out;
}

/** Puts a jump to the end at the beginning. */
function jumpOver(out: Uint8Array, bits: CodeBits): Uint8Array {
  const short = out.length - 2;
  if (short <= 0x7f) {
    out.set([JMP_SHORT, short]);
    return out;
  }
  const width = bits === 16 ? 2 : 4;
  const distance = out.length - 1 - width;
  out[0] = JMP_NEAR;
  for (let i = 0; i < width; i++) out[1 + i] = (distance >>> (8 * i)) & 0xff;
  return out;
}

function bytesOf(hex: string): number[] {
  return hex.match(/../g)!.map((digits) => Number.parseInt(digits, 16));
}
