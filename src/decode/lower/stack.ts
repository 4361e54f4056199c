/** PUSH, POP, LEAVE, ENTER and their families (APM vol 3). */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import { loadStack, loadStackTop, pop, push, setStackPointer } from './stack-access.js';

function lowerPush(context: LoweringContext): void {
  const { instruction } = context;
  const width = context.stackOperandWidth;
  if (instruction.isRegister(0) && instruction.isSegmentRegister(0)) {
    context.sys(SysOp.MovFromSegment, Reg.T0, instruction.register(0));
    push(context, Reg.T0, width);
  } else {
    push(context, context.read(0, width, Reg.T0), width);
  }
}

function lowerPop(context: LoweringContext): void {
  const { instruction } = context;
  const width = context.stackOperandWidth;
  if (instruction.isMemory(0)) popMemory(context, width);
  else if (instruction.isSegmentRegister(0))
    context.sysEnd(SysOp.PopSegment, instruction.register(0), 0, width);
  else pop(context, instruction.register(0), width);
}

/**
 * The destination's address is computed after the stack pointer has moved, but the stack pointer itself may only
 * move after the store: T3 holds the new one.
 */
function popMemory(context: LoweringContext, width: number): void {
  const { memory } = context;
  const { stackPointerWidth } = context.mode;
  loadStackTop(context, Reg.T0, width);
  context.move(Width.Qword, Reg.T3, Reg.Rsp);
  context.emit(Uop.Lea16 + stackPointerWidth - Width.Word, Reg.T4, Reg.Rsp, Reg.Zero, 0, 1 << width);
  context.move(stackPointerWidth, Reg.T3, Reg.T4);
  memory.fetch();
  if (memory.base === Reg.Rsp) memory.base = Reg.T3;
  memory.linearize(1 << width, true);
  memory.store(Reg.T0, width);
  context.move(Width.Qword, Reg.Rsp, Reg.T3);
}

function leave(context: LoweringContext): void {
  const width = context.stackOperandWidth;
  loadStack(context, Reg.T0, Reg.Rbp, width);
  setStackPointer(context, Reg.Rbp, 1 << width);
  context.move(width, Reg.Rbp, Reg.T0);
}

function enter(context: LoweringContext): void {
  const { instruction } = context;
  const width = context.stackOperandWidth;
  const frameBytes = instruction.immediateLow(0) & 0xffff;
  const nesting = instruction.immediateLow(1) & 0x1f;
  context.sys(SysOp.Enter, 0, 0, width, frameBytes, nesting);
}

function withWidth(op: SysOp, isEnd: boolean): Lowering {
  return (context) => {
    const width = context.stackOperandWidth;
    if (isEnd) context.sysEnd(op, 0, 0, width);
    else context.sys(op, 0, 0, width);
  };
}

export const STACK: LoweringRows = [
  [Mnemonic.Push, lowerPush],
  [Mnemonic.Pop, lowerPop],
  [Mnemonic.Leave, leave],
  [Mnemonic.Enter, enter],
  [Mnemonic.Pushf, withWidth(SysOp.Pushf, false)],
  [Mnemonic.Pushfd, withWidth(SysOp.Pushf, false)],
  [Mnemonic.Pushfq, withWidth(SysOp.Pushf, false)],
  [Mnemonic.Popf, withWidth(SysOp.Popf, true)],
  [Mnemonic.Popfd, withWidth(SysOp.Popf, true)],
  [Mnemonic.Popfq, withWidth(SysOp.Popf, true)],
  [Mnemonic.Pusha, withWidth(SysOp.Pusha, false)],
  [Mnemonic.Pushad, withWidth(SysOp.Pusha, false)],
  [Mnemonic.Popa, withWidth(SysOp.Popa, false)],
  [Mnemonic.Popad, withWidth(SysOp.Popa, false)],
];
