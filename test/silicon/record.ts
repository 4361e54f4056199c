/** What a snippet is, what running one shows, and both as structures of a batch. */
import {
  Batch,
  CODE_ADDRESS,
  CODE_START,
  Extended,
  MAX_CODE,
  MAX_CHANGES,
  MAX_PATCHES,
  OPTION_EXTENDED,
  PATCH_BYTES,
  Rec,
  REGISTERS,
  Res,
} from './layout.js';

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
  /** x87 state, MXCSR and vector registers, laid out as `Extended` says; without, nothing is known of them. */
  readonly extended?: Uint8Array;
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
  /** As in the snippet, if that had one. */
  readonly extended?: Uint8Array;
}

export function codeOf(snippet: Snippet): Uint8Array {
  return Uint8Array.from(snippet.instructions.flatMap((bytes) => [...bytes]));
}

export function encodeRecords(snippets: readonly Snippet[]): Batch {
  const batch = Batch.of(Rec.bytes, snippets.length);
  snippets.forEach((snippet, i) => encodeRecord(batch, i, snippet));
  return batch;
}

export function encodeRecord(batch: Batch, i: number, snippet: Snippet): void {
  const at = batch.at(i);
  let codeBytes = 0;
  for (const bytes of snippet.instructions) {
    if (codeBytes + bytes.length > MAX_CODE) throw new Error('the snippet is too long');
    batch.bytes.set(bytes, at + Rec.code + codeBytes);
    codeBytes += bytes.length;
  }
  if (snippet.patches.length > MAX_PATCHES) throw new Error('the snippet has too many patches');
  const word = at >> 2;
  batch.words[word + (Rec.codeBytes >> 2)] = codeBytes;
  batch.words[word + (Rec.windowSeed >> 2)] = snippet.windowSeed;
  batch.words[word + (Rec.patchCount >> 2)] = snippet.patches.length;
  batch.words[word + (Rec.flags >> 2)] = snippet.flags;
  batch.words[word + (Rec.options >> 2)] = snippet.extended === undefined ? 0 : OPTION_EXTENDED;
  batch.quads.set(snippet.registers, (at + Rec.registers) >> 3);
  if (snippet.extended !== undefined) batch.bytes.set(snippet.extended, at + Rec.extended);
  let patch = at + Rec.patches;
  for (const { index, value } of snippet.patches) {
    batch.words[patch >> 2] = index;
    batch.quads[(patch >> 3) + 1] = value;
    patch += PATCH_BYTES;
  }
}

/** @param isExtended Whether the snippet had extended state. */
export function decodeResult(batch: Batch, i: number, isExtended: boolean): Outcome {
  const at = batch.at(i);
  const wordAt = (offset: number) => batch.words[(at + offset) >> 2] ?? 0;
  const quadAt = (offset: number) => batch.quads[(at + offset) >> 3] ?? 0n;
  const selectorsAt = (offset: number) =>
    Array.from({ length: 6 }, (_, n) => batch.halves[((at + offset) >> 1) + n] ?? 0);
  const changedCount = wordAt(Res.changedCount);
  const outcome: Outcome = {
    registers: Array.from({ length: REGISTERS }, (_, n) => quadAt(Res.registers + n * 8)),
    rip: quadAt(Res.rip),
    faultAddress: quadAt(Res.faultAddress),
    flags: wordAt(Res.flags),
    vector: wordAt(Res.vector),
    errorCode: wordAt(Res.errorCode),
    selectors: selectorsAt(Res.selectors),
    lastSelectors: selectorsAt(Res.lastSelectors),
    changedCount,
    changed: Array.from({ length: Math.min(changedCount, MAX_CHANGES) }, (_, n) => ({
      index: wordAt(Res.changed + n * PATCH_BYTES),
      value: quadAt(Res.changed + n * PATCH_BYTES + 8),
    })),
  };
  if (!isExtended) return outcome;
  const start = at + Res.extended;
  return { ...outcome, extended: batch.bytes.slice(start, start + Extended.bytes) };
}
