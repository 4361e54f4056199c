/**
 * Pushing and popping in every mode (APM vol 2 §4.5.3, vol 3, PUSH, POP).
 *
 * Flat stacks have micro-ops of their own. Elsewhere a push is: new stack pointer in T5, segment check, store, and
 * only then the stack pointer, so that a fault leaves it alone.
 */
import { Reg, Seg } from '../../../assembly/abi/register.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import type { LoweringContext } from './context.js';

/** Byte n of an access through the stack segment, unscaled. */
const STACK = Seg.Ss << 4;

/** A 32-bit stack with base 0 and limit 4 GiB. */
export function isFlatStack32({ mode }: LoweringContext): boolean {
  return !mode.is64Bit && mode.isFlat && mode.stackPointerWidth === Width.Dword;
}

/** Pushes the register `source`, which may be rSP. Uses T5 and Address2. */
export function push(context: LoweringContext, source: number, width: number): void {
  if (context.mode.is64Bit && width === Width.Qword) {
    context.emit(Uop.Push64, source);
  } else if (isFlatStack32(context) && width === Width.Dword) {
    context.emit(Uop.Push32, source);
  } else {
    pushChecked(context, source, addressBelowStack(context, width), width);
  }
}

/**
 * Faults as a push of that width would, without one. Uses T4, T5 and Address2.
 *
 * @returns The register with the address of the new top of the stack, for `pushChecked`.
 */
export function checkBelowStack(context: LoweringContext, width: number): number {
  const slot = addressBelowStack(context, width);
  context.emit(Uop.LoadRmw8 + width, Reg.T4, slot, Reg.Zero, STACK);
  return slot;
}

/** Pushes the register `source` to the address `slot`, whose offset is in T5. */
export function pushChecked(context: LoweringContext, source: number, slot: number, width: number): void {
  context.emit(Uop.Store8 + width, source, slot, Reg.Zero, STACK);
  context.move(context.mode.stackPointerWidth, Reg.Rsp, Reg.T5);
}

/** The register with the linear address of an operand of that width below the top of the stack; T5 has its offset. */
function addressBelowStack(context: LoweringContext, width: number): number {
  computeStackOffset(context, -(1 << width));
  return linearize(context, 1 << width, true);
}

/** Pops into `destination`, which may be rSP. Uses T4, T5 and Address2. */
export function pop(context: LoweringContext, destination: number, width: number): void {
  if (context.mode.is64Bit && width === Width.Qword) {
    context.emit(Uop.Pop64, destination);
  } else if (isFlatStack32(context) && width === Width.Dword) {
    context.emit(Uop.Pop32, destination);
  } else {
    loadStackTop(context, Reg.T4, width);
    setStackPointer(context, Reg.Rsp, 1 << width);
    context.move(width, destination, Reg.T4);
  }
}

/** `temporary` ← the top of the stack; the stack pointer stays. */
export function loadStackTop(context: LoweringContext, temporary: number, width: number): void {
  loadStack(context, temporary, Reg.Rsp, width);
}

/** `temporary` ← memory of the stack segment at the offset in `pointer`, truncated to the stack pointer's width. */
export function loadStack(context: LoweringContext, temporary: number, pointer: number, width: number): void {
  if (context.mode.is64Bit) {
    context.emit(Uop.Load8 + width, temporary, pointer, Reg.Zero, STACK);
  } else if (isFlatStack32(context)) {
    context.emit(Uop.LoadWrap8 + width, temporary, pointer, Reg.Zero, STACK);
  } else {
    computeStackOffset(context, 0, pointer);
    const address = linearize(context, 1 << width, false);
    context.emit(Uop.Load8 + width, temporary, address, Reg.Zero, STACK);
  }
}

/** Stack pointer ← `pointer` + `delta`, in the stack pointer's width. */
export function setStackPointer(context: LoweringContext, pointer: number, delta: number): void {
  if (context.mode.stackPointerWidth === Width.Word) {
    computeStackOffset(context, delta, pointer);
    context.move(Width.Word, Reg.Rsp, Reg.T5);
  } else {
    emitLea(context, Reg.Rsp, pointer, delta);
  }
}

/** T5 ← `pointer` + `delta`, truncated to the stack pointer's width. */
function computeStackOffset(context: LoweringContext, delta: number, pointer: number = Reg.Rsp): void {
  emitLea(context, Reg.T5, pointer, delta);
}

function emitLea(context: LoweringContext, target: number, pointer: number, delta: number): void {
  const lea = Uop.Lea16 + context.mode.stackPointerWidth - Width.Word;
  context.emit(lea, target, pointer, Reg.Zero, 0, delta);
}

/** The register with the linear address of the stack offset in T5. */
function linearize(context: LoweringContext, bytes: number, isWrite: boolean): number {
  if (context.mode.is64Bit || context.mode.isFlat) return Reg.T5;
  const check = isWrite ? Uop.SegmentWrite : Uop.SegmentRead;
  context.emit(check, Reg.Address2, Reg.T5, 0, Seg.Ss, bytes);
  return Reg.Address2;
}
