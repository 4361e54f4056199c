/** What string instructions share: the prefixes, the index and count registers, the time that is left. */
import { Mode, Rflags } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { segmentLinear } from '../segment';
import { base, cpu, is64Bit, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** Address sizes as `param & 3` of a SysOp has them. */
export enum AddressSize {
  Word = 1,
  Double = 2,
  Quad = 3,
}

/** Repeat prefixes as bits 3:2 of `param` have them. */
enum Repeat {
  None = 0,
  /** REP, and REPE where the instruction compares. */
  WhileZero = 1,
  WhileNotZero = 2,
}

export function addressSize(uop: UopRecord): AddressSize {
  return <AddressSize>((<u32>(uop.imm >> 16)) & 3);
}

function repeat(uop: UopRecord): Repeat {
  return <Repeat>((<u32>(uop.imm >> 18)) & 3);
}

export function isRepeated(uop: UopRecord): bool {
  return repeat(uop) != Repeat.None;
}

export function repeatsWhileZero(uop: UopRecord): bool {
  return repeat(uop) == Repeat.WhileZero;
}

/** Segment of DS:[rSI] after overrides. */
export function sourceSegment(uop: UopRecord): u32 {
  return (<u32>(uop.imm >> 20)) & 7;
}

/** An index or count register, as wide as the address size. */
export function indexOf(uop: UopRecord, reg: u32): u64 {
  const size = addressSize(uop);
  if (size == AddressSize.Quad) return register<u64>(reg);
  return size == AddressSize.Double ? <u64>register<u32>(reg) : <u64>register<u16>(reg);
}

function setIndex(uop: UopRecord, reg: u32, value: u64): void {
  const size = addressSize(uop);
  if (size == AddressSize.Quad) setRegister<u64>(reg, value);
  else if (size == AddressSize.Double) setRegister<u32>(reg, <u32>value);
  else setRegister<u16>(reg, <u16>value);
}

/** RFLAGS.DF: index registers count down. */
export function isDownward(): bool {
  return (cpu().systemFlags & Rflags.Df) != 0;
}

/** Moves rSI or rDI past `elements` elements. */
export function advanceIndex(uop: UopRecord, reg: u32, elements: u64): void {
  const bytes = elements << uop.c;
  setIndex(uop, reg, isDownward() ? indexOf(uop, reg) - bytes : indexOf(uop, reg) + bytes);
}

/** Repeated zero times: nothing is done, not even the checks of the first iteration. */
export function isRunOut(uop: UopRecord): bool {
  return isRepeated(uop) && indexOf(uop, Reg.Rcx) == 0;
}

/**
 * Counts `iterations` that are complete. What is left; 0 without a repeat prefix. The clock advances by one less:
 * `hasTime` or, at the end, the run loop counts the last.
 */
export function countDown(uop: UopRecord, iterations: u64): u64 {
  if (!isRepeated(uop)) return 0;
  const left = indexOf(uop, Reg.Rcx) - iterations;
  setIndex(uop, Reg.Rcx, left);
  cpu().clock += iterations - 1;
  return left;
}

/** Counts an iteration that another follows. Whether that one may follow in this call. */
export function hasTime(): bool {
  const state = cpu();
  state.clock++;
  return state.clock < state.deadline && state.attention == 0;
}

/** Linear address of a string operand. Aborts with the segment's fault. */
export function stringLinear(seg: u32, offset: u64, bytes: u32, isWrite: bool): u64 {
  if (is64Bit()) return seg < <u32>Seg.Fs ? offset : base(seg) + offset;
  if ((cpu().mode & Mode.Flat) != 0 && seg < <u32>Seg.Fs) return offset;
  return segmentLinear(seg, offset, bytes, isWrite);
}
