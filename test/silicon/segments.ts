/**
 * The segments of 16- and 32-bit snippets, as harness.c describes them in its local descriptor table: bases that are not
 * zero, limits within the window, an expand-down segment, and some that cannot be used in one way or another.
 *
 * GS is the C library's and not touched.
 */
import { SegAttr } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { CODE_ADDRESS, CODE_BYTES, WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';

export interface Segment {
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

/** The operating system marks all as accessed and available. */
const COMMON = SegAttr.S | SegAttr.Dpl | SegAttr.Accessed | SegAttr.Avl;
const PRESENT = COMMON | SegAttr.P;
const DATA = PRESENT | SegAttr.WritableOrReadable;
const CODE = { base: CODE_ADDRESS, limit: CODE_BYTES - 1 };
const PAGE = { base: WINDOW_ADDRESS, limit: 0xfff };

/** Entry n has selector 8n + 7. */
export const LOCAL_TABLE: readonly Segment[] = [
  { ...CODE, attributes: DATA | SegAttr.Code },
  { base: WINDOW_ADDRESS, limit: WINDOW_BYTES - 1, attributes: DATA },
  { base: WINDOW_ADDRESS + 0x800, limit: 0xfff, attributes: DATA },
  { base: WINDOW_ADDRESS + 0x1000, limit: 0xfff, attributes: DATA },
  { ...PAGE, attributes: DATA | SegAttr.ExpandDownOrConforming },
  { ...PAGE, attributes: COMMON | SegAttr.WritableOrReadable },
  { ...PAGE, attributes: PRESENT },
  { ...CODE, attributes: (DATA | SegAttr.Code | SegAttr.ExpandDownOrConforming) & ~SegAttr.P },
  { ...CODE, attributes: PRESENT | SegAttr.Code },
  { ...CODE, attributes: DATA | SegAttr.Code | SegAttr.Db },
];

/** The entries that 16-bit snippets start with. */
export const SEGMENTS_16: readonly (readonly [seg: Seg, entry: number])[] = [
  [Seg.Cs, 0],
  [Seg.Ds, 1],
  [Seg.Es, 2],
  [Seg.Ss, 3],
  [Seg.Fs, 4],
];

/** The operating system's flat user segments. */
const FLAT_CODE = 0x23;
const FLAT_DATA = 0x2b;
const FLAT_CODE_64 = 0x33;
const THREAD_LOCAL = 0x63;
/** Its limit is the number of the processor. */
const PROCESSOR_NUMBER = 0x7b;
/** Quadwords of a global table that has those, at their places, and nothing else that user code may touch. */
export const GLOBAL_TABLE = new Map([
  [FLAT_CODE >> 3, 0x00cf_fb00_0000_ffffn],
  [FLAT_DATA >> 3, 0x00cf_f300_0000_ffffn],
  [FLAT_CODE_64 >> 3, 0x00af_fb00_0000_ffffn],
  // What can be asked about the two below is known, only their base and limit are not.
  [THREAD_LOCAL >> 3, 0x00df_f300_0000_ffffn],
  [PROCESSOR_NUMBER >> 3, 0x0040_f500_0000_0000n],
]);
export const GLOBAL_LIMIT = 0x7f;
/** A segment of the operating system that differs from process to process. */
export function isUnknowable(selector: number): boolean {
  return selector >= (THREAD_LOCAL & ~3) && selector <= PROCESSOR_NUMBER;
}

/** A segment as its descriptor (APM vol 2 §4.7). */
export function descriptorOf({ base, limit, attributes }: Segment): bigint {
  const low = BigInt(limit & 0xffff) | (BigInt(base & 0xff_ffff) << 16n) | (BigInt(attributes & 0xff) << 40n);
  const high = BigInt((limit >> 16) & 0xf) | (BigInt(attributes >> 8) << 4n) | (BigInt(base >>> 24) << 8n);
  return low | (high << 48n);
}

/** Selectors for snippets to load: all of the above with any RPL, null ones, and some beyond the tables. */
export const SELECTORS: readonly number[] = [
  ...LOCAL_TABLE.flatMap((_, entry) => [8 * entry + 7, 8 * entry + 7, 8 * entry + 7, 8 * entry + 4]),
  ...[0, 3, FLAT_CODE, FLAT_DATA, FLAT_DATA, FLAT_DATA & ~3],
  ...[8 * LOCAL_TABLE.length + 7, GLOBAL_LIMIT + 4],
];
