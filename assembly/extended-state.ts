/**
 * Extended processor state between the registers and an image of it in memory: the legacy region that FXSAVE writes and the
 * upper halves of the YMM registers (APM vol 2 §11.4.4, §11.5.5). What is reserved, and what is not saved, is as on Zen 4.
 */
import { Mxcsr, Xcr0 } from './abi/processor-bits';
import { cpu, CpuState, is64Bit } from './state';
import { vectorAddress } from './vector-file';
import {
  clearX87,
  isX87ExceptionPending,
  setX87ControlWord,
  setX87StatusWord,
  SIGN_EXPONENT,
  stackX87,
  x87StatusWord,
  X87_INITIAL_CONTROL,
  X87_REGISTERS_ADDRESS,
} from './x87-state';

/** The legacy region: offsets. */
export enum Legacy {
  Control = 0,
  Status = 2,
  Tags = 4,
  Opcode = 6,
  InstructionPointer = 8,
  InstructionSelector = 12,
  DataPointer = 16,
  DataSelector = 20,
  Mxcsr = 24,
  MxcsrMask = 28,
  X87 = 32,
  Xmm = 160,
  Bytes = 512,
}

/** Bytes of an x87 or XMM register's slot, and log2 of them. */
export const SLOT_BYTES: u32 = 16;
const SLOT_SHIFT: u32 = 4;
/** The opcode has 11 bits. */
const OPCODE_MASK: u32 = 0x7ff;
/** Pointers are sign-extended from bit 56. */
const POINTER_UNUSED_BITS: i64 = 7;

/** The part of the operand that the running instruction reads or writes; dead after it. */
const IMAGE = <u32>memory.data(1024, 64);

/** Address of byte `offset` of the image. */
export function image(offset: u32): u32 {
  return IMAGE + offset;
}

/** XMM and YMM registers that an instruction saves and restores: eight outside of 64-bit mode. */
export function vectorCount(): u32 {
  return is64Bit() ? 16 : 8;
}

/**
 * Image ← the x87 state. The last instruction, data pointer and opcode are zero unless an exception is pending.
 *
 * @param isWide The pointers have 64 bits and no selectors.
 */
export function saveX87(isWide: bool): void {
  const state = cpu();
  store<u16>(IMAGE, <u16>state.x87Control, Legacy.Control);
  store<u16>(IMAGE, <u16>x87StatusWord(), Legacy.Status);
  store<u16>(IMAGE, <u16>state.x87Tags, Legacy.Tags);
  const hasPointers = isX87ExceptionPending();
  store<u16>(IMAGE, hasPointers ? <u16>state.x87Opcode : 0, Legacy.Opcode);
  store<u64>(IMAGE, 0, Legacy.InstructionPointer);
  store<u64>(IMAGE, 0, Legacy.DataPointer);
  if (hasPointers) savePointers(state, isWide);
  for (let i: u32 = 0; i < 8; i++) {
    const slot = IMAGE + (i << SLOT_SHIFT);
    const from = stackX87(i);
    store<u64>(slot, load<u64>(from), Legacy.X87);
    store<u64>(slot, <u64>load<u16>(from, SIGN_EXPONENT), Legacy.X87 + 8);
  }
}

function savePointers(state: CpuState, isWide: bool): void {
  if (isWide) {
    store<u64>(IMAGE, state.x87InstructionPointer, Legacy.InstructionPointer);
    store<u64>(IMAGE, state.x87DataPointer, Legacy.DataPointer);
    return;
  }
  store<u32>(IMAGE, <u32>state.x87InstructionPointer, Legacy.InstructionPointer);
  store<u32>(IMAGE, state.x87InstructionSelector, Legacy.InstructionSelector);
  store<u32>(IMAGE, <u32>state.x87DataPointer, Legacy.DataPointer);
  store<u32>(IMAGE, state.x87DataSelector, Legacy.DataSelector);
}

/** The x87 state ← image. No value is illegal: reserved bits are dropped, and ES follows from the exceptions. */
export function restoreX87(isWide: bool): void {
  const state = cpu();
  setX87ControlWord(load<u16>(IMAGE, Legacy.Control));
  setX87StatusWord(load<u16>(IMAGE, Legacy.Status));
  state.x87Tags = load<u8>(IMAGE, Legacy.Tags);
  state.x87Opcode = (<u32>load<u16>(IMAGE, Legacy.Opcode)) & OPCODE_MASK;
  restorePointers(state, isWide);
  for (let i: u32 = 0; i < 8; i++) {
    const slot = IMAGE + (i << SLOT_SHIFT);
    const to = stackX87(i);
    store<u64>(to, load<u64>(slot, Legacy.X87));
    store<u16>(to, load<u16>(slot, Legacy.X87 + 8), SIGN_EXPONENT);
  }
}

function restorePointers(state: CpuState, isWide: bool): void {
  if (isWide) {
    state.x87InstructionPointer = extendPointer(load<i64>(IMAGE, Legacy.InstructionPointer));
    state.x87DataPointer = extendPointer(load<i64>(IMAGE, Legacy.DataPointer));
    state.x87InstructionSelector = 0;
    state.x87DataSelector = 0;
    return;
  }
  state.x87InstructionPointer = <u64>load<u32>(IMAGE, Legacy.InstructionPointer);
  state.x87DataPointer = <u64>load<u32>(IMAGE, Legacy.DataPointer);
  state.x87InstructionSelector = load<u16>(IMAGE, Legacy.InstructionSelector);
  state.x87DataSelector = load<u16>(IMAGE, Legacy.DataSelector);
}

function extendPointer(value: i64): u64 {
  return <u64>((value << POINTER_UNUSED_BITS) >> POINTER_UNUSED_BITS);
}

/** Image ← MXCSR and its mask. */
export function saveMxcsr(): void {
  store<u32>(IMAGE, cpu().mxcsr, Legacy.Mxcsr);
  store<u32>(IMAGE, <u32>Mxcsr.Defined, Legacy.MxcsrMask);
}

/** The image's MXCSR has bits that do not exist. */
export function isMxcsrReserved(): bool {
  return (load<u32>(IMAGE, Legacy.Mxcsr) & ~(<u32>Mxcsr.Defined)) != 0;
}

export function restoreMxcsr(): void {
  cpu().mxcsr = load<u32>(IMAGE, Legacy.Mxcsr);
}

/** Image ← the XMM registers. */
export function saveXmm(): void {
  const count = vectorCount();
  for (let i: u32 = 0; i < count; i++)
    v128.store(IMAGE + (i << SLOT_SHIFT), v128.load(vectorAddress(i)), Legacy.Xmm);
}

/** The XMM registers ← image; the upper halves of YMM stay. */
export function restoreXmm(): void {
  const count = vectorCount();
  for (let i: u32 = 0; i < count; i++)
    v128.store(vectorAddress(i), v128.load(IMAGE + (i << SLOT_SHIFT), Legacy.Xmm));
}

/** Image from `offset` on ← the upper halves of the YMM registers. */
export function saveUpperHalves(offset: u32): void {
  const count = vectorCount();
  for (let i: u32 = 0; i < count; i++)
    v128.store(IMAGE + offset + (i << SLOT_SHIFT), v128.load(vectorAddress(i), SLOT_BYTES));
}

export function restoreUpperHalves(offset: u32): void {
  const count = vectorCount();
  for (let i: u32 = 0; i < count; i++)
    v128.store(vectorAddress(i), v128.load(IMAGE + offset + (i << SLOT_SHIFT)), SLOT_BYTES);
}

/** Puts a component of extended state (a bit of XCR0) into its initial configuration; MXCSR apart. */
export function initializeState(component: u64): void {
  if (component == Xcr0.X87) {
    clearX87();
    return;
  }
  const half: u32 = component == Xcr0.Avx ? SLOT_BYTES : 0;
  const count = vectorCount();
  for (let i: u32 = 0; i < count; i++) v128.store(vectorAddress(i) + half, i64x2.splat(0));
}

/**
 * The components, as bits of XCR0, whose registers are not in their initial configuration; MXCSR apart. Silicon also
 * counts registers that hold zero but got it otherwise than by a zeroing idiom; here the contents decide.
 */
export function stateInUse(): u64 {
  let used: u64 = 0;
  if (isX87InUse(cpu())) used |= Xcr0.X87;
  if (isVectorInUse(0)) used |= Xcr0.Sse;
  if (isVectorInUse(SLOT_BYTES)) used |= Xcr0.Avx;
  return used;
}

function isVectorInUse(half: u32): bool {
  let any = i64x2.splat(0);
  for (let i: u32 = 0; i < 16; i++) any = v128.or(any, v128.load(vectorAddress(i) + half));
  return v128.any_true(any);
}

/** Pointers do not count: without a pending exception they are not part of what is saved. */
function isX87InUse(state: CpuState): bool {
  if (state.x87Control != X87_INITIAL_CONTROL || x87StatusWord() != 0 || state.x87Tags != 0) return true;
  let any: u64 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    const register = X87_REGISTERS_ADDRESS + (i << SLOT_SHIFT);
    any |= load<u64>(register) | (<u64>load<u16>(register, SIGN_EXPONENT));
  }
  return any != 0;
}
