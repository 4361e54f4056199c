/**
 * Control transfer (APM vol 3, JMP, Jcc, CALL, RET, LOOP and the far forms).
 *
 * Targets are offsets from the start of the block. A target outside of CS's limit, or not canonical, faults at the
 * branch (APM vol 2 §8.2.14). The branching micro-ops see to that; where the stack moves before them, a `CheckTarget`
 * comes first.
 */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic, OpKind } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import {
  checkBelowStack,
  isFlatStack32,
  loadStackTop,
  pop,
  push,
  pushChecked,
  setStackPointer,
} from './stack-access.js';

/** Width of the target of a direct near branch. */
function targetWidth(context: LoweringContext): number {
  return context.instruction.opKind(0) - OpKind.NearBranch16 + Width.Word;
}

/** The target's offset fits the immediate of a branch. */
function isNearTarget({ instruction }: LoweringContext): boolean {
  const { displacementLow, displacementHigh } = instruction;
  return instruction.opKind(0) !== OpKind.NearBranch64 || displacementHigh === displacementLow >> 31;
}

/** A branch can fault for its target. Not in flat 32-bit code, and a 16-bit offset is always canonical. */
function canFault({ mode }: LoweringContext, width: number): boolean {
  return mode.is64Bit ? width === Width.Qword : !mode.isFlat;
}

/** `register` ← RIP of the block + an offset, truncated to `width`. */
function address(
  context: LoweringContext,
  register: number,
  width: number,
  low: number,
  high = low >> 31,
): void {
  context.emit(Uop.Lea16 + width - Width.Word, register, Reg.BlockRip, Reg.Zero, 0, low, high);
}

/** `register` ← target of a direct near branch. */
function targetAddress(context: LoweringContext, register: number, width: number): void {
  const { displacementLow, displacementHigh } = context.instruction;
  const high = width === Width.Qword ? displacementHigh : displacementLow >> 31;
  address(context, register, width, displacementLow, high);
}

/** Goes to the address in `register`. */
function branchTo(context: LoweringContext, register: number, width: number): void {
  context.branch(Uop.JmpReg, register, width);
}

function jmp(context: LoweringContext): void {
  const { instruction } = context;
  const kind = instruction.opKind(0);
  if (kind === OpKind.FarBranch16 || kind === OpKind.FarBranch32) farDirect(context, SysOp.JmpFar);
  else if (kind === OpKind.NearBranch16 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch64)
    jmpRelative(context);
  else if (isFarMemory(context)) farIndirect(context, SysOp.JmpFar);
  else jmpIndirect(context);
}

function jmpRelative(context: LoweringContext): void {
  const width = targetWidth(context);
  if (isNearTarget(context)) {
    context.branch(Uop.Jmp, 0, width, 0, context.instruction.displacementLow, context.nextOffset);
    return;
  }
  targetAddress(context, Reg.T0, width);
  branchTo(context, Reg.T0, width);
}

function jmpIndirect(context: LoweringContext): void {
  const width = context.instruction.width(0);
  const target = context.read(0, width, Reg.T0);
  branchTo(context, target, width);
}

function call(context: LoweringContext): void {
  const { instruction } = context;
  const kind = instruction.opKind(0);
  if (kind === OpKind.FarBranch16 || kind === OpKind.FarBranch32) farDirect(context, SysOp.CallFar);
  else if (kind === OpKind.NearBranch16 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch64)
    callRelative(context);
  else if (isFarMemory(context)) farIndirect(context, SysOp.CallFar);
  else callIndirect(context);
}

function callRelative(context: LoweringContext): void {
  const width = targetWidth(context);
  const { instruction, mode } = context;
  if (isNearTarget(context) && mode.is64Bit && width === Width.Qword) {
    context.branch(Uop.CallRel64, 0, width, 0, instruction.displacementLow, context.nextOffset);
  } else if (isFlatStack32(context) && mode.codeWidth === Width.Dword && width === Width.Dword) {
    context.branch(Uop.CallRel32, 0, width, 0, instruction.displacementLow, context.nextOffset);
  } else {
    targetAddress(context, Reg.T0, width);
    callRegister(context, Reg.T0, width);
  }
}

function callIndirect(context: LoweringContext): void {
  const width = context.instruction.width(0);
  const operand = context.read(0, width, Reg.T0);
  // The push moves rSP before the branch reads it.
  if (operand === Reg.Rsp) context.move(Width.Qword, Reg.T0, operand);
  callRegister(context, operand === Reg.Rsp ? Reg.T0 : operand, width);
}

/** As silicon does, a bad stack faults before a bad target, and nothing is stored unless both are good. */
function callRegister(context: LoweringContext, target: number, width: number): void {
  address(context, Reg.T1, width, context.nextOffset);
  if (canFault(context, width)) {
    const slot = checkBelowStack(context, width);
    context.emit(Uop.CheckTarget, 0, target, width);
    pushChecked(context, Reg.T1, slot, width);
  } else {
    push(context, Reg.T1, width);
  }
  branchTo(context, target, width);
}

/** RET, with or without bytes to release. The stack pointer moves only when the target is known to be good. */
function ret(context: LoweringContext): void {
  const width = context.stackOperandWidth;
  const { instruction } = context;
  const releaseBytes = instruction.isImmediate(0) ? instruction.immediateLow(0) & 0xffff : 0;
  if (releaseBytes === 0 && !canFault(context, width)) {
    pop(context, Reg.T0, width);
  } else {
    loadStackTop(context, Reg.T0, width);
    if (canFault(context, width)) context.emit(Uop.CheckTarget, 0, Reg.T0, width);
    setStackPointer(context, Reg.Rsp, (1 << width) + releaseBytes);
  }
  branchTo(context, Reg.T0, width);
}

function retFar(context: LoweringContext): void {
  const { instruction } = context;
  const releaseBytes = instruction.isImmediate(0) ? instruction.immediateLow(0) & 0xffff : 0;
  context.sysEnd(SysOp.RetFar, 0, 0, context.operandWidth, releaseBytes);
}

function farDirect(context: LoweringContext, op: SysOp): void {
  const { instruction } = context;
  const width = instruction.opKind(0) === OpKind.FarBranch16 ? Width.Word : Width.Dword;
  context.moveImmediate(Reg.T0, instruction.farOffset, 0);
  context.moveImmediate(Reg.T1, instruction.displacementLow & 0xffff, 0);
  context.sysEnd(op, Reg.T0, Reg.T1, width);
}

function farIndirect(context: LoweringContext, op: SysOp): void {
  const { instruction, memory } = context;
  const width = instruction.memoryWidth;
  memory.loadFarPointer(width);
  // 16-bit loads keep the rest of a temporary.
  if (width === Width.Word) context.emit(Uop.Movzx16To64, Reg.T0, Reg.T0);
  context.emit(Uop.Movzx16To64, Reg.T1, Reg.T1);
  context.sysEnd(op, Reg.T0, Reg.T1, width);
}

function isFarMemory({ instruction }: LoweringContext): boolean {
  return instruction.isMemory(0) && instruction.isFarPointer;
}

function jcc(condition: number): Lowering {
  return (context) => {
    const width = targetWidth(context);
    const { displacementLow } = context.instruction;
    if (isNearTarget(context)) {
      context.branch(Uop.Jcc, 0, width, condition, displacementLow, context.nextOffset);
      return;
    }
    address(context, Reg.T0, width, context.nextOffset);
    targetAddress(context, Reg.T1, width);
    context.emit(Uop.Cmov64, Reg.T0, Reg.T1, 0, condition);
    branchTo(context, Reg.T0, width);
  };
}

/** LOOPNE, LOOPE, LOOP, JrCXZ: `kind` as `Uop.Loop` numbers them. The counter is as wide as addresses. */
function loop(kind: number): Lowering {
  return (context) => {
    const { displacementLow } = context.instruction;
    const width = targetWidth(context);
    context.branch(Uop.Loop, context.addressWidth, width, kind, displacementLow, context.nextOffset);
  };
}

/** In the order of condition codes (APM vol 3 App. A). */
// prettier-ignore
const JCC = [
  Mnemonic.Jo, Mnemonic.Jno, Mnemonic.Jb, Mnemonic.Jae,
  Mnemonic.Je, Mnemonic.Jne, Mnemonic.Jbe, Mnemonic.Ja,
  Mnemonic.Js, Mnemonic.Jns, Mnemonic.Jp, Mnemonic.Jnp,
  Mnemonic.Jl, Mnemonic.Jge, Mnemonic.Jle, Mnemonic.Jg,
];

export const BRANCH: LoweringRows = [
  [Mnemonic.Jmp, jmp],
  [Mnemonic.Call, call],
  [Mnemonic.Ret, ret],
  [Mnemonic.Retf, retFar],
  [Mnemonic.Loopne, loop(0)],
  [Mnemonic.Loope, loop(1)],
  [Mnemonic.Loop, loop(2)],
  [Mnemonic.Jcxz, loop(3)],
  [Mnemonic.Jecxz, loop(3)],
  [Mnemonic.Jrcxz, loop(3)],
  ...JCC.map((mnemonic, condition) => [mnemonic, jcc(condition)] as const),
];
