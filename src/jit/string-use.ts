/** What string instructions touch: those that are the same with every repeat prefix, and reach no device. */
import { Reg } from '../../assembly/abi/register.js';
import { SysOp } from '../../assembly/abi/sys-op.js';

const SYS_OP = 0xffff;

const bitsOf = (...registers: Reg[]): number =>
  registers.reduce<number>((mask, register) => mask | (1 << (register >> 3)), 0);

/** Bit n: slot n of the register file is read and written. */
const SLOTS: ReadonlyMap<SysOp, number> = new Map([
  [SysOp.Movs, bitsOf(Reg.Rcx, Reg.Rsi, Reg.Rdi)],
  [SysOp.Stos, bitsOf(Reg.Rax, Reg.Rcx, Reg.Rdi)],
  [SysOp.Lods, bitsOf(Reg.Rax, Reg.Rcx, Reg.Rsi)],
  [SysOp.Cmps, bitsOf(Reg.Rcx, Reg.Rsi, Reg.Rdi)],
  [SysOp.Scas, bitsOf(Reg.Rax, Reg.Rcx, Reg.Rdi)],
]);

/** `low` is the low half of a micro-op's immediate, as below. */
function operation(low: number): SysOp {
  return low & SYS_OP;
}

/** Whether a `Uop.Sys` is a string instruction that compiled code goes on behind. */
export function isString(low: number): boolean {
  return SLOTS.has(operation(low));
}

export function slotsOfString(low: number): number {
  return SLOTS.get(operation(low)) ?? 0;
}

export function movesStrings(low: number): boolean {
  return operation(low) === SysOp.Movs;
}

export function storesStrings(low: number): boolean {
  return movesStrings(low) || operation(low) === SysOp.Stos;
}

/** It sets the status flags. */
export function comparesStrings(low: number): boolean {
  const op = operation(low);
  return op === SysOp.Cmps || op === SysOp.Scas;
}
