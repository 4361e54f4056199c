/** Micro-ops that the interpreter runs, in the middle of compiled code: their registers go through the state. */
import { Flow } from '../../assembly/abi/stop.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { readFloatMode, resetChances } from './float-mode.js';
import { leaveWhenComplete } from './memory-access.js';
import type { UopFields } from './region.js';
import { slotsRead, slotsWritten, touchesFlags } from './register-use.js';
import { loadsMxcsr, vectorUse } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** Has the core run a micro-op on the state. */
export function interpret(emitter: Emitter, uop: UopFields): void {
  if (uop.code === Uop.X87) emitter.x87.close();
  if (touchesFlags(uop)) emitter.flags.settle();
  const { code, use, vectors } = emitter;
  const vector = vectorUse(uop);
  storeSlots(emitter, slotsRead(uop) & use.slotsWritten);
  // What is written in part is loaded as a whole.
  vectors.store(code, vector.readLow | vector.writtenLow, vector.readHigh | vector.writtenHigh);
  call(emitter, uop);
  loadSlots(emitter, slotsWritten(uop) & use.slotsWritten);
  vectors.load(code, vector.writtenLow, vector.writtenHigh);
  if (uop.code === Uop.Float) noteFloatMode(emitter, uop);
  if (mayStore(uop.code)) leaveIfStale(emitter);
}

/** PE may have been set, or all of MXCSR. */
function noteFloatMode({ code, addresses }: Emitter, uop: UopFields): void {
  readFloatMode(code, addresses);
  if (loadsMxcsr(uop)) resetChances(code, addresses);
}

function call(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  code.i32(0);
  emitter.ripAt(0);
  code.memory(Op.I64Store, emitter.addresses.blockRip);
  code.i32(uop.address);
  code.call(Import.ExecuteUop);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Abort);
  emitter.close();
}

/** Writes slots of the register file from their locals to the state. */
export function storeSlots({ addresses, code }: Emitter, slots: number): void {
  eachSlot(slots, (slot) => {
    code.i32(0);
    code.get(slot);
    code.memory(Op.I64Store, addresses.registers + 8 * slot);
  });
}

/** Reads slots of the register file from the state into their locals. */
export function loadSlots(emitter: Emitter, slots: number): void {
  eachSlot(slots, (slot) => {
    emitter.loadState(Op.I64Load, emitter.addresses.registers + 8 * slot);
    emitter.code.set(slot);
  });
}

function eachSlot(mask: number, visit: (slot: number) => void): void {
  for (let slot = 0; slot < 32; slot++) if (((mask >>> slot) & 1) !== 0) visit(slot);
}

/** The micro-op may store more than the compiled code looks at. */
function mayStore(code: number): boolean {
  return (code >= Uop.StoreVector8 && code <= Uop.StoreVector256) || code === Uop.X87;
}

/** Leaves after the instruction if it has stored over code of a region. */
export function leaveIfStale(emitter: Emitter): void {
  emitter.loadState(Op.I32Load, emitter.addresses.staleness);
  emitter.open(Op.If);
  leaveWhenComplete(emitter);
  emitter.close();
}
