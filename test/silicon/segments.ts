/**
 * The segments of 16-bit snippets, as harness.c describes them in its local descriptor table: bases that are not zero,
 * limits within the window, a stack with a 16-bit pointer, and an expand-down segment.
 */
import { SegAttr } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { CODE_ADDRESS, CODE_BYTES, WINDOW_ADDRESS, WINDOW_BYTES } from './record.js';

export interface Segment16 {
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

const DATA = SegAttr.P | SegAttr.S | SegAttr.Dpl | SegAttr.Accessed | SegAttr.WritableOrReadable;

/** GS is the C library's and not used. */
export const SEGMENTS_16: readonly (readonly [seg: Seg, segment: Segment16])[] = [
  [Seg.Cs, { base: CODE_ADDRESS, limit: CODE_BYTES - 1, attributes: DATA | SegAttr.Code }],
  [Seg.Ds, { base: WINDOW_ADDRESS, limit: WINDOW_BYTES - 1, attributes: DATA }],
  [Seg.Es, { base: WINDOW_ADDRESS + 0x800, limit: 0xfff, attributes: DATA }],
  [Seg.Ss, { base: WINDOW_ADDRESS + 0x1000, limit: 0xfff, attributes: DATA }],
  [Seg.Fs, { base: WINDOW_ADDRESS, limit: 0xfff, attributes: DATA | SegAttr.ExpandDownOrConforming }],
];
