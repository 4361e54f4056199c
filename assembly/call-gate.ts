/** Call gates: the way to an inner privilege level by a far call (APM vol 2 §4.11.2, §4.11.2.1 for long mode). */
import { SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Vector } from './abi/vector';
import {
  codeDescriptor,
  Descriptor,
  descriptorDpl,
  gateOffset,
  gateSelector,
  isCodeSegment,
  isConforming,
  isNullSelector,
  raiseSelector,
  readDescriptor,
  readUpperHalf,
  stackDescriptor,
  SystemType,
  systemType,
} from './descriptor';
import { isAborted } from './fault';
import { openInnerStack, openLongStack } from './inner-stack';
import { readLinear } from './memory';
import { checkPresentCode, checkCodeTarget, loadCode, loadNullStack, loadSegment } from './segment-load';
import { segmentLinear } from './segment';
import { currentStack, loadStackPointer, pushSlot, Stack } from './stack-frame';
import { attributes, cpu, isLongMode, selector } from './state';

/** In the second word of a 16- or 32-bit gate: how many parameters to copy. */
const PARAMETER_COUNT: u32 = 0x1f;

/**
 * Goes through a present gate that the program may use. The offset of JMP or CALL is the gate's. The return address is
 * stored before the offset is checked, as a far CALL without a gate does.
 */
export function enterThroughCallGate(gate: Descriptor, isCall: bool): void {
  if (!readUpperHalf(gate, Vector.Gp)) return;
  const code = codeDescriptor();
  if (!checkGateCode(code, gateSelector(gate), isCall)) return;
  const isInner = isCall && !isConforming(code) && descriptorDpl(code) < cpu().cpl;
  const privilege = isInner ? descriptorDpl(code) : cpu().cpl;
  const stack = isInner ? storeOnInnerStack(gate, privilege) : currentStack(gateWidth(gate));
  if (!isInner && isLongMode()) stack.isLong = 1;
  if (isCall) storeReturn(stack);
  if (isAborted()) return;
  const offset = gateOffset(gate);
  if (!checkCodeTarget(code, offset)) return;
  if (isInner) loadInnerStack(privilege);
  if (isCall) loadStackPointer(stack.pointer, stack.isLong != 0);
  loadCode(code, privilege);
  cpu().rip = offset;
}

/** The code segment of a call gate: a call may go inward, a jump may not. In long mode it must be 64-bit code. */
function checkGateCode(d: Descriptor, target: u32, isCall: bool): bool {
  if (isNullSelector(target)) return refuse(0);
  if (!readDescriptor(d, target, Vector.Gp)) return false;
  const cpl = cpu().cpl;
  const dpl = descriptorDpl(d);
  const isRightLevel = isCall || isConforming(d) ? dpl <= cpl : dpl == cpl;
  const isRightSize = !isLongMode() || (d.attributes & (SegAttr.L | SegAttr.Db)) == SegAttr.L;
  if (!isCodeSegment(d) || !isRightLevel || !isRightSize) return refuse(target);
  return checkPresentCode(d, target);
}

/** log2 of the gate's slot size. */
function gateWidth(gate: Descriptor): u32 {
  if (isLongMode()) return 3;
  return systemType(gate) == SystemType.CallGate32 ? 2 : 1;
}

/** What a call to an inner level finds on its new stack before the return address: the old stack and the parameters. */
function storeOnInnerStack(gate: Descriptor, privilege: u32): Stack {
  const isLong = isLongMode();
  const stack = isLong ? openLongStack(privilege, 0) : openInnerStack(privilege, gateWidth(gate));
  pushSlot(stack, selector(Seg.Ss));
  pushSlot(stack, cpu().rsp);
  if (!isLong) copyParameters(stack, gate.high & PARAMETER_COUNT);
  return stack;
}

/** SS of the stack that `storeOnInnerStack` opened. */
function loadInnerStack(privilege: u32): void {
  if (isLongMode()) loadNullStack(privilege, privilege);
  else loadSegment(Seg.Ss, stackDescriptor());
}

/** The last parameter pushed lies lowest, on both stacks. */
function copyParameters(stack: Stack, count: u32): void {
  const mask: u64 = (attributes(Seg.Ss) & SegAttr.Db) != 0 ? 0xffffffff : 0xffff;
  for (let i = count; i > 0; i--) {
    if (isAborted()) return;
    const offset = (cpu().rsp + (i - 1) * stack.slot) & mask;
    const linear = segmentLinear(Seg.Ss, offset, stack.slot, false);
    if (isAborted()) return;
    const value = stack.slot == 4 ? readLinear<u32>(linear, Seg.Ss) : <u32>readLinear<u16>(linear, Seg.Ss);
    pushSlot(stack, <u64>value);
  }
}

function storeReturn(stack: Stack): void {
  pushSlot(stack, selector(Seg.Cs));
  pushSlot(stack, cpu().nextRip);
}

function refuse(target: u32): bool {
  raiseSelector(Vector.Gp, target);
  return false;
}
