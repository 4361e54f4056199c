/** DAA DAS AAA AAS AAM AAD (APM vol 3). */
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import { raise } from '../fault';
import { carryFlag, setResultFlags, statusFlags } from '../flags';
import { register, setRegister } from '../state';

const CF: u32 = 0x1;
const AF: u32 = 0x10;
const AL: u32 = Reg.Rax;

function adjustsLow(al: u32): bool {
  return (al & 15) > 9 || (statusFlags() & AF) != 0;
}

/** Adjusts AL after an addition of packed digits. */
export function daa(): void {
  const al = <u32>register<u8>(AL);
  let result = al;
  let aux: u32 = 0;
  if (adjustsLow(al)) {
    result += 6;
    aux = AF;
  }
  if (al > 0x99 || carryFlag() != 0) {
    result += 0x60;
    aux |= CF;
  }
  setRegister<u8>(AL, <u8>result);
  setResultFlags<u8>(<u8>result, aux);
}

/** Adjusts AL after a subtraction of packed digits. */
export function das(): void {
  const al = <u32>register<u8>(AL);
  let result = al;
  let aux: u32 = 0;
  if (adjustsLow(al)) {
    aux = AF | (al < 6 ? CF : 0);
    result -= 6;
  }
  if (al > 0x99 || carryFlag() != 0) {
    result -= 0x60;
    aux |= CF;
  }
  setRegister<u8>(AL, <u8>result);
  setResultFlags<u8>(<u8>result, aux);
}

/** Adjusts AX after an addition of unpacked digits. */
export function aaa(): void {
  adjustUnpacked(0x106);
}

/** Adjusts AX after a subtraction of unpacked digits. */
export function aas(): void {
  adjustUnpacked(-0x106);
}

function adjustUnpacked(correction: i32): void {
  const ax = <i32>register<u16>(Reg.Rax);
  const adjusts = adjustsLow((<u32>ax) & 0xff);
  const result = adjusts ? ax + correction : ax;
  setRegister<u16>(Reg.Rax, <u16>(result & 0xff0f));
  setResultFlags<u8>(<u8>(result & 15), adjusts ? AF | CF : 0);
}

/** AH ← AL / base, AL ← AL % base. */
export function aam(base: u32): Flow {
  if (base == 0) return raise(Vector.De);
  const al = <u32>register<u8>(AL);
  setRegister<u16>(Reg.Rax, (<u16>((al / base) << 8)) | (<u16>(al % base)));
  setResultFlags<u8>(<u8>(al % base), 0);
  return Flow.Next;
}

/** AL ← AH * base + AL, AH ← 0. */
export function aad(base: u32): void {
  const ax = <u32>register<u16>(Reg.Rax);
  const result = ((ax >> 8) * base + ax) & 0xff;
  setRegister<u16>(Reg.Rax, <u16>result);
  setResultFlags<u8>(<u8>result, 0);
}
