/**
 * RFLAGS status bits (APM vol 1 §3.1.4), half lazy.
 *
 * `flagResult` is the last result, sign-extended to 64 bits: it gives ZF, SF and PF when somebody asks. `flagAux`
 * holds CF, AF and OF at their RFLAGS positions, and at those of PF and SF a bit that inverts what the result gives,
 * so that any combination can be represented. An operation that keeps CF keeps one bit.
 */
import { Rflags } from './abi/processor-bits';
import { cpu } from './state';

const CF: u32 = 0x1;
const PF: u32 = 0x4;
const AF: u32 = 0x10;
const ZF: u32 = 0x40;
const SF: u32 = 0x80;
const OF: u32 = 0x800;

export function carryFlag(): u32 {
  return cpu().flagAux & CF;
}

export function zeroFlag(): bool {
  return cpu().flagResult == 0;
}

export function signFlag(): bool {
  const state = cpu();
  return (((<u32>(state.flagResult >> 63)) ^ (state.flagAux >> 7)) & 1) != 0;
}

export function overflowFlag(): bool {
  return (cpu().flagAux & OF) != 0;
}

export function parityFlag(): bool {
  const state = cpu();
  return ((evenParity(<u32>state.flagResult) ^ (state.flagAux >> 2)) & 1) != 0;
}

/** 1 if the low byte has an even number of ones. */
function evenParity(value: u32): u32 {
  return (popcnt<u32>(value & 0xff) & 1) ^ 1;
}

/** CF, PF, AF, ZF, SF and OF at their positions. */
export function statusFlags(): u32 {
  const state = cpu();
  const result = state.flagResult;
  const isZero: u32 = result == 0 ? 1 : 0;
  const lazy = (evenParity(<u32>result) << 2) | (isZero << 6) | ((<u32>(result >> 63)) << 7);
  return lazy ^ state.flagAux;
}

/** Sets all six status flags from the bits of an RFLAGS image. */
export function setStatusFlags(flags: u32): void {
  const state = cpu();
  // A zero result has PF = 1 and SF = 0; a result of one has PF = 0 and SF = 0.
  const result: u64 = (flags & ZF) != 0 ? 0 : 1;
  const parity: u32 = (flags & ZF) != 0 ? PF : 0;
  state.flagResult = result;
  state.flagAux = (flags & (CF | AF | OF | SF)) | ((flags & PF) ^ parity);
}

/** RFLAGS as PUSHF or the VMCB shows it. */
export function rflags(): u64 {
  return <u64>(statusFlags() | cpu().systemFlags);
}

/** Replaces all of RFLAGS. Callers mask what software may not change, and call `updateMode` if VM, TF or AC may have. */
export function setRflags(value: u64): void {
  setStatusFlags(<u32>value);
  cpu().systemFlags = ((<u32>value) & ~(<u32>Rflags.Status) & 0x3f7fd7) | Rflags.Always1;
}

/** Sets CF alone. */
export function setCarryFlag(value: u32): void {
  cpu().flagAux = (cpu().flagAux & ~CF) | value;
}

/** Sets ZF alone. */
export function setZeroFlag(isSet: bool): void {
  setStatusFlags((statusFlags() & ~ZF) | (isSet ? ZF : 0));
}

/** Condition n of Jcc, SETcc and CMOVcc (APM vol 3 App. A). */
export function condition(n: u32): bool {
  const aux = cpu().flagAux;
  let holds: bool;
  switch (n >> 1) {
    case 0:
      holds = (aux & OF) != 0;
      break;
    case 1:
      holds = (aux & CF) != 0;
      break;
    case 2:
      holds = zeroFlag();
      break;
    case 3:
      holds = (aux & CF) != 0 || zeroFlag();
      break;
    case 4:
      holds = signFlag();
      break;
    case 5:
      holds = parityFlag();
      break;
    case 6:
      holds = signFlag() != ((aux & OF) != 0);
      break;
    default:
      holds = zeroFlag() || signFlag() != ((aux & OF) != 0);
      break;
  }
  return holds != ((n & 1) != 0);
}

/** Sign extension of a T-wide value held zero-extended or as T. */
function extend<T extends number>(value: T): u64 {
  if (sizeof<T>() == 1) return <u64>(<i64>(<i8>value));
  if (sizeof<T>() == 2) return <u64>(<i64>(<i16>value));
  if (sizeof<T>() == 4) return <u64>(<i64>(<i32>value));
  return <u64>value;
}

/** The top bit of a T-wide value, at OF's position. */
function topBitAtOf<T extends number>(value: T): u32 {
  if (sizeof<T>() == 1) return ((<u32>value) << 4) & OF;
  if (sizeof<T>() == 2) return ((<u32>value) >> 4) & OF;
  if (sizeof<T>() == 4) return ((<u32>value) >> 20) & OF;
  return (<u32>((<u64>value) >> 52)) & OF;
}

/** The top bit of a T-wide value, at CF's position. */
function topBit<T extends number>(value: T): u32 {
  if (sizeof<T>() == 8) return <u32>((<u64>value) >> 63);
  return ((<u32>value) >> (sizeof<T>() * 8 - 1)) & 1;
}

/** Flags of x = l + r + carry in. The carry vector makes a carry in no special case. */
export function setAddFlags<T extends number>(l: T, r: T, x: T): void {
  const state = cpu();
  const carries = <T>((l & r) | ((l | r) & ~x));
  state.flagResult = extend<T>(x);
  state.flagAux = topBit<T>(carries) | ((<u32>(l ^ r ^ x)) & AF) | topBitAtOf<T>(<T>((l ^ x) & (r ^ x)));
}

/** Flags of x = l − r − borrow in. */
export function setSubFlags<T extends number>(l: T, r: T, x: T): void {
  const state = cpu();
  const borrows = <T>((~l & r) | ((~l | r) & x));
  state.flagResult = extend<T>(x);
  state.flagAux = topBit<T>(borrows) | ((<u32>(l ^ r ^ x)) & AF) | topBitAtOf<T>(<T>((l ^ r) & (l ^ x)));
}

/** Flags of AND, OR, XOR, TEST: CF and OF clear; AF is undefined and cleared, as silicon does. */
export function setLogicFlags<T extends number>(x: T): void {
  const state = cpu();
  state.flagResult = extend<T>(x);
  state.flagAux = 0;
}

/** Flags of x = l + 1: as ADD, but CF is kept. */
export function setIncFlags<T extends number>(l: T, x: T): void {
  const state = cpu();
  state.flagResult = extend<T>(x);
  state.flagAux = (state.flagAux & CF) | ((<u32>(l ^ x ^ 1)) & AF) | topBitAtOf<T>(<T>(~l & x));
}

/** Flags of x = l − 1: as SUB, but CF is kept. */
export function setDecFlags<T extends number>(l: T, x: T): void {
  const state = cpu();
  state.flagResult = extend<T>(x);
  state.flagAux = (state.flagAux & CF) | ((<u32>(l ^ x ^ 1)) & AF) | topBitAtOf<T>(<T>(l & ~x));
}

/** Result flags of x with CF, OF (at their RFLAGS positions) and AF given in `aux`. */
export function setResultFlags<T extends number>(x: T, aux: u32): void {
  const state = cpu();
  state.flagResult = extend<T>(x);
  state.flagAux = aux;
}

/** Replaces CF and OF alone, as rotates do. */
export function setCarryOverflow(carry: u32, overflow: bool): void {
  const state = cpu();
  state.flagAux = (state.flagAux & ~(CF | OF)) | carry | (overflow ? OF : 0);
}
