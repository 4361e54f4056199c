/** Machines for tests of floating-point loops: numbers that they start with, and what is compared of them. */
import { Mxcsr } from '../../assembly/abi/processor-bits.js';
import type { Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';
import { fillWith } from '../silicon/float-values.js';
import type { Random } from '../silicon/random.js';

export const DATA = 0x20000;
export const DATA_BYTES = 0x1000;
export const RESULTS = 0x30000;
/** Registers from XMM0 on that programs use. */
export const XMM = 6;
export const PRECISION = 0x20;
const FTZ_DAZ = 0x8040;

/** Numbers as loops mostly meet them, or of all magnitudes that are taken for ordinary, with some of another kind among them. */
export function fill(random: Random, view: DataView, odd: number): void {
  const isDouble = random.chance(0.6);
  const step = isDouble ? 8 : 4;
  const exponents = random.pick([0, 0, 1, 1.05]) * (isDouble ? 124 : 30);
  for (let at = 0; at < view.byteLength; at += step) {
    const value = ((random.below(2000) - 1000) / 700) * 2 ** (random.below(2 * exponents + 1) - exponents);
    if (isDouble) view.setFloat64(at, value, true);
    else view.setFloat32(at, value, true);
    if (random.chance(odd)) fillWith(random, view, at, step, isDouble ? 'f64' : 'f32');
    else if (random.chance(odd)) view.setFloat64(at - (at % 8), 0, true);
  }
}

/** Mostly such that compiled code tries. */
export function someMxcsr(random: Random): number {
  if (random.chance(0.5)) return Mxcsr.Reset | PRECISION;
  if (random.chance(0.3)) return Mxcsr.Reset | PRECISION | FTZ_DAZ;
  if (random.chance(0.5)) return Mxcsr.Reset;
  return Mxcsr.Reset | random.below(0x40) | (random.below(4) << 13) | (random.chance(0.5) ? FTZ_DAZ : 0);
}

/** What software sees, and the memory that programs write to. */
export function look({ core }: Machine): string {
  return visibleState(core, {
    fields: ['mxcsr'],
    vectors: true,
    memory: [[RESULTS, RESULTS + DATA_BYTES + 64]],
  });
}
