/**
 * A debugger's traps: breakpoints, watchpoints and deliveries of events at which `run` stops, set from outside. The guest's
 * debug registers stay its own, and nothing here changes what it computes or when.
 *
 * While a breakpoint or a watchpoint is set every instruction is taken by itself (`attention`), and with a watchpoint every data
 * access goes the careful way; while none is, nobody comes here.
 */
import { TrapCapacity, TrapKind, WatchedAccess } from './abi/trap';
import { Watch } from './abi/watch';
import { cpu, CpuState } from './state';

/** `TrapKind`s that are set. */
let armed: u32 = 0;
/** Whether the instruction at RIP has been reported, or is where the run began: it is not again until time has passed. */
let passedLinear: u64 = 0;
let passedClock: u64 = 0;
let passedEvents: u32 = 0;

const BREAKPOINTS = <u32>memory.data(TrapCapacity.Breakpoints * 8, 8);
let breakpoints: u32 = 0;
/** One bit for each offset in a page that has a breakpoint in some page. */
const OFFSETS = <u32>memory.data(4096 / 8, 8);

@unmanaged
class Watchpoint {
  first: u64;
  /** Bytes less one. */
  span: u32;
  /** `WatchedAccess`es. */
  accesses: u32;
}

const WATCHPOINTS = <u32>memory.data(TrapCapacity.Watchpoints * offsetof<Watchpoint>(), 8);
let watchpoints: u32 = 0;

// What has been hit.
let hitKind: u32 = 0;
let hitAddress: u64 = 0;
let hitIndex: u32 = 0;
let hitIsWrite: u32 = 0;

/** No traps, nothing hit. `updateMode` has to follow this and the functions below. */
export function clearTraps(): void {
  armed = 0;
  breakpoints = 0;
  watchpoints = 0;
  hitKind = TrapKind.None;
  memory.fill(OFFSETS, 0, 4096 / 8);
  cpu().boundary &= ~(<u32>Watch.Trap);
}

/** @param linear Of the instruction's first byte. False: there is no room for another. */
export function addBreakpoint(linear: u64): bool {
  if (breakpoints == <u32>TrapCapacity.Breakpoints) return false;
  store<u64>(BREAKPOINTS + (breakpoints++ << 3), linear);
  const offset = (<u32>linear) & 0xfff;
  store<u8>(OFFSETS + (offset >> 3), load<u8>(OFFSETS + (offset >> 3)) | (<u8>((<u32>1) << (offset & 7))));
  armed |= TrapKind.Breakpoint;
  return true;
}

/** @param accesses `WatchedAccess` bits. False: there is no room for another. */
export function addWatchpoint(first: u64, bytes: u32, accesses: u32): bool {
  if (watchpoints == <u32>TrapCapacity.Watchpoints) return false;
  const entry = watchpoint(watchpoints++);
  entry.first = first;
  entry.span = bytes - 1;
  entry.accesses = accesses;
  armed |= TrapKind.Watchpoint;
  return true;
}

export function trapDeliveries(): void {
  armed |= TrapKind.Delivery;
}

/** A breakpoint on the instruction at `linear`, which is next now, is passed by. */
export function passBreakpoint(linear: u64): void {
  const state = cpu();
  passedLinear = linear;
  passedClock = state.clock;
  passedEvents = state.eventsDelivered;
}

/** The trap that stopped the core: `TrapKind`, and which one. */
export function trapKind(): u32 {
  return hitKind;
}

/** Linear address of the instruction, or of the access. */
export function trapAddress(): u64 {
  return hitAddress;
}

/** Index of the watchpoint, in the order in which they were added. */
export function trapIndex(): u32 {
  return hitIndex;
}

export function trapIsWrite(): u32 {
  return hitIsWrite;
}

/** Instructions must be taken one at a time. */
export function hasCarefulTraps(): bool {
  return (armed & (TrapKind.Breakpoint | TrapKind.Watchpoint)) != 0;
}

export function hasWatchpoints(): bool {
  return (armed & TrapKind.Watchpoint) != 0;
}

/** Whether to stop before the instruction at `linear`. */
export function hitsBreakpoint(state: CpuState, linear: u64): bool {
  if ((armed & TrapKind.Breakpoint) == 0) return false;
  const offset = (<u32>linear) & 0xfff;
  if (((load<u8>(OFFSETS + (offset >> 3)) >> (<u8>(offset & 7))) & 1) == 0) return false;
  if (!isBreakpoint(linear)) return false;
  const isPassed = state.clock == passedClock && state.eventsDelivered == passedEvents;
  if (isPassed && linear == passedLinear) return false;
  passBreakpoint(linear);
  hitKind = TrapKind.Breakpoint;
  hitAddress = linear;
  return true;
}

/** Notes an access that a watchpoint waits for; the core stops after the instruction. */
export function watchAccess(linear: u64, bytes: u32, isWrite: bool): void {
  if ((armed & TrapKind.Watchpoint) == 0 || hitKind == TrapKind.Watchpoint) return;
  const access: u32 = isWrite ? WatchedAccess.Write : WatchedAccess.Read;
  for (let i: u32 = 0; i < watchpoints; i++) {
    const entry = watchpoint(i);
    const isHit = linear - entry.first <= <u64>entry.span || entry.first - linear < <u64>bytes;
    if (!isHit || (entry.accesses & access) == 0) continue;
    hitKind = TrapKind.Watchpoint;
    hitAddress = linear;
    hitIndex = i;
    hitIsWrite = isWrite ? 1 : 0;
    cpu().boundary |= Watch.Trap;
    return;
  }
}

/** The instruction did not complete: what it touched does not count. */
export function forgetAccess(): void {
  if (hitKind != TrapKind.Watchpoint) return;
  hitKind = TrapKind.None;
  cpu().boundary &= ~(<u32>Watch.Trap);
}

/** A handler's first instruction is next. */
export function noteDelivery(state: CpuState): void {
  if ((armed & TrapKind.Delivery) == 0) return;
  if (hitKind == TrapKind.None) hitKind = TrapKind.Delivery;
  state.boundary |= Watch.Trap;
}

function isBreakpoint(linear: u64): bool {
  for (let i: u32 = 0; i < breakpoints; i++) {
    if (load<u64>(BREAKPOINTS + (i << 3)) == linear) return true;
  }
  return false;
}

function watchpoint(index: u32): Watchpoint {
  return changetype<Watchpoint>(WATCHPOINTS + index * offsetof<Watchpoint>());
}
