/** Integer arithmetic, comparisons, logic and shifts of vectors (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { Feature } from '../features.js';
import { Mnemonic } from '../iced-enums.js';
import { requireSse } from './availability.js';
import type { Lowering, LoweringRows } from './context.js';
import {
  AVX2,
  binaryRows,
  emitVector,
  ifImmediate,
  integer,
  lowerLegacy,
  lowerVex,
  readVector,
  requireVexForm,
  XMM_WIDTH,
} from './vector-row.js';

const ARITHMETIC: LoweringRows = binaryRows(Uop.Vector, [
  integer(Feature.Sse2, Mnemonic.Paddb, Mnemonic.Vpaddb, VectorOp.Add8),
  integer(Feature.Sse2, Mnemonic.Paddw, Mnemonic.Vpaddw, VectorOp.Add16),
  integer(Feature.Sse2, Mnemonic.Paddd, Mnemonic.Vpaddd, VectorOp.Add32),
  integer(Feature.Sse2, Mnemonic.Paddq, Mnemonic.Vpaddq, VectorOp.Add64),
  integer(Feature.Sse2, Mnemonic.Psubb, Mnemonic.Vpsubb, VectorOp.Sub8),
  integer(Feature.Sse2, Mnemonic.Psubw, Mnemonic.Vpsubw, VectorOp.Sub16),
  integer(Feature.Sse2, Mnemonic.Psubd, Mnemonic.Vpsubd, VectorOp.Sub32),
  integer(Feature.Sse2, Mnemonic.Psubq, Mnemonic.Vpsubq, VectorOp.Sub64),
  integer(Feature.Sse2, Mnemonic.Paddsb, Mnemonic.Vpaddsb, VectorOp.AddSatS8),
  integer(Feature.Sse2, Mnemonic.Paddsw, Mnemonic.Vpaddsw, VectorOp.AddSatS16),
  integer(Feature.Sse2, Mnemonic.Paddusb, Mnemonic.Vpaddusb, VectorOp.AddSatU8),
  integer(Feature.Sse2, Mnemonic.Paddusw, Mnemonic.Vpaddusw, VectorOp.AddSatU16),
  integer(Feature.Sse2, Mnemonic.Psubsb, Mnemonic.Vpsubsb, VectorOp.SubSatS8),
  integer(Feature.Sse2, Mnemonic.Psubsw, Mnemonic.Vpsubsw, VectorOp.SubSatS16),
  integer(Feature.Sse2, Mnemonic.Psubusb, Mnemonic.Vpsubusb, VectorOp.SubSatU8),
  integer(Feature.Sse2, Mnemonic.Psubusw, Mnemonic.Vpsubusw, VectorOp.SubSatU16),
  integer(Feature.Sse2, Mnemonic.Pavgb, Mnemonic.Vpavgb, VectorOp.AverageU8),
  integer(Feature.Sse2, Mnemonic.Pavgw, Mnemonic.Vpavgw, VectorOp.AverageU16),
  integer(Feature.Sse2, Mnemonic.Pminub, Mnemonic.Vpminub, VectorOp.MinU8),
  integer(Feature.Sse2, Mnemonic.Pminsw, Mnemonic.Vpminsw, VectorOp.MinS16),
  integer(Feature.Sse2, Mnemonic.Pmaxub, Mnemonic.Vpmaxub, VectorOp.MaxU8),
  integer(Feature.Sse2, Mnemonic.Pmaxsw, Mnemonic.Vpmaxsw, VectorOp.MaxS16),
  integer(Feature.Sse2, Mnemonic.Pmullw, Mnemonic.Vpmullw, VectorOp.MultiplyLow16),
  integer(Feature.Sse2, Mnemonic.Pmulhw, Mnemonic.Vpmulhw, VectorOp.MultiplyHighS16),
  integer(Feature.Sse2, Mnemonic.Pmulhuw, Mnemonic.Vpmulhuw, VectorOp.MultiplyHighU16),
  integer(Feature.Sse2, Mnemonic.Pmuludq, Mnemonic.Vpmuludq, VectorOp.MultiplyWideU32),
  integer(Feature.Sse2, Mnemonic.Pmaddwd, Mnemonic.Vpmaddwd, VectorOp.MultiplyAdd16),
  integer(Feature.Sse2, Mnemonic.Psadbw, Mnemonic.Vpsadbw, VectorOp.AbsoluteDifferences),
  integer(Feature.Sse2, Mnemonic.Pcmpeqb, Mnemonic.Vpcmpeqb, VectorOp.Equal8),
  integer(Feature.Sse2, Mnemonic.Pcmpeqw, Mnemonic.Vpcmpeqw, VectorOp.Equal16),
  integer(Feature.Sse2, Mnemonic.Pcmpeqd, Mnemonic.Vpcmpeqd, VectorOp.Equal32),
  integer(Feature.Sse2, Mnemonic.Pcmpgtb, Mnemonic.Vpcmpgtb, VectorOp.GreaterS8),
  integer(Feature.Sse2, Mnemonic.Pcmpgtw, Mnemonic.Vpcmpgtw, VectorOp.GreaterS16),
  integer(Feature.Sse2, Mnemonic.Pcmpgtd, Mnemonic.Vpcmpgtd, VectorOp.GreaterS32),
  integer(Feature.Sse2, Mnemonic.Pand, Mnemonic.Vpand, VectorOp.And),
  integer(Feature.Sse2, Mnemonic.Pandn, Mnemonic.Vpandn, VectorOp.AndNot),
  integer(Feature.Sse2, Mnemonic.Por, Mnemonic.Vpor, VectorOp.Or),
  integer(Feature.Sse2, Mnemonic.Pxor, Mnemonic.Vpxor, VectorOp.Xor),
  integer(Feature.Ssse3, Mnemonic.Pabsb, Mnemonic.Vpabsb, VectorOp.Abs8),
  integer(Feature.Ssse3, Mnemonic.Pabsw, Mnemonic.Vpabsw, VectorOp.Abs16),
  integer(Feature.Ssse3, Mnemonic.Pabsd, Mnemonic.Vpabsd, VectorOp.Abs32),
  integer(Feature.Ssse3, Mnemonic.Psignb, Mnemonic.Vpsignb, VectorOp.Sign8),
  integer(Feature.Ssse3, Mnemonic.Psignw, Mnemonic.Vpsignw, VectorOp.Sign16),
  integer(Feature.Ssse3, Mnemonic.Psignd, Mnemonic.Vpsignd, VectorOp.Sign32),
  integer(Feature.Ssse3, Mnemonic.Pmulhrsw, Mnemonic.Vpmulhrsw, VectorOp.MultiplyRounded16),
  integer(Feature.Ssse3, Mnemonic.Pmaddubsw, Mnemonic.Vpmaddubsw, VectorOp.MultiplyAdd8),
  integer(Feature.Ssse3, Mnemonic.Phaddw, Mnemonic.Vphaddw, VectorOp.AddPairs16),
  integer(Feature.Ssse3, Mnemonic.Phaddd, Mnemonic.Vphaddd, VectorOp.AddPairs32),
  integer(Feature.Ssse3, Mnemonic.Phaddsw, Mnemonic.Vphaddsw, VectorOp.AddPairsSatS16),
  integer(Feature.Ssse3, Mnemonic.Phsubw, Mnemonic.Vphsubw, VectorOp.SubPairs16),
  integer(Feature.Ssse3, Mnemonic.Phsubd, Mnemonic.Vphsubd, VectorOp.SubPairs32),
  integer(Feature.Ssse3, Mnemonic.Phsubsw, Mnemonic.Vphsubsw, VectorOp.SubPairsSatS16),
  integer(Feature.Sse41, Mnemonic.Pminsb, Mnemonic.Vpminsb, VectorOp.MinS8),
  integer(Feature.Sse41, Mnemonic.Pminuw, Mnemonic.Vpminuw, VectorOp.MinU16),
  integer(Feature.Sse41, Mnemonic.Pminsd, Mnemonic.Vpminsd, VectorOp.MinS32),
  integer(Feature.Sse41, Mnemonic.Pminud, Mnemonic.Vpminud, VectorOp.MinU32),
  integer(Feature.Sse41, Mnemonic.Pmaxsb, Mnemonic.Vpmaxsb, VectorOp.MaxS8),
  integer(Feature.Sse41, Mnemonic.Pmaxuw, Mnemonic.Vpmaxuw, VectorOp.MaxU16),
  integer(Feature.Sse41, Mnemonic.Pmaxsd, Mnemonic.Vpmaxsd, VectorOp.MaxS32),
  integer(Feature.Sse41, Mnemonic.Pmaxud, Mnemonic.Vpmaxud, VectorOp.MaxU32),
  integer(Feature.Sse41, Mnemonic.Pmulld, Mnemonic.Vpmulld, VectorOp.MultiplyLow32),
  integer(Feature.Sse41, Mnemonic.Pmuldq, Mnemonic.Vpmuldq, VectorOp.MultiplyWideS32),
  integer(Feature.Sse41, Mnemonic.Pcmpeqq, Mnemonic.Vpcmpeqq, VectorOp.Equal64),
  integer(Feature.Sse41, Mnemonic.Phminposuw, Mnemonic.Vphminposuw, VectorOp.MinPosition),
  integer(Feature.Sse42, Mnemonic.Pcmpgtq, Mnemonic.Vpcmpgtq, VectorOp.GreaterS64),
  {
    ...integer(Feature.Sse41, Mnemonic.Mpsadbw, Mnemonic.Vmpsadbw, VectorOp.SlidingDifferences),
    immediateShift: 3,
  },
]);

/** Shifts of all lanes by one count: `op` by an immediate, `byOp` by the low half of a register or of 128 bits in memory. */
function shiftRows(legacy: Mnemonic, vex: Mnemonic, op: VectorOp, byOp: VectorOp): LoweringRows {
  const shift = integer(Feature.Sse2, legacy, vex, op);
  return [
    [legacy, ifImmediate(1, (context) => lowerLegacy(context, Uop.Vector, shift), shiftLegacy(byOp))],
    [vex, ifImmediate(2, (context) => lowerVex(context, Uop.Vector, shift), shiftVex(byOp))],
  ];
}

/** Zen 4 reads only the low half of a count in memory; 128 bits must be aligned all the same. */
function shiftLegacy(op: VectorOp): Lowering {
  return (context) => {
    if (!requireSse(context, Feature.Sse2)) return;
    const to = context.instruction.register(0);
    const count = readVector(context, 1, Width.Qword, VectorAlignment.UnlessMisalignedMode);
    emitVector(context, Uop.Vector, op, VectorForm.Legacy, to, to, to, 0, count);
  };
}

function shiftVex(op: VectorOp): Lowering {
  return (context) => {
    const form = requireVexForm(context, Feature.Avx, Feature.Avx2);
    if (form === undefined) return;
    const { instruction } = context;
    const source = instruction.register(1);
    const count = readVector(context, 2, XMM_WIDTH, VectorAlignment.None);
    emitVector(context, Uop.Vector, op, form, instruction.register(0), source, source, 0, count);
  };
}

const SHIFTS: LoweringRows = [
  ...shiftRows(Mnemonic.Psllw, Mnemonic.Vpsllw, VectorOp.ShiftLeft16, VectorOp.ShiftLeftBy16),
  ...shiftRows(Mnemonic.Pslld, Mnemonic.Vpslld, VectorOp.ShiftLeft32, VectorOp.ShiftLeftBy32),
  ...shiftRows(Mnemonic.Psllq, Mnemonic.Vpsllq, VectorOp.ShiftLeft64, VectorOp.ShiftLeftBy64),
  ...shiftRows(Mnemonic.Psrlw, Mnemonic.Vpsrlw, VectorOp.ShiftRight16, VectorOp.ShiftRightBy16),
  ...shiftRows(Mnemonic.Psrld, Mnemonic.Vpsrld, VectorOp.ShiftRight32, VectorOp.ShiftRightBy32),
  ...shiftRows(Mnemonic.Psrlq, Mnemonic.Vpsrlq, VectorOp.ShiftRight64, VectorOp.ShiftRightBy64),
  ...shiftRows(Mnemonic.Psraw, Mnemonic.Vpsraw, VectorOp.ShiftArithmetic16, VectorOp.ShiftArithmeticBy16),
  ...shiftRows(Mnemonic.Psrad, Mnemonic.Vpsrad, VectorOp.ShiftArithmetic32, VectorOp.ShiftArithmeticBy32),
  ...binaryRows(Uop.Vector, [
    integer(Feature.Sse2, Mnemonic.Pslldq, Mnemonic.Vpslldq, VectorOp.ShiftLeftBytes),
    integer(Feature.Sse2, Mnemonic.Psrldq, Mnemonic.Vpsrldq, VectorOp.ShiftRightBytes),
    { vex: Mnemonic.Vpsllvd, op: VectorOp.ShiftLeftEach32, ...AVX2 },
    { vex: Mnemonic.Vpsllvq, op: VectorOp.ShiftLeftEach64, ...AVX2 },
    { vex: Mnemonic.Vpsrlvd, op: VectorOp.ShiftRightEach32, ...AVX2 },
    { vex: Mnemonic.Vpsrlvq, op: VectorOp.ShiftRightEach64, ...AVX2 },
    { vex: Mnemonic.Vpsravd, op: VectorOp.ShiftArithmeticEach32, ...AVX2 },
  ]),
];

export const VECTOR_INTEGER: LoweringRows = [...ARITHMETIC, ...SHIFTS];
