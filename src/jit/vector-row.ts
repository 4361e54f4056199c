/** What the rows of vector operations are made of: each pushes the result of an operation on 128 bits. */
import type { VectorOp } from '../../assembly/abi/vector-op.js';
import type { CodeWriter } from './code-writer.js';
import type { Simd } from './simd-opcodes.js';

/** What an operation on one half works with; each member pushes. */
export interface VectorOperands {
  readonly code: CodeWriter;
  /** b */
  readonly x: () => void;
  /** c */
  readonly y: () => void;
  /** n */
  readonly third: () => void;
  /** The lower half of n. */
  readonly count: () => void;
  /** The imm8, as the half has it. */
  readonly immediate: number;
}

/** Pushes the result of an operation on one half. */
export type VectorRow = (operands: VectorOperands) => void;
export type VectorRows = Partial<Record<VectorOp, VectorRow>>;

/** x op y */
export function binary(op: Simd): VectorRow {
  return ({ code, x, y }) => {
    x();
    y();
    code.simd(op);
  };
}

/** op y */
export function unary(...ops: Simd[]): VectorRow {
  return ({ code, y }) => {
    y();
    for (const op of ops) code.simd(op);
  };
}

/** Bytes of the lanes of `width` bytes of two vectors that `lanes` names. */
export function bytesOf(width: number, lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => Array.from({ length: width }, (_, i) => lane * width + i));
}
