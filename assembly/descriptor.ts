/**
 * Descriptors: finding, reading and marking the entries of GDT and LDT (APM vol 2 §4.7, §4.8).
 *
 * An instruction looks at several at once (a gate, its code segment, a stack), so each has a fixed slot. A slot holds
 * the raw words and what they mean; nothing here changes a segment register.
 */
import { SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Flow } from './abi/stop';
import { Vector } from './abi/vector';
import { isAborted, raiseWithCode } from './fault';
import { readSystem, writeSystem } from './memory';
import { attributes, base, cpu, isLongMode, limit } from './state';

@unmanaged
export class Descriptor {
  /** Bits 95:64 and 127:96 of a 16-byte descriptor follow in `upper`. */
  upper: u64;
  base: u64;
  /** Linear address of the descriptor. */
  address: u64;
  low: u32;
  high: u32;
  selector: u32;
  /** As `SegAttr`, the format of the VMCB. */
  attributes: u32;
  /** In bytes, expanded. */
  limit: u32;
  unused: u32;
}

/** Types of system descriptors, S = 0 (APM vol 2 §4.8.3). In long mode only LDT, 9, B, C, E and F exist. */
export enum SystemType {
  AvailableTss16 = 1,
  Ldt = 2,
  BusyTss16 = 3,
  CallGate16 = 4,
  TaskGate = 5,
  InterruptGate16 = 6,
  TrapGate16 = 7,
  AvailableTss32 = 9,
  BusyTss32 = 11,
  CallGate32 = 12,
  InterruptGate32 = 14,
  TrapGate32 = 15,
  /** What makes a 16-bit type a 32-bit one. */
  Bits32 = 8,
  /** What makes a TSS busy. */
  Busy = 2,
}

const SLOT_BYTES: usize = offsetof<Descriptor>();
const SLOTS = memory.data(5 * 48, 16);

/** The code segment under consideration. */
export function codeDescriptor(): Descriptor {
  return changetype<Descriptor>(SLOTS);
}

/** The stack segment under consideration. */
export function stackDescriptor(): Descriptor {
  return changetype<Descriptor>(SLOTS + SLOT_BYTES);
}

/** The data segment under consideration. */
export function dataDescriptor(): Descriptor {
  return changetype<Descriptor>(SLOTS + 2 * SLOT_BYTES);
}

/** The gate under consideration. */
export function gateDescriptor(): Descriptor {
  return changetype<Descriptor>(SLOTS + 3 * SLOT_BYTES);
}

/** The TSS or LDT under consideration. */
export function systemDescriptor(): Descriptor {
  return changetype<Descriptor>(SLOTS + 4 * SLOT_BYTES);
}

/** An exception whose error code is a selector; EXT takes the place of its RPL (APM vol 2 §8.4.1). */
export function raiseSelector(vector: Vector, selector: u32): Flow {
  return raiseWithCode(vector, (selector & 0xfffc) | cpu().externalEvent);
}

/** Selector index and TI are zero: one of the four null selectors. */
export function isNullSelector(selector: u32): bool {
  return (selector & 0xfffc) == 0;
}

/** A linear address that the processor computed: 32 bits long outside of long mode. */
export function systemLinear(linear: u64): u64 {
  return isLongMode() ? linear : linear & 0xffffffff;
}

/** Reads the descriptor that `selector` names; false if it lies outside of its table, or on a page fault. */
export function findDescriptor(d: Descriptor, selector: u32): bool {
  const address = addressOf(selector, 8);
  if (address == NOWHERE) return false;
  d.selector = selector;
  d.address = address;
  const raw = readSystem<u64>(address);
  if (isAborted()) return false;
  parse(d, <u32>raw, <u32>(raw >> 32));
  return true;
}

/** As `findDescriptor`, but a selector outside of its table raises `vector` with the selector. */
export function readDescriptor(d: Descriptor, selector: u32, vector: Vector): bool {
  if (findDescriptor(d, selector)) return true;
  if (!isAborted()) raiseSelector(vector, selector);
  return false;
}

/**
 * Reads the upper half of a system descriptor, which has 16 bytes in long mode (APM vol 2 §4.8.3). Outside of long
 * mode there is none. Raises `vector` if it is outside of the table or its type field is not zero.
 */
export function readUpperHalf(d: Descriptor, vector: Vector): bool {
  d.upper = 0;
  if (!isLongMode()) return true;
  if (addressOf(d.selector, 16) == NOWHERE) {
    raiseSelector(vector, d.selector);
    return false;
  }
  const upper = readSystem<u64>(d.address + 8);
  if (isAborted()) return false;
  if (((upper >> 40) & 0x1f) != 0) {
    raiseSelector(vector, d.selector);
    return false;
  }
  d.upper = upper;
  d.base |= upper << 32;
  return true;
}

/** Splits the two words of a descriptor. */
export function parse(d: Descriptor, low: u32, high: u32): void {
  d.low = low;
  d.high = high;
  d.attributes = ((high >> 8) & 0xff) | ((high >> 12) & 0xf00);
  const units = (low & 0xffff) | (high & 0xf0000);
  d.limit = (d.attributes & SegAttr.G) != 0 ? (units << 12) | 0xfff : units;
  d.base = <u64>((low >> 16) | ((high & 0xff) << 16) | (high & 0xff000000));
}

export function descriptorDpl(d: Descriptor): u32 {
  return (d.attributes & SegAttr.Dpl) >> 5;
}

export function isPresent(d: Descriptor): bool {
  return (d.attributes & SegAttr.P) != 0;
}

/** A code segment, as opposed to data and system descriptors. */
export function isCodeSegment(d: Descriptor): bool {
  const mask = SegAttr.S | SegAttr.Code;
  return (d.attributes & mask) == mask;
}

/** A conforming code segment. */
export function isConforming(d: Descriptor): bool {
  const mask = SegAttr.S | SegAttr.Code | SegAttr.ExpandDownOrConforming;
  return (d.attributes & mask) == mask;
}

/** A data segment that can be written. */
export function isWritableData(d: Descriptor): bool {
  const mask = SegAttr.S | SegAttr.Code | SegAttr.WritableOrReadable;
  return (d.attributes & mask) == (SegAttr.S | SegAttr.WritableOrReadable);
}

/** A data segment, or a code segment that can be read. */
export function isReadable(d: Descriptor): bool {
  if ((d.attributes & SegAttr.S) == 0) return false;
  return (d.attributes & SegAttr.Code) == 0 || (d.attributes & SegAttr.WritableOrReadable) != 0;
}

/** The type of a system descriptor; zero, which is reserved, for a code or data segment. */
export function systemType(d: Descriptor): u32 {
  return (d.attributes & SegAttr.S) != 0 ? 0 : d.attributes & SegAttr.Type;
}

/** A gate's target selector. */
export function gateSelector(d: Descriptor): u32 {
  return d.low >>> 16;
}

/** A gate's target offset; a 16-bit gate has only the low half. */
export function gateOffset(d: Descriptor): u64 {
  if ((d.attributes & SystemType.Bits32) == 0) return <u64>(d.low & 0xffff);
  return (d.upper << 32) | (<u64>((d.low & 0xffff) | (d.high & 0xffff0000)));
}

/** Sets the accessed bit of a code or data descriptor in memory, as loading it does (APM vol 2 §4.7.2). */
export function markAccessed(d: Descriptor): void {
  if ((d.attributes & SegAttr.Accessed) != 0) return;
  writeSystem<u8>(d.address + 5, <u8>((d.high >> 8) | SegAttr.Accessed));
  if (!isAborted()) d.attributes |= SegAttr.Accessed;
}

/** Sets or clears the busy bit of the TSS descriptor at a linear address. */
export function setBusy(address: u64, isBusy: bool): void {
  const access = readSystem<u8>(address + 5);
  if (isAborted()) return;
  const busy = <u8>SystemType.Busy;
  writeSystem<u8>(address + 5, isBusy ? access | busy : access & ~busy);
}

const NOWHERE: u64 = ~(<u64>0);

/** Linear address of the `bytes` bytes of a descriptor, if they lie within its table. */
function addressOf(selector: u32, bytes: u32): u64 {
  const state = cpu();
  const offset = selector & 0xfff8;
  const last = offset + bytes - 1;
  if ((selector & 4) == 0) return last > state.gdtrLimit ? NOWHERE : systemLinear(state.gdtrBase + offset);
  if ((attributes(Seg.Ldtr) & SegAttr.P) == 0 || last > limit(Seg.Ldtr)) return NOWHERE;
  return systemLinear(base(Seg.Ldtr) + offset);
}
