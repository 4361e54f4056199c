/** DAA DAS AAA AAS AAM AAD (APM vol 3). */
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import { raise } from '../fault';
import { carryFlag, setAddFlags, setResultFlags, setStatusFlags, setSubFlags, statusFlags } from '../flags';
import { register, setRegister } from '../state';

const CF: u32 = 0x1;
const AF: u32 = 0x10;
const AL: u32 = Reg.Rax;
/** Six into AL, one into AH. */
const UNPACKED_STEP: u16 = 0x106;

function adjustsLow(al: u32): bool {
  return (al & 15) > 9 || (statusFlags() & AF) != 0;
}

/** Adjusts AL after an addition of packed digits. OF is undefined: Zen 4 has that of the addition of the correction. */
export function daa(): void {
  const al = register<u8>(AL);
  const aux = packedCarries(al);
  const result = <u8>(al + correction(aux));
  setRegister<u8>(AL, result);
  setAddFlags<u8>(al, correction(aux), result);
  setCarries(aux);
}

/** Adjusts AL after a subtraction of packed digits. OF is that of the subtraction of the correction. */
export function das(): void {
  const al = register<u8>(AL);
  const aux = packedCarries(al);
  const result = <u8>(al - correction(aux));
  const borrows = (aux & AF) != 0 && al < 6;
  setRegister<u8>(AL, result);
  setSubFlags<u8>(al, correction(aux), result);
  setCarries(borrows ? aux | CF : aux);
}

/** AF if the low digit needs an adjustment, CF if the high one does. */
function packedCarries(al: u8): u32 {
  return (adjustsLow(<u32>al) ? AF : 0) | (al > 0x99 || carryFlag() != 0 ? CF : 0);
}

function correction(aux: u32): u8 {
  return <u8>(((aux & AF) != 0 ? 0x06 : 0) + ((aux & CF) != 0 ? 0x60 : 0));
}

/** Replaces CF and AF. */
function setCarries(aux: u32): void {
  setStatusFlags((statusFlags() & ~(CF | AF)) | aux);
}

/** Adjusts AX after an addition of unpacked digits. */
export function aaa(): void {
  const ax = register<u16>(Reg.Rax);
  const adjusts = adjustsLow((<u32>ax) & 0xff);
  const step: u16 = adjusts ? UNPACKED_STEP : 0;
  const result = <u16>(ax + step);
  setAddFlags<u16>(ax, step, result);
  setUnpacked(result, adjusts);
}

/** Adjusts AX after a subtraction of unpacked digits. */
export function aas(): void {
  const ax = register<u16>(Reg.Rax);
  const adjusts = adjustsLow((<u32>ax) & 0xff);
  const step: u16 = adjusts ? UNPACKED_STEP : 0;
  const result = <u16>(ax - step);
  setSubFlags<u16>(ax, step, result);
  setUnpacked(result, adjusts);
}

/** SF, ZF, PF and OF are undefined: Zen 4 has those of the 16-bit addition, before the high digit of AL is cleared. */
function setUnpacked(ax: u16, adjusts: bool): void {
  setRegister<u16>(Reg.Rax, <u16>(ax & 0xff0f));
  setCarries(adjusts ? AF | CF : 0);
}

/** AH ← AL / base, AL ← AL % base. */
export function aam(base: u32): Flow {
  if (base == 0) return raise(Vector.De);
  const al = <u32>register<u8>(AL);
  setRegister<u16>(Reg.Rax, (<u16>((al / base) << 8)) | (<u16>(al % base)));
  setResultFlags<u8>(<u8>(al % base), 0);
  return Flow.Next;
}

/** AL ← AH * base + AL, AH ← 0. CF, AF and OF are undefined: Zen 4 has those of the addition. */
export function aad(base: u32): void {
  const ax = <u32>register<u16>(Reg.Rax);
  const product = <u8>((ax >> 8) * base);
  const result = <u8>(product + <u8>ax);
  setRegister<u16>(Reg.Rax, <u16>result);
  setAddFlags<u8>(<u8>ax, product, result);
}
