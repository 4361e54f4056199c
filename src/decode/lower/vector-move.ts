/** Moves and logic of whole vector registers (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp, VectorWholeOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm } from '../../../assembly/abi/vector-register.js';
import { Mnemonic } from '../iced-enums.js';
import { requireAvx } from './availability.js';
import type { Lowering, LoweringRows } from './context.js';
import { binaryRows, emitVector, moveRow, moveRowVex } from './vector-row.js';

const { Always, None } = VectorAlignment;

/** VZEROUPPER and VZEROALL: of the registers that the mode has. */
function zero(op: VectorWholeOp): Lowering {
  return (context) => {
    if (!requireAvx(context)) return;
    emitVector(context, Uop.VectorWhole, op, VectorForm.Vex256, 0, 0, 0, context.mode.is64Bit ? 16 : 8);
  };
}

export const VECTOR_MOVE: LoweringRows = [
  [Mnemonic.Movaps, moveRow(Always)],
  [Mnemonic.Movapd, moveRow(Always)],
  [Mnemonic.Movdqa, moveRow(Always)],
  [Mnemonic.Movups, moveRow(None)],
  [Mnemonic.Movupd, moveRow(None)],
  [Mnemonic.Movdqu, moveRow(None)],
  [Mnemonic.Vmovaps, moveRowVex(Always)],
  [Mnemonic.Vmovapd, moveRowVex(Always)],
  [Mnemonic.Vmovdqa, moveRowVex(Always)],
  [Mnemonic.Vmovups, moveRowVex(None)],
  [Mnemonic.Vmovupd, moveRowVex(None)],
  [Mnemonic.Vmovdqu, moveRowVex(None)],
  [Mnemonic.Lddqu, moveRow(None)],
  [Mnemonic.Movntdq, moveRow(Always)],
  [Mnemonic.Movntps, moveRow(Always)],
  [Mnemonic.Movntpd, moveRow(Always)],
  [Mnemonic.Movntdqa, moveRow(Always)],
  [Mnemonic.Vlddqu, moveRowVex(None)],
  [Mnemonic.Vmovntdq, moveRowVex(Always)],
  [Mnemonic.Vmovntps, moveRowVex(Always)],
  [Mnemonic.Vmovntpd, moveRowVex(Always)],
  [Mnemonic.Vmovntdqa, moveRowVex(Always)],
  [Mnemonic.Vzeroupper, zero(VectorWholeOp.ZeroUpper)],
  [Mnemonic.Vzeroall, zero(VectorWholeOp.ZeroAll)],
  ...binaryRows(Uop.Vector, [
    { legacy: Mnemonic.Andps, vex: Mnemonic.Vandps, op: VectorOp.And },
    { legacy: Mnemonic.Andpd, vex: Mnemonic.Vandpd, op: VectorOp.And },
    { legacy: Mnemonic.Andnps, vex: Mnemonic.Vandnps, op: VectorOp.AndNot },
    { legacy: Mnemonic.Andnpd, vex: Mnemonic.Vandnpd, op: VectorOp.AndNot },
    { legacy: Mnemonic.Orps, vex: Mnemonic.Vorps, op: VectorOp.Or },
    { legacy: Mnemonic.Orpd, vex: Mnemonic.Vorpd, op: VectorOp.Or },
    { legacy: Mnemonic.Xorps, vex: Mnemonic.Vxorps, op: VectorOp.Xor },
    { legacy: Mnemonic.Xorpd, vex: Mnemonic.Vxorpd, op: VectorOp.Xor },
  ]),
];
