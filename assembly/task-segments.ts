/** The incoming task's segments, checked in its own context: faults are #TS, #NP and #SS of the new task (APM vol 2 §12.3.2). */
import { Rflags } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Vector } from './abi/vector';
import {
  codeDescriptor,
  dataDescriptor,
  Descriptor,
  descriptorDpl,
  isCodeSegment,
  isConforming,
  isNullSelector,
  isPresent,
  markAccessed,
  raiseSelector,
  readDescriptor,
  stackDescriptor,
  SystemType,
  systemType,
} from './descriptor';
import { isAborted } from './fault';
import {
  checkData,
  checkPresentCode,
  checkStack,
  loadCode,
  loadNull,
  loadRealSegment,
  loadSegment,
} from './segment-load';
import { cpu } from './state';
import { TaskImage } from './task-state';

/** Loads LDTR and the six segment registers; at the first fault the rest stay unusable, with their new selectors. */
export function loadIncomingSegments(image: TaskImage): void {
  for (let seg: u32 = Seg.Es; seg <= <u32>Seg.Gs; seg++) loadNull(seg, incomingSelector(image, seg));
  loadNull(Seg.Ldtr, image.ldtr);
  const isV86 = (image.eflags & Rflags.Vm) != 0;
  cpu().cpl = isV86 ? 3 : image.cs & 3;
  if (!loadIncomingLdt(image.ldtr)) return;
  if (isV86) {
    for (let seg: u32 = Seg.Es; seg <= <u32>Seg.Gs; seg++) loadRealSegment(seg, incomingSelector(image, seg));
    return;
  }
  // SS is checked against the new CPL, so the code segment's level must be right first.
  if (!loadIncomingCode(image.cs) || !loadIncomingStack(image.ss)) return;
  for (let seg: u32 = Seg.Es; seg <= <u32>Seg.Gs; seg++) {
    if (seg == <u32>Seg.Cs || seg == <u32>Seg.Ss) continue;
    if (!loadIncomingData(seg, incomingSelector(image, seg))) return;
  }
}

/** The selectors of ES to GS are consecutive, in the order of `Seg`. */
function incomingSelector(image: TaskImage, seg: u32): u32 {
  return load<u32>(changetype<usize>(image) + (seg << 2), offsetof<TaskImage>('es'));
}

function loadIncomingLdt(selector: u32): bool {
  if (isNullSelector(selector)) return true;
  const d = dataDescriptor();
  if ((selector & 4) != 0) return refuse(Vector.Ts, selector);
  if (!readDescriptor(d, selector, Vector.Ts)) return false;
  if (systemType(d) != SystemType.Ldt || !isPresent(d)) return refuse(Vector.Ts, selector);
  loadSegment(Seg.Ldtr, d);
  return true;
}

function loadIncomingCode(selector: u32): bool {
  const d = codeDescriptor();
  if (isNullSelector(selector)) return refuse(Vector.Ts, 0);
  if (!readDescriptor(d, selector, Vector.Ts)) return false;
  const isRightLevel = isRightCodeLevel(d, selector & 3);
  if (!isCodeSegment(d) || !isRightLevel) return refuse(Vector.Ts, selector);
  if (!checkPresentCode(d, selector)) return false;
  markAccessed(d);
  if (isAborted()) return false;
  loadCode(d, selector & 3);
  return true;
}

function isRightCodeLevel(d: Descriptor, rpl: u32): bool {
  return isConforming(d) ? descriptorDpl(d) <= rpl : descriptorDpl(d) == rpl;
}

function loadIncomingStack(selector: u32): bool {
  const d = stackDescriptor();
  if (isNullSelector(selector)) return refuse(Vector.Ts, 0);
  if (!checkStack(d, selector, cpu().cpl, Vector.Ts)) return false;
  loadSegment(Seg.Ss, d);
  return true;
}

function loadIncomingData(seg: u32, selector: u32): bool {
  if (isNullSelector(selector)) return true;
  const d = dataDescriptor();
  if (!checkData(d, selector, Vector.Ts)) return false;
  loadSegment(seg, d);
  return true;
}

function refuse(vector: Vector, selector: u32): bool {
  raiseSelector(vector, selector);
  return false;
}
