/** FST and FIST in compiled code. */
import type { Width } from '../../assembly/abi/width.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { leaveIfAborted } from './memory-access.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';
import { double, type Float } from './x87-float.js';
import { narrowInline } from './x87-inline-convert.js';
import { leaveAtEnd, locate, segmentOf, storeOnTop } from './x87-memory-operand.js';

/** FST m32, m64. The conversion may change FSW: a store that faults takes that back. */
export function storeFloat(emitter: Emitter, uop: UopFields, float: Float): void {
  const { code, x87 } = emitter;
  x87.status.save();
  narrowInline(emitter, x87.number(0), float, float === double ? X87Import.ToFloat64 : X87Import.ToFloat32);
  storeOnTop(emitter, uop, float.width);
  x87.status.forget();
  x87.status.addInexact(() => code.get(Local.X87Low));
  code.get(Local.X87Shift);
  code.set(Local.X87Up);
  x87.status.takeC1FromLocal();
}

/** FIST, FISTTP */
export function storeInteger(emitter: Emitter, uop: UopFields, width: Width, isTruncating: boolean): void {
  const { code, x87 } = emitter;
  x87.status.save();
  x87.push(0);
  code.i32(8 << width);
  code.i32(isTruncating ? 1 : 0);
  x87.call(X87Import.ToInteger);
  storeOnTop(emitter, uop, width);
  x87.status.forget();
  x87.status.takeC1FromState();
}

/** FSTP m80 */
export function storeExtended(emitter: Emitter, uop: UopFields): void {
  const { code, x87, addresses } = emitter;
  locate(emitter, uop);
  code.get(Local.Linear);
  code.i32(segmentOf(uop));
  x87.push(0);
  x87.call(X87Import.StoreExtended);
  leaveIfAborted(emitter);
  emitter.loadState(Op.I32Load, addresses.staleness);
  emitter.open(Op.If);
  leaveAtEnd(emitter);
  emitter.close();
  x87.status.clearC1();
}
