/** Integer arithmetic, comparisons, logic and shifts of vectors (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireSse } from './availability.js';
import type { Lowering, LoweringRows } from './context.js';
import {
  binaryRows,
  emitVector,
  ifImmediate,
  both,
  lowerLegacy,
  lowerVex,
  readVector,
  requireVexForm,
  XMM_WIDTH,
} from './vector-row.js';

const ARITHMETIC: LoweringRows = binaryRows(Uop.Vector, [
  both(Mnemonic.Paddb, Mnemonic.Vpaddb, VectorOp.Add8),
  both(Mnemonic.Paddw, Mnemonic.Vpaddw, VectorOp.Add16),
  both(Mnemonic.Paddd, Mnemonic.Vpaddd, VectorOp.Add32),
  both(Mnemonic.Paddq, Mnemonic.Vpaddq, VectorOp.Add64),
  both(Mnemonic.Psubb, Mnemonic.Vpsubb, VectorOp.Sub8),
  both(Mnemonic.Psubw, Mnemonic.Vpsubw, VectorOp.Sub16),
  both(Mnemonic.Psubd, Mnemonic.Vpsubd, VectorOp.Sub32),
  both(Mnemonic.Psubq, Mnemonic.Vpsubq, VectorOp.Sub64),
  both(Mnemonic.Paddsb, Mnemonic.Vpaddsb, VectorOp.AddSatS8),
  both(Mnemonic.Paddsw, Mnemonic.Vpaddsw, VectorOp.AddSatS16),
  both(Mnemonic.Paddusb, Mnemonic.Vpaddusb, VectorOp.AddSatU8),
  both(Mnemonic.Paddusw, Mnemonic.Vpaddusw, VectorOp.AddSatU16),
  both(Mnemonic.Psubsb, Mnemonic.Vpsubsb, VectorOp.SubSatS8),
  both(Mnemonic.Psubsw, Mnemonic.Vpsubsw, VectorOp.SubSatS16),
  both(Mnemonic.Psubusb, Mnemonic.Vpsubusb, VectorOp.SubSatU8),
  both(Mnemonic.Psubusw, Mnemonic.Vpsubusw, VectorOp.SubSatU16),
  both(Mnemonic.Pavgb, Mnemonic.Vpavgb, VectorOp.AverageU8),
  both(Mnemonic.Pavgw, Mnemonic.Vpavgw, VectorOp.AverageU16),
  both(Mnemonic.Pminub, Mnemonic.Vpminub, VectorOp.MinU8),
  both(Mnemonic.Pminsw, Mnemonic.Vpminsw, VectorOp.MinS16),
  both(Mnemonic.Pmaxub, Mnemonic.Vpmaxub, VectorOp.MaxU8),
  both(Mnemonic.Pmaxsw, Mnemonic.Vpmaxsw, VectorOp.MaxS16),
  both(Mnemonic.Pmullw, Mnemonic.Vpmullw, VectorOp.MultiplyLow16),
  both(Mnemonic.Pmulhw, Mnemonic.Vpmulhw, VectorOp.MultiplyHighS16),
  both(Mnemonic.Pmulhuw, Mnemonic.Vpmulhuw, VectorOp.MultiplyHighU16),
  both(Mnemonic.Pmuludq, Mnemonic.Vpmuludq, VectorOp.MultiplyWideU32),
  both(Mnemonic.Pmaddwd, Mnemonic.Vpmaddwd, VectorOp.MultiplyAdd16),
  both(Mnemonic.Psadbw, Mnemonic.Vpsadbw, VectorOp.AbsoluteDifferences),
  both(Mnemonic.Pcmpeqb, Mnemonic.Vpcmpeqb, VectorOp.Equal8),
  both(Mnemonic.Pcmpeqw, Mnemonic.Vpcmpeqw, VectorOp.Equal16),
  both(Mnemonic.Pcmpeqd, Mnemonic.Vpcmpeqd, VectorOp.Equal32),
  both(Mnemonic.Pcmpgtb, Mnemonic.Vpcmpgtb, VectorOp.GreaterS8),
  both(Mnemonic.Pcmpgtw, Mnemonic.Vpcmpgtw, VectorOp.GreaterS16),
  both(Mnemonic.Pcmpgtd, Mnemonic.Vpcmpgtd, VectorOp.GreaterS32),
  both(Mnemonic.Pand, Mnemonic.Vpand, VectorOp.And),
  both(Mnemonic.Pandn, Mnemonic.Vpandn, VectorOp.AndNot),
  both(Mnemonic.Por, Mnemonic.Vpor, VectorOp.Or),
  both(Mnemonic.Pxor, Mnemonic.Vpxor, VectorOp.Xor),
  both(Mnemonic.Pabsb, Mnemonic.Vpabsb, VectorOp.Abs8),
  both(Mnemonic.Pabsw, Mnemonic.Vpabsw, VectorOp.Abs16),
  both(Mnemonic.Pabsd, Mnemonic.Vpabsd, VectorOp.Abs32),
  both(Mnemonic.Psignb, Mnemonic.Vpsignb, VectorOp.Sign8),
  both(Mnemonic.Psignw, Mnemonic.Vpsignw, VectorOp.Sign16),
  both(Mnemonic.Psignd, Mnemonic.Vpsignd, VectorOp.Sign32),
  both(Mnemonic.Pmulhrsw, Mnemonic.Vpmulhrsw, VectorOp.MultiplyRounded16),
  both(Mnemonic.Pmaddubsw, Mnemonic.Vpmaddubsw, VectorOp.MultiplyAdd8),
  both(Mnemonic.Phaddw, Mnemonic.Vphaddw, VectorOp.AddPairs16),
  both(Mnemonic.Phaddd, Mnemonic.Vphaddd, VectorOp.AddPairs32),
  both(Mnemonic.Phaddsw, Mnemonic.Vphaddsw, VectorOp.AddPairsSatS16),
  both(Mnemonic.Phsubw, Mnemonic.Vphsubw, VectorOp.SubPairs16),
  both(Mnemonic.Phsubd, Mnemonic.Vphsubd, VectorOp.SubPairs32),
  both(Mnemonic.Phsubsw, Mnemonic.Vphsubsw, VectorOp.SubPairsSatS16),
  both(Mnemonic.Pminsb, Mnemonic.Vpminsb, VectorOp.MinS8),
  both(Mnemonic.Pminuw, Mnemonic.Vpminuw, VectorOp.MinU16),
  both(Mnemonic.Pminsd, Mnemonic.Vpminsd, VectorOp.MinS32),
  both(Mnemonic.Pminud, Mnemonic.Vpminud, VectorOp.MinU32),
  both(Mnemonic.Pmaxsb, Mnemonic.Vpmaxsb, VectorOp.MaxS8),
  both(Mnemonic.Pmaxuw, Mnemonic.Vpmaxuw, VectorOp.MaxU16),
  both(Mnemonic.Pmaxsd, Mnemonic.Vpmaxsd, VectorOp.MaxS32),
  both(Mnemonic.Pmaxud, Mnemonic.Vpmaxud, VectorOp.MaxU32),
  both(Mnemonic.Pmulld, Mnemonic.Vpmulld, VectorOp.MultiplyLow32),
  both(Mnemonic.Pmuldq, Mnemonic.Vpmuldq, VectorOp.MultiplyWideS32),
  both(Mnemonic.Pcmpeqq, Mnemonic.Vpcmpeqq, VectorOp.Equal64),
  both(Mnemonic.Phminposuw, Mnemonic.Vphminposuw, VectorOp.MinPosition),
  both(Mnemonic.Pcmpgtq, Mnemonic.Vpcmpgtq, VectorOp.GreaterS64),
  {
    ...both(Mnemonic.Mpsadbw, Mnemonic.Vmpsadbw, VectorOp.SlidingDifferences),
    immediateShift: 3,
  },
]);

/** Shifts of all lanes by one count: `op` by an immediate, `byOp` by the low half of a register or of 128 bits in memory. */
function shiftRows(legacy: Mnemonic, vex: Mnemonic, op: VectorOp, byOp: VectorOp): LoweringRows {
  const shift = both(legacy, vex, op);
  return [
    [legacy, ifImmediate(1, (context) => lowerLegacy(context, Uop.Vector, shift), shiftLegacy(byOp))],
    [vex, ifImmediate(2, (context) => lowerVex(context, Uop.Vector, shift), shiftVex(byOp))],
  ];
}

/** Zen 4 reads only the low half of a count in memory; 128 bits must be aligned all the same. */
function shiftLegacy(op: VectorOp): Lowering {
  return (context) => {
    if (!requireSse(context)) return;
    const to = context.instruction.register(0);
    const count = readVector(context, 1, Width.Qword, VectorAlignment.UnlessMisalignedMode);
    emitVector(context, Uop.Vector, op, VectorForm.Legacy, to, to, to, 0, count);
  };
}

function shiftVex(op: VectorOp): Lowering {
  return (context) => {
    const form = requireVexForm(context);
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
    both(Mnemonic.Pslldq, Mnemonic.Vpslldq, VectorOp.ShiftLeftBytes),
    both(Mnemonic.Psrldq, Mnemonic.Vpsrldq, VectorOp.ShiftRightBytes),
    { vex: Mnemonic.Vpsllvd, op: VectorOp.ShiftLeftEach32 },
    { vex: Mnemonic.Vpsllvq, op: VectorOp.ShiftLeftEach64 },
    { vex: Mnemonic.Vpsrlvd, op: VectorOp.ShiftRightEach32 },
    { vex: Mnemonic.Vpsrlvq, op: VectorOp.ShiftRightEach64 },
    { vex: Mnemonic.Vpsravd, op: VectorOp.ShiftArithmeticEach32 },
  ]),
];

export const VECTOR_INTEGER: LoweringRows = [...ARITHMETIC, ...SHIFTS];
