/** Segment, control and debug registers (APM vol 2 §3.1, §4.5; vol 3, MOV CRn, MOV DRn, LDS, LAR, …). */
import { Reg, Seg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** Byte b of LLDT, LTR and LMSW: the word is in memory, at the offset in a. */
const IN_MEMORY = 1;

/** Lowers a MOV that names a segment, control or debug register. False if it is another MOV. */
export function moveSpecial(context: LoweringContext): boolean {
  const { instruction } = context;
  if (instruction.isRegister(1)) {
    if (instruction.isSegmentRegister(1)) movFromSegment(context);
    else if (instruction.isControlRegister(1)) movFrom(context, SysOp.MovFromCr);
    else if (instruction.isDebugRegister(1)) movFrom(context, SysOp.MovFromDr);
    else return moveTo(context);
    return true;
  }
  return moveTo(context);
}

function moveTo(context: LoweringContext): boolean {
  const { instruction } = context;
  if (!instruction.isRegister(0)) return false;
  const target = instruction.register(0);
  if (instruction.isSegmentRegister(0)) {
    const source = context.read(1, Width.Word, Reg.T0);
    context.sysEnd(SysOp.MovToSegment, target, source);
  } else if (instruction.isControlRegister(0)) {
    context.sysEnd(SysOp.MovToCr, instruction.register(1), target);
  } else if (instruction.isDebugRegister(0)) {
    context.sysEnd(SysOp.MovToDr, instruction.register(1), target);
  } else {
    return false;
  }
  return true;
}

function movFrom(context: LoweringContext, op: SysOp): void {
  context.sys(op, context.instruction.register(0), context.instruction.register(1));
}

/** To memory always 16 bits; to a wider register zero-extended. */
function movFromSegment(context: LoweringContext): void {
  const { instruction } = context;
  context.sys(SysOp.MovFromSegment, Reg.T0, instruction.register(1));
  writeWord(context, 0);
}

/** Writes the word in T0, which is zero-extended, to a register of any width or to 16 bits of memory. */
function writeWord(context: LoweringContext, operand: number): void {
  const { instruction } = context;
  const width = instruction.isMemory(operand) ? Width.Word : instruction.width(operand);
  context.write(operand, width, Reg.T0);
}

/** LDS, LES, LSS, LFS, LGS: offset, then selector, then both registers at once. */
function loadFar(segment: Seg): Lowering {
  return (context) => {
    const { instruction, memory } = context;
    const width = instruction.width(0);
    memory.loadFarPointer(width);
    context.sysEnd(SysOp.LoadFarPointer, instruction.register(0), Reg.T1, width, segment);
  };
}

/** The instruction exists only in protected mode: #UD elsewhere, before its operand is touched. */
function protectedOnly(lowering: Lowering): Lowering {
  return (context) => {
    if (context.mode.isRealOrV86) context.sysEnd(SysOp.Undefined);
    else lowering(context);
  };
}

/** LLDT, LTR, LMSW: a 16-bit source, which the core function reads after privilege and intercept. */
function fromLateWord(op: SysOp): Lowering {
  return (context) => {
    const { instruction, memory } = context;
    if (!instruction.isMemory(0)) return context.sysEnd(op, instruction.register(0));
    memory.computeSegmentOffset();
    context.sysEnd(op, Reg.Address, IN_MEMORY, 0, memory.segment);
  };
}

/** VERR, VERW: a 16-bit source. */
function fromWord(op: SysOp): Lowering {
  return (context) => context.sysEnd(op, 0, context.read(0, Width.Word, Reg.T0));
}

/** SLDT, STR, SMSW: the value into T0, which then goes to a register or to 16 bits of memory. */
function toWord(op: SysOp): Lowering {
  return (context) => {
    context.sys(op, Reg.T0);
    writeWord(context, 0);
  };
}

function queryDescriptor(op: SysOp): Lowering {
  return (context) => {
    const { instruction } = context;
    const selector = context.read(1, Width.Word, Reg.T0);
    context.sys(op, instruction.register(0), selector, instruction.width(0));
  };
}

/** In the param of ARPL: the operand is in memory, in the segment of bits 2:0. */
const SELECTOR_IN_MEMORY = 8;

/** In memory, the operand is written only if it changes: the core function accesses it itself. */
function arpl(context: LoweringContext): void {
  const { instruction, memory } = context;
  const source = instruction.register(1);
  if (!instruction.isMemory(0)) {
    context.sys(SysOp.Arpl, instruction.register(0), source);
    return;
  }
  memory.computeSegmentOffset();
  context.sys(SysOp.Arpl, Reg.Address, source, 0, SELECTOR_IN_MEMORY | memory.segment);
}

/** LGDT, LIDT, SGDT, SIDT: the core function accesses the operand itself, after privilege and intercept. */
function tableRegister(op: SysOp): Lowering {
  return (context) => {
    const { memory } = context;
    memory.computeSegmentOffset();
    const width = context.mode.is64Bit ? Width.Qword : context.operandWidth;
    context.sysEnd(op, Reg.Address, 0, width, memory.segment);
  };
}

export const SPECIAL_REGISTER: LoweringRows = [
  [Mnemonic.Lds, loadFar(Seg.Ds)],
  [Mnemonic.Les, loadFar(Seg.Es)],
  [Mnemonic.Lss, loadFar(Seg.Ss)],
  [Mnemonic.Lfs, loadFar(Seg.Fs)],
  [Mnemonic.Lgs, loadFar(Seg.Gs)],
  [Mnemonic.Lldt, protectedOnly(fromLateWord(SysOp.Lldt))],
  [Mnemonic.Ltr, protectedOnly(fromLateWord(SysOp.Ltr))],
  [Mnemonic.Lmsw, fromLateWord(SysOp.Lmsw)],
  [Mnemonic.Verr, protectedOnly(fromWord(SysOp.Verr))],
  [Mnemonic.Verw, protectedOnly(fromWord(SysOp.Verw))],
  [Mnemonic.Sldt, protectedOnly(toWord(SysOp.Sldt))],
  [Mnemonic.Str, protectedOnly(toWord(SysOp.Str))],
  [Mnemonic.Smsw, toWord(SysOp.Smsw)],
  [Mnemonic.Lar, protectedOnly(queryDescriptor(SysOp.Lar))],
  [Mnemonic.Lsl, protectedOnly(queryDescriptor(SysOp.Lsl))],
  [Mnemonic.Arpl, protectedOnly(arpl)],
  [Mnemonic.Lgdt, tableRegister(SysOp.Lgdt)],
  [Mnemonic.Lidt, tableRegister(SysOp.Lidt)],
  [Mnemonic.Sgdt, tableRegister(SysOp.Sgdt)],
  [Mnemonic.Sidt, tableRegister(SysOp.Sidt)],
];
