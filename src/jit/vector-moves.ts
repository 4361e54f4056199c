/**
 * Loads and stores of vectors, and moves from and to general registers. Accesses that the TLB does not know, that cross a
 * page or are not aligned as they must be are the interpreter's.
 */
import { Uop } from '../../assembly/abi/uop.js';
import { VectorAlignment, VectorForm } from '../../assembly/abi/vector-register.js';
import { Width } from '../../assembly/abi/width.js';
import { TlbField } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { interpret } from './interpreted.js';
import { Local } from './locals.js';
import { hit, host, linearAddress, locate } from './memory-access.js';
import type { UopFields } from './region.js';
import { Simd } from './simd-opcodes.js';
import { Half } from './vector-registers.js';
import { formOf } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

const XMM_WIDTH = 4;
const YMM_WIDTH = 5;
const HALF_BYTES = 16;
const ALIGNMENTS = VectorAlignment.Always | VectorAlignment.UnlessMisalignedMode;

const STORES = [Simd.Store8Lane, Simd.Store16Lane, Simd.Store32Lane, Simd.Store64Lane] as const;

/** a ← memory; the rest of the register becomes zero. */
export function loadVector(emitter: Emitter, uop: UopFields): void {
  const width = uop.code - Uop.LoadVector8;
  const { vectors } = emitter;
  access(emitter, uop, width, TlbField.ReadTag, () => {
    loadLow(emitter, width);
    vectors.set(uop.a);
    if (width !== YMM_WIDTH) return vectors.clearHigh(uop.a);
    if (!vectors.has(uop.a, Half.High)) return;
    emitter.code.get(Local.Host);
    emitter.code.simdMemory(Simd.Load, HALF_BYTES);
    vectors.set(uop.a, Half.High);
  });
}

/** memory ← low part of a */
export function storeVector(emitter: Emitter, uop: UopFields): void {
  const width = uop.code - Uop.StoreVector8;
  const { code, vectors } = emitter;
  access(emitter, uop, width, TlbField.WriteTag, () => {
    code.get(Local.Host);
    vectors.push(uop.a);
    if (width < XMM_WIDTH) return code.simdMemory(STORES[width]!, 0, 0);
    code.simdMemory(Simd.Store, 0);
    if (width !== YMM_WIDTH) return;
    code.get(Local.Host);
    vectors.push(uop.a, Half.High);
    code.simdMemory(Simd.Store, HALF_BYTES);
  });
}

/** Emits an access of `1 << width` bytes at the address that the micro-op names, with its Wasm address in `Local.Host`. */
function access(emitter: Emitter, uop: UopFields, width: number, tag: TlbField, direct: () => void): void {
  const { code } = emitter;
  const mustAlign = mustBeAligned(uop);
  const alignment = alignmentOf(width);
  linearAddress(emitter, uop, false);
  if (emitter.leaves) {
    const isAlignedAhead = (emitter.steady?.get(uop.address)?.alignment ?? 0) > 0;
    if (mustAlign && !isAlignedAhead) leaveUnlessAligned(emitter, alignment);
    locate(emitter, width, tag, uop.n >> 4);
    code.set(Local.Host);
    return direct();
  }
  hit(emitter, width, tag);
  if (mustAlign) {
    isAligned(emitter, alignment);
    code.op(Op.I32And);
  }
  emitter.open(Op.If);
  host(emitter);
  code.set(Local.Host);
  direct();
  emitter.else();
  interpret(emitter, uop);
  emitter.close();
}

/** Whether the access faults otherwise, or may. */
export function mustBeAligned({ n }: UopFields): boolean {
  return (n & ALIGNMENTS) !== 0;
}

/** log2 of what its address must be a multiple of, for an access of `1 << width` bytes: half a vector is as a whole one. */
export function alignmentOf(width: number): number {
  return Math.max(width, XMM_WIDTH);
}

function leaveUnlessAligned(emitter: Emitter, width: number): void {
  isAligned(emitter, width);
  emitter.code.op(Op.I32Eqz);
  emitter.open(Op.If);
  emitter.exitToInterpreter();
  emitter.close();
}

/** Pushes whether `Local.Linear` is a multiple of `1 << width` (i32). */
function isAligned({ code }: Emitter, width: number): void {
  code.get(Local.Linear);
  code.op(Op.I32WrapI64);
  code.i32((1 << width) - 1);
  code.op(Op.I32And);
  code.op(Op.I32Eqz);
}

/** Pushes the low half of what is loaded. */
function loadLow(emitter: Emitter, width: number): void {
  const { code } = emitter;
  if (width < Width.Dword) code.splat64(0, 0);
  code.get(Local.Host);
  switch (width) {
    case Width.Byte:
    case Width.Word:
      code.memory(width === Width.Byte ? Op.I64Load8U : Op.I64Load16U, 0);
      return code.simdLane(Simd.I64x2Replace, 0);
    case Width.Dword:
      return code.simdMemory(Simd.Load32Zero, 0);
    case Width.Qword:
      return code.simdMemory(Simd.Load64Zero, 0);
    default:
      return code.simdMemory(Simd.Load, 0);
  }
}

/** vector a ← zero-extended general register b */
export function moveToVector(emitter: Emitter, uop: UopFields): void {
  const { code, vectors } = emitter;
  code.splat64(0, 0);
  emitter.wide(uop.b);
  if (uop.code === Uop.MovToVector32) emitter.truncateToDword();
  code.simdLane(Simd.I64x2Replace, 0);
  vectors.set(uop.a);
  if (formOf(uop) !== VectorForm.Legacy) vectors.clearHigh(uop.a);
}

/** general register a ← low bits of vector b */
export function moveFromVector(emitter: Emitter, uop: UopFields): void {
  const { code, vectors } = emitter;
  vectors.push(uop.b);
  if (uop.code === Uop.MovFromVector32) {
    code.simdLane(Simd.I32x4Extract, 0);
    code.op(Op.I64ExtendI32U);
    return emitter.assign(uop.a, Width.Dword);
  }
  code.simdLane(Simd.I64x2Extract, 0);
  emitter.assign(uop.a, Width.Qword);
}
