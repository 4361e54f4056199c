/** Floating-point arithmetic, comparison and conversion in vector registers (APM vol 4). */
import { FloatFormat, FloatOp } from '../../../assembly/abi/float-op.js';
import { Mnemonic } from '../iced-enums.js';
import type { LoweringRows } from './context.js';
import {
  ARITHMETIC,
  COMPARISON,
  FLAG_COMPARISONS,
  type FloatNames,
  type FormatSuffix,
  FROM_REGISTER,
  FUSED,
} from './vector-float-mnemonics.js';
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

const FORMATS: Readonly<Record<FormatSuffix, FloatFormat>> = {
  ss: FloatFormat.ScalarSingle,
  sd: FloatFormat.ScalarDouble,
  ps: FloatFormat.PackedSingle,
  pd: FloatFormat.PackedDouble,
};
const SS = { format: FORMATS.ss };
const SD = { format: FORMATS.sd };

function instructions(...families: readonly FloatNames[]): FloatInstruction[] {
  return families.flatMap(([op, forms]) =>
    entries(forms).map(([suffix, [legacy, vex]]) => ({ legacy, vex, op, format: FORMATS[suffix] })),
  );
}

function fusedRows(): LoweringRows {
  return FUSED.flatMap(([op, order, forms]) =>
    entries(forms).map(([suffix, mnemonic]) => [mnemonic, fusedRow(op, FORMATS[suffix], order)] as const),
  );
}

function entries<Form>(forms: Readonly<Partial<Record<FormatSuffix, Form>>>): [FormatSuffix, Form][] {
  return Object.entries(forms) as [FormatSuffix, Form][];
}

/** CMPSD, which has the name of a string instruction. */
const COMPARISONS = floatRows(instructions(COMPARISON));

/** Instructions whose legacy forms have the names of string instructions. */
export const FLOAT_NAMESAKES: LoweringRows = COMPARISONS.filter(([name]) => name === Mnemonic.Cmpsd);

export const VECTOR_FLOAT: LoweringRows = [
  ...floatRows([
    ...instructions(...ARITHMETIC),
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
  ...flagRows(instructions(...FLAG_COMPARISONS)),
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
  ...fromRegisterRows(instructions(FROM_REGISTER)),
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
