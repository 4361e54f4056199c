/** Bit tests and scans (APM vol 3, BT, BTS, BTR, BTC, BSF, BSR). */
import { Reg } from '../../../assembly/abi/register.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** From the register form of an operation to its immediate form. */
const IMMEDIATE = Uop.BtRI16 - Uop.BtRR16;

function bitTest(family: Uop): Lowering {
  const isWrite = family !== Uop.BtRR16;
  return (context) => {
    const { instruction, memory } = context;
    const width = instruction.width(0);
    if (!instruction.isMemory(0)) {
      operate(context, family, width, instruction.register(0));
      return;
    }
    resolveBitString(context, width, isWrite);
    if (isWrite) memory.loadForWrite(Reg.T0, width);
    else memory.load(Reg.T0, width);
    operate(context, family, width, Reg.T0);
    if (isWrite) memory.store(Reg.T0, width);
  };
}

/** A register index reaches any bit of a string of 2^width bits in both directions from the operand. */
function resolveBitString(context: LoweringContext, width: number, isWrite: boolean): void {
  const { instruction, memory } = context;
  memory.fetch();
  if (!instruction.isImmediate(1)) {
    memory.computeOffset();
    context.emit(Uop.BitAddress16 + width - Width.Word, Reg.Address, instruction.register(1));
    memory.setOffset(Reg.Address);
  }
  memory.linearize(1 << width, isWrite);
}

function operate(context: LoweringContext, family: Uop, width: number, register: number): void {
  const { instruction } = context;
  const code = family + width - Width.Word;
  if (instruction.isImmediate(1))
    context.emit(code + IMMEDIATE, register, 0, 0, 0, instruction.immediateLow(1) & 0xff);
  else context.emit(code, register, instruction.register(1));
}

function bitScan(family: Uop): Lowering {
  return (context) => {
    const { instruction } = context;
    const width = instruction.width(0);
    const source = context.read(1, width, Reg.T0);
    context.emit(family + width - Width.Word, instruction.register(0), source);
  };
}

export const BIT: LoweringRows = [
  [Mnemonic.Bt, bitTest(Uop.BtRR16)],
  [Mnemonic.Bts, bitTest(Uop.BtsRR16)],
  [Mnemonic.Btr, bitTest(Uop.BtrRR16)],
  [Mnemonic.Btc, bitTest(Uop.BtcRR16)],
  [Mnemonic.Bsf, bitScan(Uop.Bsf16)],
  [Mnemonic.Bsr, bitScan(Uop.Bsr16)],
];
