/** Moves and logic of whole vector registers (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment } from '../../../assembly/abi/vector-register.js';
import { Feature } from '../features.js';
import { Mnemonic } from '../iced-enums.js';
import type { LoweringRows } from './context.js';
import { binaryRows, moveRow, moveRowVex } from './vector-row.js';

const { Always, None } = VectorAlignment;

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
