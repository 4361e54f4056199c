/** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (APM vol 4 §1.5). */
import { StringCompare } from '../../../assembly/abi/string-compare.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { VectorAlignment } from '../../../assembly/abi/vector-register.js';
import { Mnemonic } from '../iced-enums.js';
import { requireAvx, requireSse } from './availability.js';
import type { Lowering, LoweringRows } from './context.js';
import { immediateOf, readVector, XMM_WIDTH } from './vector-row.js';

const { ExplicitLength, WideLength, Mask, ClearUpper } = StringCompare;

/** The operand in memory need not be aligned. */
function compare(form: number, isVex = false): Lowering {
  return (context) => {
    if (!(isVex ? requireAvx : requireSse)(context)) return;
    const second = readVector(context, 1, XMM_WIDTH, VectorAlignment.None);
    const first = context.instruction.register(0);
    context.sys(SysOp.CompareStrings, first, second, 0, immediateOf(context, 2), form);
  };
}

const VEX = true;

export const STRING_COMPARE: LoweringRows = [
  [Mnemonic.Pcmpestri, compare(ExplicitLength)],
  [Mnemonic.Pcmpestri64, compare(ExplicitLength | WideLength)],
  [Mnemonic.Pcmpestrm, compare(ExplicitLength | Mask)],
  [Mnemonic.Pcmpestrm64, compare(ExplicitLength | WideLength | Mask)],
  [Mnemonic.Pcmpistri, compare(0)],
  [Mnemonic.Pcmpistrm, compare(Mask)],
  [Mnemonic.Vpcmpestri, compare(ExplicitLength, VEX)],
  [Mnemonic.Vpcmpestri64, compare(ExplicitLength | WideLength, VEX)],
  [Mnemonic.Vpcmpestrm, compare(ExplicitLength | Mask | ClearUpper, VEX)],
  [Mnemonic.Vpcmpestrm64, compare(ExplicitLength | WideLength | Mask | ClearUpper, VEX)],
  [Mnemonic.Vpcmpistri, compare(0, VEX)],
  [Mnemonic.Vpcmpistrm, compare(Mask | ClearUpper, VEX)],
];
