/** x87 operations with an operand in memory, in compiled code: the number goes between memory and the locals of x87-stack.ts. */
import { Width } from '../../assembly/abi/width.js';
import { X87Op } from '../../assembly/abi/x87-op.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';
import { double, single } from './x87-float.js';
import { loadExtended, loadFloat, loadInteger } from './x87-load.js';
import { withFloat, withInteger } from './x87-memory-arithmetic.js';
import { loadOperand, storeOnTop } from './x87-memory-operand.js';
import { storeExtended, storeFloat, storeInteger } from './x87-store.js';

const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_ALWAYS_SET = 0x40;

type EmitMemory = (emitter: Emitter, uop: UopFields) => void;

export const MEMORY_OPERATIONS: Readonly<Partial<Record<X87Op, EmitMemory>>> = {
  [X87Op.StoreStatus]: (emitter, uop) => {
    emitter.x87.pushStatusWord();
    emitter.code.op(Op.I64ExtendI32U);
    storeOnTop(emitter, uop, Width.Word);
  },
  [X87Op.StoreControl]: (emitter, uop) => {
    emitter.loadState(Op.I64Load32U, emitter.addresses.x87.control);
    storeOnTop(emitter, uop, Width.Word);
  },
  [X87Op.LoadControl]: loadControl,
  [X87Op.LoadFloat32]: (emitter, uop) => loadFloat(emitter, uop, single),
  [X87Op.LoadFloat64]: (emitter, uop) => loadFloat(emitter, uop, double),
  [X87Op.LoadExtended]: loadExtended,
  [X87Op.LoadInteger16]: (emitter, uop) => loadInteger(emitter, uop, Width.Word),
  [X87Op.LoadInteger32]: (emitter, uop) => loadInteger(emitter, uop, Width.Dword),
  [X87Op.LoadInteger64]: (emitter, uop) => loadInteger(emitter, uop, Width.Qword),
  [X87Op.ArithmeticFloat32]: (emitter, uop) => withFloat(emitter, uop, single),
  [X87Op.ArithmeticFloat64]: (emitter, uop) => withFloat(emitter, uop, double),
  [X87Op.ArithmeticInteger16]: (emitter, uop) => withInteger(emitter, uop, Width.Word),
  [X87Op.ArithmeticInteger32]: (emitter, uop) => withInteger(emitter, uop, Width.Dword),
  [X87Op.StoreFloat32]: (emitter, uop) => storeFloat(emitter, uop, single),
  [X87Op.StoreFloat64]: (emitter, uop) => storeFloat(emitter, uop, double),
  [X87Op.StoreExtendedPop]: storeExtended,
  [X87Op.StoreInteger16]: (emitter, uop) => storeInteger(emitter, uop, Width.Word, false),
  [X87Op.StoreInteger32]: (emitter, uop) => storeInteger(emitter, uop, Width.Dword, false),
  [X87Op.StoreInteger64]: (emitter, uop) => storeInteger(emitter, uop, Width.Qword, false),
  [X87Op.StoreTruncated16]: (emitter, uop) => storeInteger(emitter, uop, Width.Word, true),
  [X87Op.StoreTruncated32]: (emitter, uop) => storeInteger(emitter, uop, Width.Dword, true),
  [X87Op.StoreTruncated64]: (emitter, uop) => storeInteger(emitter, uop, Width.Qword, true),
};

/** FLDCW. While an exception is not masked, the interpreter goes on. */
function loadControl(emitter: Emitter, uop: UopFields): void {
  const { code, x87, addresses } = emitter;
  loadOperand(emitter, uop, Width.Word);
  code.op(Op.I32WrapI64);
  code.i32(CONTROL_WRITABLE);
  code.op(Op.I32And);
  code.i32(CONTROL_ALWAYS_SET);
  code.op(Op.I32Or);
  code.set(Local.Narrow0);
  code.i32(0);
  code.get(Local.Narrow0);
  code.memory(Op.I32Store, addresses.x87.control);
  x87.readControl();
  x87.pushUnmasked();
  emitter.open(Op.If);
  emitter.exitAfter();
  emitter.close();
}
