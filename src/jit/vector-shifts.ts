/** Shifts of vectors (abi/vector-op.ts). A count beyond the lane leaves zeros, or copies of the sign. */
import { VectorOp } from '../../assembly/abi/vector-op.js';
import { Local } from './locals.js';
import { Simd } from './simd-opcodes.js';
import type { VectorRow, VectorRows } from './vector-row.js';
import { Op } from './wasm-opcodes.js';

const VECTOR_BYTES = 16;

/** By the imm8; `isArithmetic` shifts stop at the sign. */
function byImmediate(op: Simd, bits: number, isArithmetic = false): VectorRow {
  return ({ code, x, immediate }) => {
    if (immediate >= bits && !isArithmetic) return code.splat64(0, 0);
    x();
    code.i32(Math.min(immediate, bits - 1));
    code.simd(op);
  };
}

/** By the lowest 64 bits of a register. */
function byRegister(op: Simd, bits: number, isArithmetic = false): VectorRow {
  return ({ code, x, count }) => {
    const isWithin = (): void => {
      code.get(Local.Wide0);
      code.i64(bits);
      code.op(Op.I64LtU);
    };
    count();
    code.simdLane(Simd.I64x2Extract, 0);
    code.set(Local.Wide0);
    x();
    code.get(Local.Wide0);
    code.op(Op.I32WrapI64);
    if (isArithmetic) {
      code.i32(bits - 1);
      isWithin();
      code.op(Op.Select);
    }
    code.simd(op);
    if (isArithmetic) return;
    code.splat64(0, 0);
    isWithin();
    code.op(Op.Select);
  };
}

/** By whole bytes: 16 bytes of zeros:x:zeros from `from` on. */
function bytes(isLeft: boolean): VectorRow {
  return ({ code, x, immediate }) => {
    const count = Math.min(immediate, VECTOR_BYTES);
    if (isLeft) code.splat64(0, 0);
    x();
    if (!isLeft) code.splat64(0, 0);
    const from = isLeft ? VECTOR_BYTES - count : count;
    code.shuffle(Array.from({ length: VECTOR_BYTES }, (_, i) => from + i));
  };
}

export const SHIFTS: VectorRows = {
  [VectorOp.ShiftLeft16]: byImmediate(Simd.I16x8Shl, 16),
  [VectorOp.ShiftLeft32]: byImmediate(Simd.I32x4Shl, 32),
  [VectorOp.ShiftLeft64]: byImmediate(Simd.I64x2Shl, 64),
  [VectorOp.ShiftRight16]: byImmediate(Simd.I16x8ShrU, 16),
  [VectorOp.ShiftRight32]: byImmediate(Simd.I32x4ShrU, 32),
  [VectorOp.ShiftRight64]: byImmediate(Simd.I64x2ShrU, 64),
  [VectorOp.ShiftArithmetic16]: byImmediate(Simd.I16x8ShrS, 16, true),
  [VectorOp.ShiftArithmetic32]: byImmediate(Simd.I32x4ShrS, 32, true),
  [VectorOp.ShiftLeftBytes]: bytes(true),
  [VectorOp.ShiftRightBytes]: bytes(false),
  [VectorOp.ShiftLeftBy16]: byRegister(Simd.I16x8Shl, 16),
  [VectorOp.ShiftLeftBy32]: byRegister(Simd.I32x4Shl, 32),
  [VectorOp.ShiftLeftBy64]: byRegister(Simd.I64x2Shl, 64),
  [VectorOp.ShiftRightBy16]: byRegister(Simd.I16x8ShrU, 16),
  [VectorOp.ShiftRightBy32]: byRegister(Simd.I32x4ShrU, 32),
  [VectorOp.ShiftRightBy64]: byRegister(Simd.I64x2ShrU, 64),
  [VectorOp.ShiftArithmeticBy16]: byRegister(Simd.I16x8ShrS, 16, true),
  [VectorOp.ShiftArithmeticBy32]: byRegister(Simd.I32x4ShrS, 32, true),
};
