/** Shifts and rotates (APM vol 3, ROL to SAR, SHLD, SHRD). */
import { Reg } from '../../../assembly/abi/register.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringRows } from './context.js';

/** From the form that takes its count from a register to the one that has it in byte n. */
const IMMEDIATE = Uop.RolRI8 - Uop.RolRR8;

/** Counts are taken modulo 32, or modulo 64 for 64-bit operands. */
function countMask(width: number): number {
  return width === Width.Qword ? 63 : 31;
}

function shift(family: Uop): Lowering {
  return (context) => {
    const { instruction } = context;
    const width = instruction.width(0);
    const isImmediate = instruction.isImmediate(1);
    const count = isImmediate ? instruction.immediateLow(1) & countMask(width) : 0;
    context.modify(0, width, (register) => {
      if (isImmediate) context.emit(family + IMMEDIATE + width, register, 0, 0, count);
      else context.emit(family + width, register, instruction.register(1));
    });
  };
}

function doubleShift(family: Uop): Lowering {
  return (context) => {
    const { instruction } = context;
    const width = instruction.width(0);
    const source = instruction.register(1);
    context.modify(0, width, (register) => {
      const count = context.read(2, Width.Byte, Reg.T1);
      context.emit(family + width - Width.Word, register, source, count);
    });
  };
}

export const SHIFT: LoweringRows = [
  [Mnemonic.Rol, shift(Uop.RolRR8)],
  [Mnemonic.Ror, shift(Uop.RorRR8)],
  [Mnemonic.Rcl, shift(Uop.RclRR8)],
  [Mnemonic.Rcr, shift(Uop.RcrRR8)],
  [Mnemonic.Shl, shift(Uop.ShlRR8)],
  // C0 /6 and its like: the same operation under another name.
  [Mnemonic.Sal, shift(Uop.ShlRR8)],
  [Mnemonic.Shr, shift(Uop.ShrRR8)],
  [Mnemonic.Sar, shift(Uop.SarRR8)],
  [Mnemonic.Shld, doubleShift(Uop.Shld16)],
  [Mnemonic.Shrd, doubleShift(Uop.Shrd16)],
];
