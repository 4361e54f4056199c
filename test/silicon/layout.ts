/**
 * The byte layouts in which snippets and what they did are exchanged with the native harness (harness.h has the same as
 * C structures), and batches of both. vmexit's results have the same layout, so that comparing is comparing bytes.
 */

/** The data window, the code page and where in it a snippet starts. */
export const WINDOW_ADDRESS = 0x1000_0000;
export const WINDOW_BYTES = 8192;
export const CODE_ADDRESS = 0x2000_0000;
export const CODE_BYTES = 4096;
export const CODE_START = CODE_ADDRESS + 0x400;
export const INT3 = 0xcc;

export const REGISTERS = 16;
export const MAX_CODE = 128;
/** Words of the window that a record can set. */
export const MAX_PATCHES = 64;
/** Words of the window that a result can list: an XSAVE area with AVX state, and some. */
export const MAX_CHANGES = 112;
export const PATCH_BYTES = 16;

/** Offsets in `struct extended_state`. */
export const Extended = {
  ymm: 0,
  x87: 512,
  control: 640,
  status: 642,
  tags: 644,
  opcode: 646,
  instructionPointer: 648,
  dataPointer: 656,
  mxcsr: 664,
  fsBase: 672,
  gsBase: 680,
  bytes: 688,
} as const;

/** Bit of a record's options: the snippet starts from the record's extended state and reports the one it leaves. */
export const OPTION_EXTENDED = 1;

/** Offsets in `struct record`. */
export const Rec = {
  codeBytes: 0,
  windowSeed: 4,
  patchCount: 8,
  flags: 12,
  options: 16,
  registers: 24,
  code: 152,
  extended: 280,
  patches: 968,
  bytes: 1992,
} as const;

/** Offsets in `struct result`. */
export const Res = {
  registers: 0,
  rip: 128,
  faultAddress: 136,
  flags: 144,
  vector: 148,
  errorCode: 152,
  stop: 156,
  lastSelectors: 160,
  selectors: 176,
  changedCount: 192,
  isDone: 196,
  extended: 200,
  changed: 888,
  bytes: 2680,
} as const;

/** Equally long structures, one behind the other, and views of them all. */
export class Batch {
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  readonly quads: BigUint64Array;

  constructor(
    readonly bytes: Uint8Array,
    readonly size: number,
  ) {
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
    this.quads = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3);
  }

  static of(size: number, count: number): Batch {
    return new Batch(new Uint8Array(size * count), size);
  }

  get count(): number {
    return this.bytes.length / this.size;
  }

  /** Offset of structure number `i`. */
  at(i: number): number {
    return i * this.size;
  }
}

/** Windows that are remembered by their seed: a generator draws seeds from as many. */
export const KEPT_WINDOWS = 256;
const kept = Array.from({ length: KEPT_WINDOWS }, () => ({ seed: -1, words: new Uint32Array(0) }));

/** The window's contents for a seed. Not to be written to. */
export function windowOf(seed: number): Uint32Array {
  const slot = kept[seed % KEPT_WINDOWS];
  if (slot === undefined || slot.seed === seed) return slot?.words ?? new Uint32Array(0);
  if (slot.words.length === 0) slot.words = new Uint32Array(WINDOW_BYTES / 4);
  slot.seed = seed;
  fillWindow(slot.words, seed);
  return slot.words;
}

/** Random words, one in four of them an edge value. */
function fillWindow(words: Uint32Array, seed: number): void {
  const edges = [0, 1, 0x7f, 0x80, 0x7fffffff, 0x80000000, 0xffff, 0xffffffff];
  let x = seed | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = (x & 3) === 0 ? (edges[(x >>> 2) & 7] ?? 0) : x;
  }
}
