/** Random x87, MXCSR and vector state to start a snippet from. */
import { defaultExtendedState } from './extended-state.js';
import { FLAVOURS } from './float-values.js';
import type { Flavour } from './float-values.js';
import { Extended } from './layout.js';
import type { Random } from './random.js';
import type { ValuePool } from './value-pool.js';

const VECTOR_BYTES = 32;
const X87_SLOT = 16;
const X87_BYTES = 10;
const MMX_BYTES = 8;
const EXCEPTIONS = 0x3f;
const MXCSR_MASKS = 0x1f80;
const MXCSR_DEFAULT = 0x1f80;
const CONTROL_DEFAULT = 0x37f;
const ERROR_SUMMARY_AND_BUSY = 0x8080;

/** A vector register that a snippet uses as the indices of a gather. */
export interface VectorIndex {
  readonly register: number;
  readonly elementBytes: 4 | 8;
}

export interface ExtendedWish {
  /** What the elements are that the snippet's instructions work on. */
  readonly flavour: Flavour | undefined;
  readonly vectorRegisters: number;
  readonly indices: readonly VectorIndex[];
}

export function randomExtendedState(random: Random, pool: ValuePool, wish: ExtendedWish): Uint8Array {
  const state = defaultExtendedState();
  const view = new DataView(state.buffer);
  for (let i = 0; i < wish.vectorRegisters; i++) {
    const flavour = wish.flavour !== undefined && random.chance(0.75) ? wish.flavour : random.pick(FLAVOURS);
    pool.take(flavour, state, Extended.ymm + i * VECTOR_BYTES, VECTOR_BYTES);
  }
  pool.renew(random.chance(0.5) ? 'f80' : (wish.flavour ?? random.pick(FLAVOURS)));
  for (const { register, elementBytes } of wish.indices) writeIndices(random, view, register, elementBytes);
  view.setUint32(Extended.mxcsr, randomMxcsr(random), true);
  writeX87Registers(random, pool, state, view);
  writeX87Control(random, view);
  if (wish.vectorRegisters === 16) writeBases(random, view);
  return state;
}

/** Small, so that an address with an FS or GS prefix stays in the window. */
function writeBases(random: Random, view: DataView): void {
  for (const offset of [Extended.fsBase, Extended.gsBase]) {
    const base = random.chance(0.9) ? random.below(512) - 256 : random.u32() | 0;
    view.setBigInt64(offset, BigInt(base), true);
  }
}

/** Offsets from a base in the window's middle: mostly within it. */
function writeIndices(random: Random, view: DataView, register: number, elementBytes: 4 | 8): void {
  for (let i = 0; i < VECTOR_BYTES; i += elementBytes) {
    const at = Extended.ymm + register * VECTOR_BYTES + i;
    const index = random.chance(0.97) ? random.below(240) - 120 : random.u32() | 0;
    if (elementBytes === 4) view.setInt32(at, index, true);
    else view.setBigInt64(at, BigInt(index), true);
  }
}

/** Half the time the default; else any rounding, DAZ, FTZ, masks and flags, and sometimes the misaligned mask. */
export function randomMxcsr(random: Random): number {
  if (random.chance(0.4)) return MXCSR_DEFAULT | (random.u32() & EXCEPTIONS);
  const [daz, ftz, misaligned] = [0x40, 0x8000, 0x20000];
  const masks = random.chance(0.6) ? MXCSR_MASKS : random.u32() & MXCSR_MASKS;
  const rounding = random.below(4) << 13;
  const options =
    (random.chance(0.3) ? daz : 0) | (random.chance(0.3) ? ftz : 0) | (random.chance(0.1) ? misaligned : 0);
  return masks | rounding | options | (random.u32() & EXCEPTIONS);
}

/** What FCW can hold: bit 6 is set, bits 7 and 13 to 15 are clear. */
export function randomControl(random: Random): number {
  if (random.chance(0.4)) return CONTROL_DEFAULT;
  const masks = random.chance(0.7) ? EXCEPTIONS : random.u32() & EXCEPTIONS;
  const [precisionAndRounding, infinity] = [random.below(16) << 8, random.chance(0.2) ? 0x1000 : 0];
  return masks | 0x40 | precisionAndRounding | infinity;
}

function writeX87Registers(random: Random, pool: ValuePool, state: Uint8Array, view: DataView): void {
  for (let i = 0; i < 8; i++) {
    const at = Extended.x87 + i * X87_SLOT;
    if (random.chance(0.7)) pool.take('f80', state, at, X87_BYTES);
    else {
      // As MMX instructions leave it.
      pool.take(random.pick(FLAVOURS), state, at, MMX_BYTES);
      view.setUint16(at + 8, 0xffff, true);
    }
  }
}

function writeX87Control(random: Random, view: DataView): void {
  const control = randomControl(random);
  const [conditions, top] = [random.u32() & 0x4700, random.below(8) << 11];
  let status = conditions | top;
  if (random.chance(0.4)) status |= random.u32() & 0x7f;
  const unmasked = status & ~control & EXCEPTIONS;
  if (unmasked !== 0) status = random.chance(0.1) ? status | ERROR_SUMMARY_AND_BUSY : status & ~unmasked;
  view.setUint16(Extended.control, control, true);
  view.setUint16(Extended.status, status, true);
  view.setUint16(Extended.tags, random.chance(0.6) ? 0xff : random.u32() & 0xff, true);
  // When the operating system switches tasks, the pointers only stay while an exception is pending.
  if ((status & ERROR_SUMMARY_AND_BUSY) === 0) return;
  view.setUint16(Extended.opcode, random.u32() & 0x7ff, true);
  view.setUint32(Extended.instructionPointer, random.u32(), true);
  view.setUint32(Extended.dataPointer, random.u32(), true);
}
