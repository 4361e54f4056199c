/** Conversions of floating-point numbers (abi/float-op.ts); float-path.ts says what that means. */
import { FloatOp } from '../../assembly/abi/float-op.js';
import { VectorForm } from '../../assembly/abi/vector-register.js';
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import {
  DOUBLE,
  loadScalar,
  orInterpret,
  type Refuse,
  refuseDenormal,
  refuseInfinite,
  requireMode,
  scalarOf,
  SINGLE,
  storeScalar,
} from './float-path.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Simd } from './simd-opcodes.js';
import { formOf } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** Magnitudes below which conversions to signed integers are exact or inexact, but not invalid. */
const LIMIT_32 = 2 ** 31;
const LIMIT_64 = 2 ** 63;
/** Magnitudes of singles that cannot have been tiny, and of the largest that cannot overflow. */
const LEAST_SINGLE = 2 ** -125;
const LARGEST_SINGLE = 3.4e38;

type Convert = (emitter: Emitter, uop: UopFields) => void;

/** CVTSI2SD and its like. Doubles hold all integers of 32 bits. */
function fromRegister(width: Width.Dword | Width.Qword): Convert {
  return (emitter, uop) => {
    const { code } = emitter;
    const scalar = scalarOf(uop);
    const isWide = width === Width.Qword;
    const [single, double] = isWide
      ? [Op.F32ConvertI64S, Op.F64ConvertI64S]
      : [Op.F32ConvertI32S, Op.F64ConvertI32S];
    const convert = (): void =>
      storeScalar(emitter, scalar, uop, () => {
        emitter.operand(uop.c, width);
        code.op(scalar.isDouble ? double : single);
      });
    if (scalar.isDouble && !isWide) return convert();
    orInterpret(emitter, uop, (refuse) => {
      requireMode(emitter, refuse);
      convert();
    });
  };
}

/** CVTSD2SI, CVTTSD2SI and their like. */
function toRegister(width: Width.Dword | Width.Qword, isTruncated: boolean): Convert {
  return (emitter, uop) => {
    const { code } = emitter;
    const scalar = scalarOf(uop);
    const isWide = width === Width.Qword;
    orInterpret(emitter, uop, (refuse) => {
      requireMode(emitter, refuse);
      emitter.vectors.pushLane(uop.c, scalar.isDouble);
      if (!scalar.isDouble) code.op(Op.F64PromoteF32);
      if (!isTruncated) code.op(Op.F64Nearest);
      code.tee(Local.Double0);
      code.op(Op.F64Abs);
      code.f64(isWide ? LIMIT_64 : LIMIT_32);
      code.op(Op.F64Lt);
      code.op(Op.I32Eqz);
      refuse();
      code.get(Local.Double0);
      code.op(isWide ? Op.I64TruncF64S : Op.I32TruncF64S);
      emitter.widen(width);
      emitter.assign(uop.a, width);
    });
  };
}

/** CVTSS2SD is exact. */
function toDouble(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  orInterpret(emitter, uop, (refuse) => {
    loadScalar(emitter, SINGLE, uop.c, Local.Single0);
    refuseDenormal(emitter, SINGLE, Local.Single0, refuse);
    refuseInfinite(emitter, SINGLE, Local.Single0, refuse);
    storeScalar(emitter, DOUBLE, uop, () => {
      code.get(Local.Single0);
      code.op(Op.F64PromoteF32);
    });
  });
}

function toSingle(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  orInterpret(emitter, uop, (refuse) => {
    requireMode(emitter, refuse);
    loadScalar(emitter, DOUBLE, uop.c, Local.Double0);
    refuseOutside(emitter, refuse);
    storeScalar(emitter, SINGLE, uop, () => {
      code.get(Local.Double0);
      code.op(Op.F32DemoteF64);
    });
  });
}

/** Refuses what is neither zero nor surely a normal single. */
function refuseOutside({ code }: Emitter, refuse: Refuse): void {
  const magnitude = (limit: number, op: Op): void => {
    code.get(Local.Double0);
    code.op(Op.F64Abs);
    code.f64(limit);
    code.op(op);
  };
  magnitude(LARGEST_SINGLE, Op.F64Lt);
  code.op(Op.I32Eqz);
  refuse();
  magnitude(LEAST_SINGLE, Op.F64Lt);
  magnitude(0, Op.F64Ne);
  code.op(Op.I32And);
  refuse();
}

/** CVTDQ2PD of 128 bits is exact, CVTDQ2PS is not. */
function fromIntegers(op: Simd, isExact: boolean): Convert {
  return (emitter, uop) => {
    const { code, vectors } = emitter;
    const convert = (): void => {
      vectors.push(uop.c);
      code.simd(op);
      setLow(emitter, uop);
    };
    if (isExact) return convert();
    orInterpret(emitter, uop, (refuse) => {
      requireMode(emitter, refuse);
      convert();
    });
  };
}

/** CVTTPS2DQ and its like: every lane must be within the limits. */
function toIntegers(isDouble: boolean, isTruncated: boolean): Convert {
  return (emitter, uop) => {
    const { code, vectors } = emitter;
    orInterpret(emitter, uop, (refuse) => {
      requireMode(emitter, refuse);
      vectors.push(uop.c);
      if (!isTruncated) code.simd(isDouble ? Simd.F64x2Nearest : Simd.F32x4Nearest);
      code.tee(Local.Vector0);
      code.simd(isDouble ? Simd.F64x2Abs : Simd.F32x4Abs);
      // 2^31 in the format.
      if (isDouble) code.splat64(0, 0x41e0_0000);
      else code.splat64(0x4f00_0000, 0x4f00_0000);
      code.simd(isDouble ? Simd.F64x2Lt : Simd.F32x4Lt);
      code.simd(isDouble ? Simd.I64x2BitMask : Simd.I32x4BitMask);
      code.i32(isDouble ? 3 : 15);
      code.op(Op.I32Ne);
      refuse();
      code.get(Local.Vector0);
      code.simd(isDouble ? Simd.I32x4TruncSatF64x2SZero : Simd.I32x4TruncSatF32x4S);
      setLow(emitter, uop);
    });
  };
}

function setLow({ vectors }: Emitter, uop: UopFields): void {
  vectors.set(uop.a);
  if (formOf(uop) !== VectorForm.Legacy) vectors.clearHigh(uop.a);
}

const SCALAR: Partial<Record<FloatOp, Convert>> = {
  [FloatOp.CvtSi32]: fromRegister(Width.Dword),
  [FloatOp.CvtSi64]: fromRegister(Width.Qword),
  [FloatOp.CvtToSi32]: toRegister(Width.Dword, false),
  [FloatOp.CvtToSi64]: toRegister(Width.Qword, false),
  [FloatOp.CvttToSi32]: toRegister(Width.Dword, true),
  [FloatOp.CvttToSi64]: toRegister(Width.Qword, true),
  [FloatOp.CvtSs2Sd]: toDouble,
  [FloatOp.CvtSd2Ss]: toSingle,
};

/** Of 128 bits. */
const PACKED: Partial<Record<FloatOp, Convert>> = {
  [FloatOp.CvtDq2Ps]: fromIntegers(Simd.F32x4ConvertI32x4S, false),
  [FloatOp.CvtDq2Pd]: fromIntegers(Simd.F64x2ConvertLowI32x4S, true),
  [FloatOp.CvtPs2Dq]: toIntegers(false, false),
  [FloatOp.CvttPs2Dq]: toIntegers(false, true),
  [FloatOp.CvtPd2Dq]: toIntegers(true, false),
  [FloatOp.CvttPd2Dq]: toIntegers(true, true),
};

function conversionOf(uop: UopFields, op: FloatOp): Convert | undefined {
  return SCALAR[op] ?? (formOf(uop) === VectorForm.Vex256 ? undefined : PACKED[op]);
}

export function isConversionCompiled(uop: UopFields, op: FloatOp): boolean {
  return conversionOf(uop, op) !== undefined;
}

/** False: the core does it. */
export function conversion(emitter: Emitter, uop: UopFields, op: FloatOp): boolean {
  const convert = conversionOf(uop, op);
  convert?.(emitter, uop);
  return convert !== undefined;
}
