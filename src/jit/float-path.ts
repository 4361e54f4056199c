/**
 * Operations that MXCSR governs, with Wasm's own arithmetic: where that is certain to give the same bits and the same
 * exceptions as the core gives (assembly/exec/float-fast.ts). Where it is not, the interpreter runs the instruction, or the core
 * the micro-op.
 */
import { FLOAT_FORMAT_SHIFT, type FloatFormat } from '../../assembly/abi/float-op.js';
import { VectorForm } from '../../assembly/abi/vector-register.js';
import type { Emitter } from './emitter.js';
import { interpret } from './interpreted.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { touchesFlags } from './register-use.js';
import { Simd } from './simd-opcodes.js';
import { formOf } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** Takes the slow path if the i32 on top of the stack is not zero. */
export type Refuse = () => void;

export function formatOf(uop: UopFields): FloatFormat {
  return (uop.low >>> FLOAT_FORMAT_SHIFT) & 3;
}

/** Emits what `fast` does, and the slow path for where it refuses: none where all may be undone. Nothing may have changed before the last refusal. */
export function orInterpret(emitter: Emitter, uop: UopFields, fast: (refuse: Refuse) => void): void {
  if (emitter.retreat !== undefined) return fast(() => emitter.retreatIf());
  const { flags } = emitter;
  const before = flags.state;
  const done = emitter.depth;
  emitter.open(Op.Block);
  const slow = emitter.depth;
  emitter.open(Op.Block);
  fast(() => emitter.branch(Op.BrIf, slow));
  emitter.branch(Op.Br, done);
  emitter.close();
  const after = flags.state;
  flags.restore(before);
  if (emitter.leaves) emitter.exitToInterpreter();
  else {
    interpret(emitter, uop);
    if (touchesFlags(uop)) flags.makeExplicit();
  }
  flags.restore(after);
  emitter.close();
}

/** Refuses unless MXCSR is as float-mode.ts wants it; what may be undone is not begun otherwise. */
export function requireMode({ code, retreat }: Emitter, refuse: Refuse): void {
  if (retreat !== undefined) return;
  code.get(Local.FloatMode);
  code.op(Op.I32Eqz);
  refuse();
}

/** What numbers of a format are handled with. Bit patterns are shifted left by one: signs do not count. */
export interface Scalar {
  readonly isDouble: boolean;
  /** Locals of its type. */
  readonly locals: readonly [Local, Local, Local];
  readonly extract: Simd;
  readonly equal: Op;
  readonly notEqual: Op;
  readonly less: Op;
}

export const DOUBLE: Scalar = {
  isDouble: true,
  locals: [Local.Double0, Local.Double1, Local.Double2],
  extract: Simd.F64x2Extract,
  equal: Op.F64Eq,
  notEqual: Op.F64Ne,
  less: Op.F64Lt,
};

export const SINGLE: Scalar = {
  isDouble: false,
  locals: [Local.Single0, Local.Single1, Local.Single2],
  extract: Simd.F32x4Extract,
  equal: Op.F32Eq,
  notEqual: Op.F32Ne,
  less: Op.F32Lt,
};

export function scalarOf(uop: UopFields): Scalar {
  return (formatOf(uop) & 1) !== 0 ? DOUBLE : SINGLE;
}

/** Lowest lane of a vector register → a local of the format. */
export function loadScalar(
  { code, vectors }: Emitter,
  { isDouble }: Scalar,
  register: number,
  local: Local,
): void {
  vectors.pushLane(register, isDouble);
  code.set(local);
}

/** a ← b with its lowest lane from what `push` pushes; the upper half as the form says. */
export function storeScalar(
  { vectors }: Emitter,
  { isDouble }: Scalar,
  uop: UopFields,
  push: () => void,
): void {
  vectors.setLane(uop.a, uop.b, isDouble, push);
  if (formOf(uop) !== VectorForm.Legacy) vectors.clearHigh(uop.a);
}

/** Of a bit pattern without its sign: the least normal number, twice that, and infinity. */
const PATTERNS = {
  leastNormal: { single: 0x0100_0000, double: 0x0020_0000 },
  small: { single: 0x0200_0000, double: 0x0040_0000 },
  infinity: { single: -0x0100_0000, double: -0x0020_0000 },
} as const;
type Pattern = keyof typeof PATTERNS;

/** Pushes a pattern; of that of a double the low half is zero. `less` is subtracted from it. */
function pushPattern({ code }: Emitter, { isDouble }: Scalar, name: Pattern, less = 0): void {
  const { single, double } = PATTERNS[name];
  if (!isDouble) code.i32(single - less);
  else if (less === 0) code.i64(0, double);
  else code.i64(-less, double - 1);
}

/** Pushes the bit pattern of a local, without its sign. */
function pushMagnitude({ code }: Emitter, { isDouble }: Scalar, local: Local): void {
  code.get(local);
  if (isDouble) {
    code.op(Op.I64ReinterpretF64);
    code.i64(1);
    code.op(Op.I64Shl);
  } else {
    code.op(Op.I32ReinterpretF32);
    code.i32(1);
    code.op(Op.I32Shl);
  }
}

/** Refuses a denormal number. */
export function refuseDenormal(emitter: Emitter, scalar: Scalar, local: Local, refuse: Refuse): void {
  const { code } = emitter;
  const { isDouble } = scalar;
  // Zero becomes the largest of patterns.
  pushMagnitude(emitter, scalar, local);
  if (isDouble) code.i64(1);
  else code.i32(1);
  code.op(isDouble ? Op.I64Sub : Op.I32Sub);
  pushPattern(emitter, scalar, 'leastNormal', 1);
  code.op(isDouble ? Op.I64LtU : Op.I32LtU);
  refuse();
}

/** Refuses a NaN. */
export function refuseNan({ code }: Emitter, { notEqual }: Scalar, local: Local, refuse: Refuse): void {
  code.get(local);
  code.get(local);
  code.op(notEqual);
  refuse();
}

/** Refuses a NaN or an infinity. */
export function refuseInfinite(emitter: Emitter, scalar: Scalar, local: Local, refuse: Refuse): void {
  pushMagnitude(emitter, scalar, local);
  pushPattern(emitter, scalar, 'infinity');
  emitter.code.op(scalar.isDouble ? Op.I64GeU : Op.I32GeU);
  refuse();
}

/**
 * Refuses a product or quotient that is a NaN, an infinity, or so small that it might be tiny. A zero is exact if an operand
 * is zero.
 */
export function refuseExtreme(emitter: Emitter, scalar: Scalar, refuse: Refuse): void {
  const { code } = emitter;
  const { isDouble, locals, equal, notEqual } = scalar;
  const [first, second, result] = locals;
  pushMagnitude(emitter, scalar, result);
  pushPattern(emitter, scalar, 'small');
  code.op(isDouble ? Op.I64Sub : Op.I32Sub);
  const { infinity, small } = PATTERNS;
  if (isDouble) code.i64(0, infinity.double - small.double);
  else code.i32(infinity.single - small.single);
  code.op(isDouble ? Op.I64GeU : Op.I32GeU);
  emitter.open(Op.If);
  const isZero = (local: Local, op: Op): void => {
    code.get(local);
    if (isDouble) code.f64(0);
    else code.f32(0);
    code.op(op);
  };
  isZero(result, notEqual);
  isZero(first, equal);
  isZero(second, equal);
  code.op(Op.I32Or);
  code.op(Op.I32Eqz);
  code.op(Op.I32Or);
  refuse();
  emitter.close();
}
