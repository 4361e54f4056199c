/** String instructions: one core function each, which does all iterations that it may (APM vol 3, MOVS to OUTS). */
import { Seg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** Fields of `param`, as abi/sys-op.ts says. */
const REPEAT_SHIFT = 2;
const SEGMENT_SHIFT = 4;

enum Repeat {
  None = 0,
  /** REPE, or REP where there is no condition. */
  WhileEqual = 1,
  WhileNotEqual = 2,
}

/** Only CMPS and SCAS look at ZF; for the others either prefix repeats. */
function repeat({ instruction }: LoweringContext, isConditional: boolean): Repeat {
  if (instruction.hasRepne) return isConditional ? Repeat.WhileNotEqual : Repeat.WhileEqual;
  return instruction.hasRepe ? Repeat.WhileEqual : Repeat.None;
}

/** Segment of the source, which a prefix can change; in 64-bit mode only FS and GS count. */
function sourceSegment({ instruction, mode }: LoweringContext): Seg {
  const prefix = instruction.segmentPrefix;
  return prefix < 0 || (mode.is64Bit && prefix < Seg.Fs) ? Seg.Ds : (prefix as Seg);
}

function string(op: SysOp, width: Width, isConditional = false): Lowering {
  return (context) => {
    const segment = sourceSegment(context) << SEGMENT_SHIFT;
    const param = context.addressWidth | (repeat(context, isConditional) << REPEAT_SHIFT) | segment;
    context.sys(op, 0, 0, width, param);
  };
}

/** INS and OUTS also reach devices, which may interrupt. */
function port(op: SysOp, width: Width): Lowering {
  const lower = string(op, width);
  return (context) => {
    lower(context);
    context.isBlockEnd = true;
  };
}

export const STRING: LoweringRows = [
  [Mnemonic.Movsb, string(SysOp.Movs, Width.Byte)],
  [Mnemonic.Movsw, string(SysOp.Movs, Width.Word)],
  [Mnemonic.Movsd, string(SysOp.Movs, Width.Dword)],
  [Mnemonic.Movsq, string(SysOp.Movs, Width.Qword)],
  [Mnemonic.Stosb, string(SysOp.Stos, Width.Byte)],
  [Mnemonic.Stosw, string(SysOp.Stos, Width.Word)],
  [Mnemonic.Stosd, string(SysOp.Stos, Width.Dword)],
  [Mnemonic.Stosq, string(SysOp.Stos, Width.Qword)],
  [Mnemonic.Lodsb, string(SysOp.Lods, Width.Byte)],
  [Mnemonic.Lodsw, string(SysOp.Lods, Width.Word)],
  [Mnemonic.Lodsd, string(SysOp.Lods, Width.Dword)],
  [Mnemonic.Lodsq, string(SysOp.Lods, Width.Qword)],
  [Mnemonic.Cmpsb, string(SysOp.Cmps, Width.Byte, true)],
  [Mnemonic.Cmpsw, string(SysOp.Cmps, Width.Word, true)],
  [Mnemonic.Cmpsd, string(SysOp.Cmps, Width.Dword, true)],
  [Mnemonic.Cmpsq, string(SysOp.Cmps, Width.Qword, true)],
  [Mnemonic.Scasb, string(SysOp.Scas, Width.Byte, true)],
  [Mnemonic.Scasw, string(SysOp.Scas, Width.Word, true)],
  [Mnemonic.Scasd, string(SysOp.Scas, Width.Dword, true)],
  [Mnemonic.Scasq, string(SysOp.Scas, Width.Qword, true)],
  [Mnemonic.Insb, port(SysOp.Ins, Width.Byte)],
  [Mnemonic.Insw, port(SysOp.Ins, Width.Word)],
  [Mnemonic.Insd, port(SysOp.Ins, Width.Dword)],
  [Mnemonic.Outsb, port(SysOp.Outs, Width.Byte)],
  [Mnemonic.Outsw, port(SysOp.Outs, Width.Word)],
  [Mnemonic.Outsd, port(SysOp.Outs, Width.Dword)],
];
