/** Moves and logic of whole vector registers (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp, VectorWholeOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm } from '../../../assembly/abi/vector-register.js';
import { Feature } from '../features.js';
import { Mnemonic } from '../iced-enums.js';
import { requireAvx } from './availability.js';
import type { Lowering, LoweringRows } from './context.js';
import { binaryRows, emitVector, moveRow, moveRowVex } from './vector-row.js';

const { Always, None } = VectorAlignment;

/** VZEROUPPER and VZEROALL: of the registers that the mode has. */
function zero(op: VectorWholeOp): Lowering {
  return (context) => {
    if (!requireAvx(context, Feature.Avx)) return;
    emitVector(context, Uop.VectorWhole, op, VectorForm.Vex256, 0, 0, 0, context.mode.is64Bit ? 16 : 8);
  };
}

export const VECTOR_MOVE: LoweringRows = [
  [Mnemonic.Movaps, moveRow(Feature.Sse, Always)],
  [Mnemonic.Movapd, moveRow(Feature.Sse2, Always)],
  [Mnemonic.Movdqa, moveRow(Feature.Sse2, Always)],
  [Mnemonic.Movups, moveRow(Feature.Sse, None)],
  [Mnemonic.Movupd, moveRow(Feature.Sse2, None)],
  [Mnemonic.Movdqu, moveRow(Feature.Sse2, None)],
  [Mnemonic.Vmovaps, moveRowVex(Always)],
  [Mnemonic.Vmovapd, moveRowVex(Always)],
  [Mnemonic.Vmovdqa, moveRowVex(Always)],
  [Mnemonic.Vmovups, moveRowVex(None)],
  [Mnemonic.Vmovupd, moveRowVex(None)],
  [Mnemonic.Vmovdqu, moveRowVex(None)],
  [Mnemonic.Lddqu, moveRow(Feature.Sse3, None)],
  [Mnemonic.Movntdq, moveRow(Feature.Sse2, Always)],
  [Mnemonic.Movntps, moveRow(Feature.Sse, Always)],
  [Mnemonic.Movntpd, moveRow(Feature.Sse2, Always)],
  [Mnemonic.Movntdqa, moveRow(Feature.Sse41, Always)],
  [Mnemonic.Vlddqu, moveRowVex(None)],
  [Mnemonic.Vmovntdq, moveRowVex(Always)],
  [Mnemonic.Vmovntps, moveRowVex(Always)],
  [Mnemonic.Vmovntpd, moveRowVex(Always)],
  [Mnemonic.Vmovntdqa, moveRowVex(Always, Feature.Avx2)],
  [Mnemonic.Vzeroupper, zero(VectorWholeOp.ZeroUpper)],
  [Mnemonic.Vzeroall, zero(VectorWholeOp.ZeroAll)],
  ...binaryRows(Uop.Vector, [
    { legacy: Mnemonic.Andps, vex: Mnemonic.Vandps, op: VectorOp.And, feature: Feature.Sse },
    { legacy: Mnemonic.Andpd, vex: Mnemonic.Vandpd, op: VectorOp.And, feature: Feature.Sse2 },
    { legacy: Mnemonic.Andnps, vex: Mnemonic.Vandnps, op: VectorOp.AndNot, feature: Feature.Sse },
    { legacy: Mnemonic.Andnpd, vex: Mnemonic.Vandnpd, op: VectorOp.AndNot, feature: Feature.Sse2 },
    { legacy: Mnemonic.Orps, vex: Mnemonic.Vorps, op: VectorOp.Or, feature: Feature.Sse },
    { legacy: Mnemonic.Orpd, vex: Mnemonic.Vorpd, op: VectorOp.Or, feature: Feature.Sse2 },
    { legacy: Mnemonic.Xorps, vex: Mnemonic.Vxorps, op: VectorOp.Xor, feature: Feature.Sse },
    { legacy: Mnemonic.Xorpd, vex: Mnemonic.Vxorpd, op: VectorOp.Xor, feature: Feature.Sse2 },
  ]),
];
