/** Where an x87 operand in memory is, and the access to it. */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Width } from '../../assembly/abi/width.js';
import { X87_ADDRESS_GIVEN, X87_ADDRESS_WIDTH_SHIFT } from '../../assembly/abi/x87-op.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { effectiveAddress, load, store } from './memory-access.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';

function isGiven(uop: UopFields): boolean {
  return (uop.n & X87_ADDRESS_GIVEN) !== 0;
}

export function segmentOf(uop: UopFields): Seg {
  return uop.n >> 4;
}

/** Pushes the operand's offset in its segment (i64). */
export function pushEffective(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  effectiveAddress(emitter, { ...uop, low: uop.high, high: uop.high >> 31 }, uop.n & 3);
  const width = (uop.low >>> X87_ADDRESS_WIDTH_SHIFT) & 3;
  if (width === Width.Dword) emitter.truncateToDword();
  if (width !== Width.Word) return;
  code.i64(0xffff);
  code.op(Op.I64And);
}

/** `Local.Linear` ← the operand's linear address. */
export function locate(emitter: Emitter, uop: UopFields): void {
  if (isGiven(uop)) emitter.wide(Reg.Address);
  else pushEffective(emitter, uop);
  emitter.code.set(Local.Linear);
}

/** FDP, once the access has not faulted. */
export function recordData(emitter: Emitter, uop: UopFields): void {
  pushEffective(emitter, uop);
  emitter.code.set(Local.X87Data);
  emitter.x87.pointers.recordData(segmentOf(uop));
}

/** Pushes the operand, zero-extended (i64). */
export function loadOperand(emitter: Emitter, uop: UopFields, width: Width): void {
  locate(emitter, uop);
  load(emitter, width, segmentOf(uop));
}

/** Stores the i64 on top of the stack. */
export function storeOnTop(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code } = emitter;
  code.set(Local.Wide0);
  locate(emitter, uop);
  store(
    emitter,
    width,
    segmentOf(uop),
    () => code.get(Local.Wide0),
    () => leaveAtEnd(emitter),
  );
}

/** The store has changed code: the region is left when the instruction is complete, registers and all. */
export function leaveAtEnd(emitter: Emitter): void {
  emitter.mayBeStale = true;
  emitter.code.i32(1);
  emitter.code.set(Local.IsStale);
}
