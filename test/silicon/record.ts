/**
 * What a snippet is, what running one shows, and the byte layouts in which the native harness exchanges both
 * (harness.c has the same layouts as C structures).
 */

/** The data window, the code page and where in it a snippet starts: the same in harness.c. */
export const WINDOW_ADDRESS = 0x1000_0000;
export const WINDOW_BYTES = 8192;
export const CODE_ADDRESS = 0x2000_0000;
export const CODE_BYTES = 4096;
export const CODE_START = CODE_ADDRESS + 0x400;
export const INT3 = 0xcc;

const REGISTERS = 16;
const MAX_CODE = 128;
/** Words of the window that a record can set and that a result can list. */
export const MAX_PATCHES = 64;
const PATCH_BYTES = 16;
const HEAD_BYTES = 16;
const RECORD_BYTES = HEAD_BYTES + REGISTERS * 8 + MAX_CODE + MAX_PATCHES * PATCH_BYTES;
const RESULT_FIXED_BYTES = REGISTERS * 8 + 72;
export const RESULT_BYTES = RESULT_FIXED_BYTES + MAX_PATCHES * PATCH_BYTES;

/** Code size. 16-bit code runs in protected mode, in segments of its own (segments.ts). */
export type Bits = 16 | 32 | 64;

/** What RIP is at the first instruction. */
export function startOf(bits: Bits): number {
  return bits === 16 ? CODE_START - CODE_ADDRESS : CODE_START;
}

/** One 64-bit word of the window. */
export interface Word {
  readonly index: number;
  readonly value: bigint;
}

/** Machine code and everything that it starts from. */
export interface Snippet {
  readonly bits: Bits;
  /** One entry per instruction. */
  readonly instructions: readonly Uint8Array[];
  /** rAX rCX rDX rBX rSP rBP rSI rDI r8 to r15; the last eight are unused below 64 bits. */
  readonly registers: readonly bigint[];
  readonly flags: number;
  readonly windowSeed: number;
  readonly patches: readonly Word[];
}

/** How a snippet ended. */
export interface Outcome {
  readonly registers: readonly bigint[];
  /** Of the culprit for faults, of the next instruction for traps; of the INT3 itself for #BP. */
  readonly rip: bigint;
  readonly flags: number;
  readonly vector: number;
  readonly errorCode: number;
  /** CR2, for #PF only. */
  readonly faultAddress: bigint;
  /** ES CS SS DS FS GS at the start, and at the end. */
  readonly selectors: readonly number[];
  readonly lastSelectors: readonly number[];
  /** Words of the window that changed, and their count (which may exceed the list). */
  readonly changed: readonly Word[];
  readonly changedCount: number;
}

export function codeOf(snippet: Snippet): Uint8Array {
  return Uint8Array.from(snippet.instructions.flatMap((bytes) => [...bytes]));
}

/** The window's contents for a seed: random words, one in four of them an edge value. */
export function fillWindow(words: Uint32Array, seed: number): void {
  const edges = [0, 1, 0x7f, 0x80, 0x7fffffff, 0x80000000, 0xffff, 0xffffffff];
  let x = seed | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = (x & 3) === 0 ? (edges[(x >>> 2) & 7] ?? 0) : x;
  }
}

export function encodeRecords(snippets: readonly Snippet[]): Uint8Array {
  const bytes = new Uint8Array(snippets.length * RECORD_BYTES);
  snippets.forEach((snippet, i) => {
    encodeRecord(snippet, new DataView(bytes.buffer, i * RECORD_BYTES, RECORD_BYTES));
  });
  return bytes;
}

function encodeRecord(snippet: Snippet, view: DataView): void {
  const code = codeOf(snippet);
  if (code.length > MAX_CODE || snippet.patches.length > MAX_PATCHES)
    throw new Error('the snippet is too long');
  [code.length, snippet.windowSeed, snippet.patches.length, snippet.flags].forEach((value, i) =>
    view.setUint32(i * 4, value, true),
  );
  snippet.registers.forEach((value, i) => view.setBigUint64(HEAD_BYTES + i * 8, value, true));
  const codeOffset = HEAD_BYTES + REGISTERS * 8;
  code.forEach((byte, i) => view.setUint8(codeOffset + i, byte));
  snippet.patches.forEach((word, i) => {
    view.setUint32(codeOffset + MAX_CODE + i * PATCH_BYTES, word.index, true);
    view.setBigUint64(codeOffset + MAX_CODE + i * PATCH_BYTES + 8, word.value, true);
  });
}

const VECTOR_BP = 3;
const VECTOR_PF = 14;

export function decodeResult(view: DataView): Outcome {
  const registers = Array.from({ length: REGISTERS }, (_, i) => view.getBigUint64(i * 8, true));
  const at = REGISTERS * 8;
  const vector = view.getUint32(at + 20, true);
  const selectorsAt = (offset: number) =>
    Array.from({ length: 6 }, (_, i) => view.getUint16(offset + i * 2, true));
  const changedCount = view.getUint32(at + 64, true);
  const listed = Math.min(changedCount, MAX_PATCHES);
  return {
    registers,
    rip: view.getBigUint64(at, true) - (vector === VECTOR_BP ? 1n : 0n),
    faultAddress: vector === VECTOR_PF ? view.getBigUint64(at + 8, true) : 0n,
    flags: view.getUint32(at + 16, true),
    vector,
    errorCode: view.getUint32(at + 24, true),
    selectors: selectorsAt(at + 32),
    lastSelectors: selectorsAt(at + 48),
    changedCount,
    changed: Array.from({ length: listed }, (_, i) => ({
      index: view.getUint32(RESULT_FIXED_BYTES + i * PATCH_BYTES, true),
      value: view.getBigUint64(RESULT_FIXED_BYTES + i * PATCH_BYTES + 8, true),
    })),
  };
}
