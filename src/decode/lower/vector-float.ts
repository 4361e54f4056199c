/** Floating-point arithmetic, comparison and conversion in vector registers (APM vol 4). */
import { FloatFormat, FloatOp, FusedOrder } from '../../../assembly/abi/float-op.js';
import { InvariantError } from '../../errors.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringRows } from './context.js';
import {
  conversionRows,
  flagRows,
  type FloatInstruction,
  floatRows,
  fromRegisterRows,
  fusedRow,
  loadMxcsr,
  packHalfRow,
  storeMxcsr,
  toRegisterRows,
} from './vector-float-row.js';
import { requireAvx, requireSse } from './availability.js';

const FORMATS = {
  ss: { format: FloatFormat.ScalarSingle },
  sd: { format: FloatFormat.ScalarDouble },
  ps: { format: FloatFormat.PackedSingle },
  pd: { format: FloatFormat.PackedDouble },
} as const;
const { ss: SS, sd: SD } = FORMATS;
type Suffix = keyof typeof FORMATS;
const ALL: readonly Suffix[] = ['ss', 'sd', 'ps', 'pd'];
const SINGLE: readonly Suffix[] = ['ss', 'ps'];
const SCALAR: readonly Suffix[] = ['ss', 'sd'];
const PACKED: readonly Suffix[] = ['ps', 'pd'];

/** The members of `Mnemonic` of that name with each suffix, and with V before them. */
function instructions(name: string, op: FloatOp, suffixes: readonly Suffix[]): FloatInstruction[] {
  return suffixes.map((suffix) => ({
    legacy: mnemonic(name + suffix),
    vex: mnemonic(`V${name.toLowerCase()}${suffix}`),
    op,
    ...FORMATS[suffix],
  }));
}

function mnemonic(name: string): Mnemonic {
  const value = Mnemonic[name as keyof typeof Mnemonic];
  if (value === undefined) throw new InvariantError(`no mnemonic ${name}`);
  return value;
}

const FUSED = [
  ['Vfmadd', FloatOp.Fmadd, ALL],
  ['Vfmsub', FloatOp.Fmsub, ALL],
  ['Vfnmadd', FloatOp.Fnmadd, ALL],
  ['Vfnmsub', FloatOp.Fnmsub, ALL],
  ['Vfmaddsub', FloatOp.FmaddSub, PACKED],
  ['Vfmsubadd', FloatOp.FmsubAdd, PACKED],
] as const;
const ORDERS = [
  ['132', FusedOrder.Order132],
  ['213', FusedOrder.Order213],
  ['231', FusedOrder.Order231],
] as const;

function fusedRows(): LoweringRows {
  return FUSED.flatMap(([name, op, suffixes]) =>
    ORDERS.flatMap(([digits, order]) =>
      suffixes.map((suffix): readonly [number, Lowering] => [
        mnemonic(name + digits + suffix),
        fusedRow(op, FORMATS[suffix].format, order),
      ]),
    ),
  );
}

/** CMPSD, which has the name of a string instruction. */
const COMPARISONS = floatRows(instructions('Cmp', FloatOp.Cmp, ALL));

/** Instructions whose legacy forms have the names of string instructions. */
export const FLOAT_NAMESAKES: LoweringRows = COMPARISONS.filter(([name]) => name === Mnemonic.Cmpsd);

export const VECTOR_FLOAT: LoweringRows = [
  ...floatRows([
    ...instructions('Add', FloatOp.Add, ALL),
    ...instructions('Sub', FloatOp.Sub, ALL),
    ...instructions('Mul', FloatOp.Mul, ALL),
    ...instructions('Div', FloatOp.Div, ALL),
    ...instructions('Sqrt', FloatOp.Sqrt, ALL),
    ...instructions('Min', FloatOp.Min, ALL),
    ...instructions('Max', FloatOp.Max, ALL),
    ...instructions('Round', FloatOp.Round, ALL),
    ...instructions('Rcp', FloatOp.Rcp, SINGLE),
    ...instructions('Rsqrt', FloatOp.Rsqrt, SINGLE),
    ...instructions('Addsub', FloatOp.AddSub, PACKED),
    ...instructions('Hadd', FloatOp.HorizontalAdd, PACKED),
    ...instructions('Hsub', FloatOp.HorizontalSub, PACKED),
    ...instructions('Dp', FloatOp.DotProduct, PACKED),
    // The format is that of the source.
    {
      legacy: Mnemonic.Cvtss2sd,
      vex: Mnemonic.Vcvtss2sd,
      op: FloatOp.CvtSs2Sd,
      ...SS,
    },
    { legacy: Mnemonic.Cvtsd2ss, vex: Mnemonic.Vcvtsd2ss, op: FloatOp.CvtSd2Ss, ...SD },
  ]),
  ...COMPARISONS.filter(([name]) => name !== Mnemonic.Cmpsd),
  ...flagRows([
    ...instructions('Comi', FloatOp.Comi, SCALAR),
    ...instructions('Ucomi', FloatOp.Ucomi, SCALAR),
  ]),
  ...fusedRows(),
  ...conversionRows([
    { legacy: Mnemonic.Cvtdq2ps, vex: Mnemonic.Vcvtdq2ps, op: FloatOp.CvtDq2Ps, widening: 0 },
    { legacy: Mnemonic.Cvtdq2pd, vex: Mnemonic.Vcvtdq2pd, op: FloatOp.CvtDq2Pd, widening: 1 },
    { legacy: Mnemonic.Cvtps2dq, vex: Mnemonic.Vcvtps2dq, op: FloatOp.CvtPs2Dq, widening: 0 },
    { legacy: Mnemonic.Cvttps2dq, vex: Mnemonic.Vcvttps2dq, op: FloatOp.CvttPs2Dq, widening: 0 },
    { legacy: Mnemonic.Cvtpd2dq, vex: Mnemonic.Vcvtpd2dq, op: FloatOp.CvtPd2Dq, widening: -1 },
    { legacy: Mnemonic.Cvttpd2dq, vex: Mnemonic.Vcvttpd2dq, op: FloatOp.CvttPd2Dq, widening: -1 },
    { legacy: Mnemonic.Cvtps2pd, vex: Mnemonic.Vcvtps2pd, op: FloatOp.CvtPs2Pd, widening: 1 },
    { legacy: Mnemonic.Cvtpd2ps, vex: Mnemonic.Vcvtpd2ps, op: FloatOp.CvtPd2Ps, widening: -1 },
    { vex: Mnemonic.Vcvtph2ps, op: FloatOp.CvtPh2Ps, widening: 1 },
  ]),
  [Mnemonic.Vcvtps2ph, packHalfRow],
  ...fromRegisterRows([...instructions('Cvtsi2', FloatOp.CvtSi32, SCALAR)]),
  ...toRegisterRows([
    { legacy: Mnemonic.Cvtss2si, vex: Mnemonic.Vcvtss2si, op: FloatOp.CvtToSi32, ...SS },
    { legacy: Mnemonic.Cvtsd2si, vex: Mnemonic.Vcvtsd2si, op: FloatOp.CvtToSi32, ...SD },
    { legacy: Mnemonic.Cvttss2si, vex: Mnemonic.Vcvttss2si, op: FloatOp.CvttToSi32, ...SS },
    { legacy: Mnemonic.Cvttsd2si, vex: Mnemonic.Vcvttsd2si, op: FloatOp.CvttToSi32, ...SD },
  ]),
  [Mnemonic.Ldmxcsr, (context) => requireSse(context) && loadMxcsr(context)],
  [Mnemonic.Vldmxcsr, (context) => requireAvx(context) && loadMxcsr(context)],
  [Mnemonic.Stmxcsr, (context) => requireSse(context) && storeMxcsr(context)],
  [Mnemonic.Vstmxcsr, (context) => requireAvx(context) && storeMxcsr(context)],
];
