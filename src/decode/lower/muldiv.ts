/** Multiplication, division and decimal adjustment (APM vol 3, MUL, IMUL, DIV, IDIV, AAA to DAS). */
import { Reg } from '../../../assembly/abi/register.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** rDX:rAX by one operand. */
function accumulator(family: Uop): Lowering {
  return (context) => {
    const width = context.instruction.width(0);
    context.emit(family + width, 0, context.read(0, width, Reg.T0));
  };
}

const wideImul = accumulator(Uop.Imul8);

/** One, two or three operands. */
function imul(context: LoweringContext): void {
  const { instruction } = context;
  if (instruction.isImmediate(2)) {
    const width = instruction.width(0);
    const source = context.read(1, width, Reg.T0);
    const low = instruction.immediateLow(2);
    const high = instruction.immediateHigh(2);
    context.emit(Uop.Imul3RI16 + width - Width.Word, instruction.register(0), source, 0, 0, low, high);
  } else if (instruction.isRegister(1) || instruction.isMemory(1)) {
    const width = instruction.width(0);
    const source = context.read(1, width, Reg.T0);
    context.emit(Uop.Imul2RR16 + width - Width.Word, instruction.register(0), source);
  } else {
    wideImul(context);
  }
}

function decimal(uop: Uop): Lowering {
  return (context) => context.emit(uop);
}

function decimalBase(uop: Uop): Lowering {
  return (context) => context.emit(uop, 0, 0, 0, 0, context.instruction.immediateLow(0) & 0xff);
}

export const MULDIV: LoweringRows = [
  [Mnemonic.Mul, accumulator(Uop.Mul8)],
  [Mnemonic.Imul, imul],
  [Mnemonic.Div, accumulator(Uop.Div8)],
  [Mnemonic.Idiv, accumulator(Uop.Idiv8)],
  [Mnemonic.Daa, decimal(Uop.Daa)],
  [Mnemonic.Das, decimal(Uop.Das)],
  [Mnemonic.Aaa, decimal(Uop.Aaa)],
  [Mnemonic.Aas, decimal(Uop.Aas)],
  [Mnemonic.Aam, decimalBase(Uop.Aam)],
  [Mnemonic.Aad, decimalBase(Uop.Aad)],
];
