/** Addition, subtraction, comparison and logic (APM vol 3, ADD, ADC, SUB, SBB, CMP, AND, OR, XOR, TEST, INC, DEC, NEG, NOT). */
import { Reg } from '../../../assembly/abi/register.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** From the register form of an operation to its immediate form. */
const IMMEDIATE = Uop.AddRI8 - Uop.AddRR8;

/** destination ← destination op source */
function binary(family: Uop): Lowering {
  return (context) => {
    const { instruction } = context;
    const width = instruction.width(0);
    if (!instruction.isMemory(0)) {
      operate(context, family, width, instruction.register(0), context.instruction.isMemory(1));
      return;
    }
    context.modify(0, width, (register) => operate(context, family, width, register, false));
  };
}

/** Flags of first op second. */
function compare(family: Uop): Lowering {
  return (context) => {
    const width = context.instruction.width(0);
    const first = context.read(0, width, Reg.T0);
    operate(context, family, width, first, context.instruction.isMemory(1));
  };
}

function operate(
  context: LoweringContext,
  family: Uop,
  width: number,
  destination: number,
  isLoaded: boolean,
): void {
  const { instruction } = context;
  if (instruction.isImmediate(1)) {
    const low = instruction.immediateLow(1);
    context.emit(family + IMMEDIATE + width, destination, 0, 0, 0, low, instruction.immediateHigh(1));
    return;
  }
  const source = isLoaded ? context.read(1, width, Reg.T0) : instruction.register(1);
  context.emit(family + width, destination, source);
}

/** destination ← op destination */
function unary(family: Uop): Lowering {
  return (context) => {
    const width = context.instruction.width(0);
    context.modify(0, width, (register) => context.emit(family + width, register));
  };
}

export const ARITH: LoweringRows = [
  [Mnemonic.Add, binary(Uop.AddRR8)],
  [Mnemonic.Or, binary(Uop.OrRR8)],
  [Mnemonic.Adc, binary(Uop.AdcRR8)],
  [Mnemonic.Sbb, binary(Uop.SbbRR8)],
  [Mnemonic.And, binary(Uop.AndRR8)],
  [Mnemonic.Sub, binary(Uop.SubRR8)],
  [Mnemonic.Xor, binary(Uop.XorRR8)],
  [Mnemonic.Cmp, compare(Uop.CmpRR8)],
  [Mnemonic.Test, compare(Uop.TestRR8)],
  [Mnemonic.Inc, unary(Uop.Inc8)],
  [Mnemonic.Dec, unary(Uop.Dec8)],
  [Mnemonic.Neg, unary(Uop.Neg8)],
  [Mnemonic.Not, unary(Uop.Not8)],
];
