/**
 * Interrupts and returns that stay in the running code segment, the short way.
 *
 * Every descriptor that the general way (interrupt.ts, iret.ts) would load is read here as well; if it is what the segment
 * register holds already, and nothing on the way can fault or has to be marked accessed, then loading it changes nothing, and
 * what is left are RIP, the stack pointer and flags. All else is declined with nothing changed, and goes the general way.
 */
import { Mode, Rflags, SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import {
  codeDescriptor,
  Descriptor,
  descriptorDpl,
  isCodeSegment,
  isConforming,
  isNullSelector,
  isPresent,
  isWritableData,
  parse,
  stackDescriptor,
  systemLinear,
} from './descriptor';
import {
  areSegmentsKnown,
  isCodeKnown,
  isStackKnown,
  knownGate,
  rememberCode,
  rememberGate,
  rememberStack,
} from './known-segments';
import { isCanonical } from './canonical';
import { systemHost } from './memory';
import { popFlags, poppableFlags } from './pop-flags';
import { attributes, base, cpu, CpuState, is64Bit, isLongMode, limit, selector } from './state';
import { readTag, tlbEntry, tlbHost, tlbTag, writeTag } from './tlb';

/** Instead of the address of a frame: declined. */
export const NO_FRAME: u64 = ~(<u64>0);

/** In the upper word of a gate: P, S and the type but for its lowest bit, which tells trap gates from interrupt gates. */
const GATE_BITS: u32 = 0x9e00;
/** Of these, a present interrupt or trap gate of 32 or 64 bits. */
const EVENT_GATE: u32 = 0x8e00;
const TRAP_GATE: u32 = 0x100;
const GATE_DPL_SHIFT: u32 = 13;
/** In the upper word of a long gate. */
const IST_INDEX: u32 = 7;

/** Instead of the address of a descriptor: there is none. */
const NOWHERE: u64 = ~(<u64>0);

/** What an image may not have, or not change, so that nothing that `updateMode` looks at changes. */
const MODE_FLAGS: u32 = Rflags.Tf | Rflags.Rf | Rflags.Vm;

/**
 * Writes the frame of an event and enters its handler, whose gate leads to the running code segment. Linear address of the
 * frame, or `NO_FRAME`.
 *
 * @param isSoftware The gate's DPL is checked.
 * @param image RFLAGS as the frame has it.
 */
export function enterInLevel(
  vector: u32,
  isSoftware: bool,
  returnRip: u64,
  image: u64,
  hasCode: bool,
  code: u32,
): u64 {
  const state = cpu();
  const gate = usableGate(state, vector);
  if (gate == 0) return NO_FRAME;
  const upper = load<u32>(gate, 4);
  if (isSoftware && ((upper >> GATE_DPL_SHIFT) & 3) < state.cpl) return NO_FRAME;
  const isLong = is64Bit();
  const slots: u32 = (isLong ? 5 : 3) + (hasCode ? 1 : 0);
  const bytes = isLong ? slots << 3 : slots << 2;
  const top = isLong ? state.rsp & ~(<u64>15) : state.rsp;
  const frame = isLong ? top - bytes : (top - bytes) & 0xffffffff;
  const entry = tlbEntry(state.tlbBank, frame);
  if (writeTag(entry) != tlbTag(frame, bytes)) return NO_FRAME;
  const at = tlbHost(entry, frame);
  if (isLong) writeLongFrame(at, returnRip, image, hasCode, code);
  else writeFrame(at, returnRip, image, hasCode, code);
  state.rsp = frame;
  state.rip = gateTarget(gate);
  const cleared: u32 = Rflags.Tf | Rflags.Nt | Rflags.Rf | Rflags.Vm;
  state.systemFlags &= ~((upper & TRAP_GATE) != 0 ? cleared : cleared | (<u32>Rflags.If));
  return frame;
}

/** Where the handler of a vector is that `enterInLevel` would enter now, whatever the stack; else `NO_FRAME`. */
export function handlerInLevel(vector: u32): u64 {
  const gate = usableGate(cpu(), vector);
  return gate == 0 ? NO_FRAME : gateTarget(gate);
}

/** IRET from and to the running code segment and stack. Linear address of the frame, or `NO_FRAME`. */
export function returnInLevel(width: u32): u64 {
  const state = cpu();
  const isKnown = state.attention == 0 && areSegmentsKnown(state) && isCodeKnown();
  if ((!isKnown && !isPlain(state)) || (state.systemFlags & Rflags.Nt) != 0) return NO_FRAME;
  const isLong = is64Bit();
  if (width != (isLong ? 3 : 2)) return NO_FRAME;
  const frame = isLong ? state.rsp : state.rsp & 0xffffffff;
  const bytes: u32 = isLong ? 40 : 12;
  const entry = tlbEntry(state.tlbBank, frame);
  if (readTag(entry) != tlbTag(frame, bytes)) return NO_FRAME;
  const at = tlbHost(entry, frame);
  const target = isLong ? load<u64>(at) : <u64>load<u32>(at);
  const image = isLong ? load<u64>(at, 16) : <u64>load<u32>(at, 8);
  const code = <u32>(isLong ? load<u16>(at, 8) : load<u16>(at, 4));
  const isSame =
    code == selector(Seg.Cs) && (isKnown || ((code & 3) == state.cpl && isCodeLoaded(state, code)));
  if (!isSame || (isLong && !isCanonical(target))) return NO_FRAME;
  if (((<u32>image) & MODE_FLAGS) != 0) return NO_FRAME;
  if ((((<u32>image) ^ state.systemFlags) & Rflags.Ac) != 0) return NO_FRAME;
  const stack = load<u16>(at, 32);
  if (isLong && !(isKnown && stack == selector(Seg.Ss) && isStackKnown()) && !isStackLoaded(state, stack))
    return NO_FRAME;
  state.rsp = isLong ? load<u64>(at, 24) : (frame + bytes) & 0xffffffff;
  state.rip = target;
  popFlags(image, poppableFlags(width));
  return frame;
}

/** No trap, shadow or breakpoint is about; 64-bit code, or 32-bit code outside of long mode in flat segments. */
function isPlain(state: CpuState): bool {
  if (state.attention != 0) return false;
  if (is64Bit()) return true;
  const mask = Mode.CodeSize | Mode.Stack32 | Mode.Flat | Mode.RealOrV86;
  return !isLongMode() && (state.mode & mask) == (Mode.Code32 | Mode.Stack32 | Mode.Flat);
}

/** Wasm address of a vector's gate, if it is present and leads to the running code segment; else 0. */
function usableGate(state: CpuState, vector: u32): u32 {
  if (state.attention != 0) return 0;
  const isLong = is64Bit();
  const bytes: u32 = isLong ? 16 : 8;
  if (areSegmentsKnown(state) && isCodeKnown()) {
    const known = knownGate(vector, bytes);
    if (known != 0) return known;
  }
  return isPlain(state) ? findGate(state, vector, isLong, bytes) : 0;
}

function findGate(state: CpuState, vector: u32, isLong: bool, bytes: u32): u32 {
  const offset = vector * bytes;
  if (offset + bytes - 1 > state.idtrLimit) return 0;
  const linear = systemLinear(state.idtrBase + offset);
  const gate = systemHost(linear, bytes);
  if (gate == 0) return 0;
  const upper = load<u32>(gate, 4);
  if ((upper & GATE_BITS) != EVENT_GATE || (isLong && (upper & IST_INDEX) != 0)) return 0;
  const code = selector(Seg.Cs);
  const target = <u32>load<u16>(gate, 2);
  const isSame = (target & 0xfffc) == (code & 0xfffc) && (code & 3) == state.cpl;
  if (!isSame || !isCodeLoaded(state, target)) return 0;
  if (isLong && !isCanonical(gateTarget(gate))) return 0;
  rememberGate(vector, gate, linear, bytes);
  return gate;
}

function gateTarget(gate: u32): u64 {
  const low = (<u32>load<u16>(gate)) | (load<u32>(gate, 4) & 0xffff0000);
  return is64Bit() ? ((<u64>load<u32>(gate, 8)) << 32) | (<u64>low) : <u64>low;
}

/** The code segment that `selector` names is the one in CS, may be entered at the present level, and is accessed. */
function isCodeLoaded(state: CpuState, selector: u32): bool {
  const linear = descriptorLinear(state, selector);
  const at = systemHost(linear, 8);
  const d = codeDescriptor();
  if (linear == NOWHERE || at == 0 || !isLoaded(Seg.Cs, d, at)) return false;
  const bothSizes = SegAttr.L | SegAttr.Db;
  if (is64Bit() && (d.attributes & bothSizes) == bothSizes) return false;
  const isRightLevel = isConforming(d) ? descriptorDpl(d) <= state.cpl : descriptorDpl(d) == state.cpl;
  if (!isCodeSegment(d) || !isRightLevel) return false;
  rememberCode(at, linear);
  return true;
}

/** The stack that a 64-bit IRET pops is the one in SS. */
function isStackLoaded(state: CpuState, stack: u32): bool {
  if (stack != selector(Seg.Ss) || (stack & 3) != state.cpl) return false;
  if (isNullSelector(stack)) {
    const isNull = attributes(Seg.Ss) == state.cpl << 5 && limit(Seg.Ss) == 0 && base(Seg.Ss) == 0;
    return isNull && state.cpl != 3;
  }
  const linear = descriptorLinear(state, stack);
  const at = systemHost(linear, 8);
  const d = stackDescriptor();
  if (linear == NOWHERE || at == 0 || !isLoaded(Seg.Ss, d, at)) return false;
  if (!isWritableData(d) || descriptorDpl(d) != state.cpl) return false;
  rememberStack(at, linear);
  return true;
}

/** Where the GDT has the descriptor that `selector` names, or `NOWHERE`. */
function descriptorLinear(state: CpuState, selector: u32): u64 {
  const offset = selector & 0xfff8;
  if ((selector & 4) != 0 || offset == 0 || offset + 7 > state.gdtrLimit) return NOWHERE;
  return systemLinear(state.gdtrBase + offset);
}

/** The GDT's descriptor at a Wasm address is present, accessed, and what a segment register holds. */
function isLoaded(seg: u32, d: Descriptor, at: u32): bool {
  parse(d, load<u32>(at), load<u32>(at, 4));
  if (!isPresent(d) || (d.attributes & SegAttr.Accessed) == 0) return false;
  return d.attributes == attributes(seg) && d.limit == limit(seg) && d.base == base(seg);
}

function writeFrame(at: u32, returnRip: u64, image: u64, hasCode: bool, code: u32): void {
  if (hasCode) {
    store<u32>(at, code);
    at += 4;
  }
  store<u32>(at, <u32>returnRip);
  store<u32>(at, selector(Seg.Cs), 4);
  store<u32>(at, <u32>image, 8);
}

function writeLongFrame(at: u32, returnRip: u64, image: u64, hasCode: bool, code: u32): void {
  if (hasCode) {
    store<u64>(at, code);
    at += 8;
  }
  store<u64>(at, returnRip);
  store<u64>(at, selector(Seg.Cs), 8);
  store<u64>(at, image, 16);
  store<u64>(at, cpu().rsp, 24);
  store<u64>(at, selector(Seg.Ss), 32);
}
