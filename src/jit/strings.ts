/**
 * String instructions: the core carries out their iterations (assembly/compiled-string.ts), and the region goes on behind them.
 *
 * The clock counts iterations, of which a region knows nothing when it looks at its budget: it looks again here, and leaves before
 * the instruction if the next look may be more instructions away than would be left.
 */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Width } from '../../assembly/abi/width.js';
import { Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { leaveIfStale, loadSlots, storeSlots } from './interpreted.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { slotsRead, slotsWritten, touchesFlags } from './register-use.js';
import { movesStrings, storesStrings } from './string-use.js';
import { Op } from './wasm-opcodes.js';

/** Fields of `param`, as abi/sys-op.ts says. */
const PARAM_SHIFT = 16;
const ADDRESS_SIZE = 3;
const REPEAT = 3 << 2;
const SEGMENT = 4;

/** Emits a string instruction (`isString`). */
export function stringInstruction(emitter: Emitter, uop: UopFields): void {
  const { code, flags } = emitter;
  if (touchesFlags(uop)) flags.settle();
  noteNextRip(emitter, uop);
  if (!isRepeated(uop)) return callCore(emitter, uop);
  pushIndex(emitter, uop, Reg.Rcx);
  code.tee(Local.Wide0);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  emitter.open(Op.If);
  leaveUnlessTimely(emitter);
  const isQuick = mayBeQuick(emitter, uop);
  if (isQuick) {
    quick(emitter, uop);
    emitter.open(Op.If);
    finishQuickly(emitter, uop);
    emitter.else();
  }
  callCore(emitter, uop);
  if (isQuick) emitter.close();
  emitter.close();
}

/** Core functions know the RIP of the next instruction, and a snapshot has it. */
function noteNextRip(emitter: Emitter, { ip, n }: UopFields): void {
  emitter.code.i32(0);
  emitter.ripAt(ip + n);
  emitter.code.memory(Op.I64Store, emitter.addresses.nextRip);
}

/** Leaves if `Local.Wide0` iterations, of which one is the instruction itself, take more than the budget has. */
function leaveUnlessTimely(emitter: Emitter): void {
  const { code } = emitter;
  code.get(Local.Wide0);
  code.i64(-1);
  code.op(Op.I64Add);
  code.get(Local.Remaining);
  code.i32(emitter.rest);
  code.op(Op.I32Sub);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64GtU);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Leave);
  emitter.close();
}

/** Upwards within runs of pages. */
function mayBeQuick({ is64Bit }: Emitter, uop: UopFields): boolean {
  const segment = (uop.low >>> (PARAM_SHIFT + SEGMENT)) & 7;
  return (
    storesStrings(uop.low) && segment < Seg.Fs && addressSize(uop) === (is64Bit ? Width.Qword : Width.Dword)
  );
}

/** Pushes whether all of it has been done. */
function quick(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  const index = (register: Reg): void => pushIndex(emitter, uop, register);
  code.get(Local.Wide0);
  code.op(Op.I32WrapI64);
  if (movesStrings(uop.low)) index(Reg.Rsi);
  index(Reg.Rdi);
  if (!movesStrings(uop.low)) emitter.wide(Reg.Rax);
  code.i32(uop.c);
  code.call(movesStrings(uop.low) ? Import.MoveString : Import.FillString);
}

/** Registers and budget after that. */
function finishQuickly(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  for (const register of movesStrings(uop.low) ? [Reg.Rsi, Reg.Rdi] : [Reg.Rdi]) {
    emitter.wide(register);
    code.get(Local.Wide0);
    code.i64(uop.c);
    code.op(Op.I64Shl);
    code.op(Op.I64Add);
    if (!emitter.is64Bit) emitter.truncateToDword();
    code.set(register >> 3);
  }
  code.i64(0);
  code.set(Reg.Rcx >> 3);
  code.i32(1);
  code.get(Local.Remaining);
  code.op(Op.I32Add);
  code.get(Local.Wide0);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.set(Local.Remaining);
}

function callCore(emitter: Emitter, uop: UopFields): void {
  const { addresses, code, use } = emitter;
  storeSlots(emitter, slotsRead(uop) & use.slotsWritten);
  code.i32(0);
  emitter.ripAt(0);
  code.memory(Op.I64Store, addresses.blockRip);
  code.i32(uop.address);
  code.call(Import.String);
  code.set(Local.Narrow0);
  loadSlots(emitter, slotsWritten(uop));
  if (isRepeated(uop)) countIterations(emitter, uop);
  code.get(Local.Narrow0);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Abort);
  emitter.close();
  if (storesStrings(uop.low)) leaveIfStale(emitter);
}

/** Takes what has been done of `Local.Wide0` iterations from the budget, less the one that is counted if none has faulted. */
function countIterations(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  code.get(Local.Remaining);
  pushIndex(emitter, uop, Reg.Rcx);
  code.get(Local.Wide0);
  code.op(Op.I64Sub);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Add);
  code.get(Local.Narrow0);
  code.op(Op.I32Eqz);
  code.op(Op.I32Add);
  code.set(Local.Remaining);
}

/** Pushes an index or count register, as wide as the address size (i64). */
function pushIndex(emitter: Emitter, uop: UopFields, register: Reg): void {
  const size = addressSize(uop);
  if (size === Width.Qword) return emitter.wide(register);
  emitter.narrow(register, size);
  emitter.widen(size);
}

function addressSize({ low }: UopFields): Width {
  return (low >>> PARAM_SHIFT) & ADDRESS_SIZE;
}

function isRepeated({ low }: UopFields): boolean {
  return ((low >>> PARAM_SHIFT) & REPEAT) !== 0;
}
