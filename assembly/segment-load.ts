/**
 * Loading segment registers (APM vol 2 §4.5, §4.6, §4.11).
 *
 * `check…` functions read and judge a descriptor and mark it accessed; they raise the fault and return false, or return
 * true. `load…` functions cannot fail. Who loads several segments checks all of them first.
 */
import { SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Vector } from './abi/vector';
import {
  Descriptor,
  descriptorDpl,
  isCodeSegment,
  isConforming,
  isNullSelector,
  isPresent,
  isReadable,
  isWritableData,
  markAccessed,
  raiseSelector,
  readDescriptor,
} from './descriptor';
import { isAborted } from './fault';
import { isCanonical } from './canonical';
import { attributes, cpu, isLongMode, isV86, setAttributes, setBase, setLimit, setSelector } from './state';

/** What virtual-8086 mode makes of every segment: present, DPL 3, writable, accessed (APM vol 2 §4.5.3). */
const V86_ATTRIBUTES: u32 = 0xf3;
const V86_LIMIT: u32 = 0xffff;

/**
 * Loads a segment register in real or virtual-8086 mode: the base follows from the selector. Real mode keeps limit and
 * type as they are, which software uses to reach beyond 64 KiB.
 */
export function loadRealSegment(seg: u32, selector: u32): void {
  setSelector(seg, selector);
  setBase(seg, <u64>(selector << 4));
  if (isV86()) {
    setLimit(seg, V86_LIMIT);
    setAttributes(seg, V86_ATTRIBUTES);
  } else {
    setAttributes(seg, attributes(seg) | SegAttr.P | SegAttr.S);
  }
}

/** Loads a descriptor that was checked. */
export function loadSegment(seg: u32, d: Descriptor): void {
  setSelector(seg, d.selector);
  setAttributes(seg, d.attributes);
  setLimit(seg, d.limit);
  setBase(seg, d.base);
}

/** Loads CS and the CPL, which is also the selector's RPL. */
export function loadCode(d: Descriptor, cpl: u32): void {
  loadSegment(Seg.Cs, d);
  setSelector(Seg.Cs, (d.selector & 0xfffc) | cpl);
  cpu().cpl = cpl;
}

/** Makes a segment register unusable. Base and limit are cleared too, as since Zen 3 (CPUID Fn8000_0021 EAX[6]). */
export function loadNull(seg: u32, selector: u32): void {
  setSelector(seg, selector);
  setAttributes(seg, 0);
  setLimit(seg, 0);
  setBase(seg, 0);
}

/** Loads a null selector into SS, as 64-bit mode does below CPL 3; its DPL still tells the CPL. */
export function loadNullStack(selector: u32, cpl: u32): void {
  loadNull(Seg.Ss, selector);
  setAttributes(Seg.Ss, cpl << 5);
}

/** A non-null selector for DS, ES, FS or GS. `vector` is #GP, or #TS in a task switch. */
export function checkData(d: Descriptor, selector: u32, vector: Vector): bool {
  if (!readDescriptor(d, selector, vector)) return false;
  const privilege = max<u32>(cpu().cpl, selector & 3);
  const isPrivate = !isConforming(d) && privilege > descriptorDpl(d);
  if (!isReadable(d) || isPrivate) return refuse(vector, selector);
  if (!isPresent(d)) return refuse(Vector.Np, selector);
  markAccessed(d);
  return !isAborted();
}

/** A non-null selector for SS at privilege level `privilege`. `vector` is #GP, or #TS for inner stacks and tasks. */
export function checkStack(d: Descriptor, selector: u32, privilege: u32, vector: Vector): bool {
  if (!readDescriptor(d, selector, vector)) return false;
  const isRightLevel = (selector & 3) == privilege && descriptorDpl(d) == privilege;
  if (!isRightLevel || !isWritableData(d)) return refuse(vector, selector);
  if (!isPresent(d)) return refuse(Vector.Ss, selector);
  markAccessed(d);
  return !isAborted();
}

/**
 * SS as MOV, POP and the returns to another level load it: null is allowed in 64-bit mode below CPL 3.
 *
 * @param isLong The code that will use the stack is 64-bit code.
 */
export function checkStackOrNull(d: Descriptor, selector: u32, privilege: u32, isLong: bool): bool {
  if (!isNullSelector(selector)) return checkStack(d, selector, privilege, Vector.Gp);
  const isAllowed = isLong && privilege != 3 && (selector & 3) == privilege;
  return isAllowed || refuse(Vector.Gp, 0);
}

/** Loads what `checkStackOrNull` let pass. */
export function loadStackOrNull(d: Descriptor, selector: u32, privilege: u32): void {
  if (isNullSelector(selector)) loadNullStack(selector, privilege);
  else loadSegment(Seg.Ss, d);
}

/** The code segment of a far return or IRET: never to an inner level (APM vol 2 §4.11). */
export function checkReturnCode(d: Descriptor, selector: u32): bool {
  if (isNullSelector(selector)) return refuse(Vector.Gp, 0);
  if (!readDescriptor(d, selector, Vector.Gp)) return false;
  const rpl = selector & 3;
  const isRightLevel = isConforming(d) ? descriptorDpl(d) <= rpl : descriptorDpl(d) == rpl;
  if (!isCodeSegment(d) || rpl < cpu().cpl || !isRightLevel) return refuse(Vector.Gp, selector);
  return checkPresentCode(d, selector);
}

/** What must hold of any code segment: its size is defined, it is present. Followed by `checkCodeTarget`. */
export function checkPresentCode(d: Descriptor, selector: u32): bool {
  const bothSizes = SegAttr.L | SegAttr.Db;
  if (isLongMode() && (d.attributes & bothSizes) == bothSizes) return refuse(Vector.Gp, selector);
  return isPresent(d) || refuse(Vector.Np, selector);
}

/** Whether RIP may be `target` in this code segment, which was checked: #GP(0) if not. Marks the segment accessed. */
export function checkCodeTarget(d: Descriptor, target: u64): bool {
  const isLegal = isLongCode(d) ? isCanonical(target) : target <= <u64>d.limit;
  if (!isLegal) return refuse(Vector.Gp, 0);
  markAccessed(d);
  return !isAborted();
}

/** Runs 64-bit code: CS.L in long mode. */
export function isLongCode(d: Descriptor): bool {
  return isLongMode() && (d.attributes & SegAttr.L) != 0;
}

/** After a return to an outer level: data segments that the new level may not use become null (APM vol 2 §4.11.3). */
export function dropInaccessibleSegments(): void {
  dropInaccessible(Seg.Es);
  dropInaccessible(Seg.Ds);
  dropInaccessible(Seg.Fs);
  dropInaccessible(Seg.Gs);
}

function dropInaccessible(seg: u32): void {
  const attr = attributes(seg);
  if ((attr & SegAttr.P) == 0) return;
  const conforming = SegAttr.Code | SegAttr.ExpandDownOrConforming;
  const isShared = (attr & conforming) == conforming;
  if (!isShared && (attr & SegAttr.Dpl) >> 5 < cpu().cpl) loadNull(seg, 0);
}

/** Raises and says no. */
function refuse(vector: Vector, selector: u32): bool {
  raiseSelector(vector, selector);
  return false;
}
