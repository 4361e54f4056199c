/**
 * What becomes of an instruction or a delivery that was cut short: exceptions are intercepted, combined and delivered
 * (APM vol 2 §8.2.9, §15.7.2, §15.12), until a handler runs or somebody outside must know.
 *
 * `eventInfo` is the event being delivered, in the format of EXITINTINFO (§15.20). It stays set when an exit is
 * reported, and is zero again once a handler runs.
 */
import { Debug } from './abi/processor-bits';
import { Activity, Flow, Pending, Stop } from './abi/stop';
import { EventType, Vector } from './abi/vector';
import { ExitCode } from './abi/exit-code';
import { isIntercepted, raise, raiseExit } from './fault';
import { deliverReturningTo } from './interrupt';
import { updateAttention } from './mode';
import { cpu, CpuState } from './state';
import { noteDelivery } from './traps';

const VALID: u64 = 0x80000000;
const HAS_CODE: u64 = 0x800;
const TYPE_SHIFT: u32 = 8;

/** EXITINTINFO of an event. */
export function eventInfoOf(vector: u32, type: EventType, hasCode: bool, code: u32): u64 {
  const information = VALID | ((<u64>type) << TYPE_SHIFT) | (<u64>vector);
  return hasCode ? information | HAS_CODE | ((<u64>code) << 32) : information;
}

/**
 * Raises #DB for the given DR6 bits, which are set at once: an exit shows them already (§15.12.2). B0 to B3 tell of this
 * exception alone; the others stay set until software clears them (§13.1.1.3).
 */
export function raiseDebug(bits: u32): void {
  const state = cpu();
  state.dr6 = (state.dr6 & ~(<u64>Debug.Dr6Breakpoints)) | (<u64>bits);
  state.pendingDebug = 0;
  raise(Vector.Db);
}

/** Resolves `pending`. `Stop.None`: a handler runs, or will with the next instruction. */
export function settle(): Stop {
  const state = cpu();
  while (state.pending != Pending.None) {
    const pending = state.pending;
    state.pending = Pending.None;
    if (pending == Pending.Exit) return Stop.Exit;
    if (pending == Pending.Unimplemented) return Stop.Unimplemented;
    const stop = deliverException(state);
    if (stop != Stop.None) return stop;
  }
  return Stop.None;
}

/** Exceptions without an instruction in between until time passes with each further one: more than a double fault takes. */
const MOST_IN_PLACE: u32 = 64;

/**
 * Lets time pass when exceptions follow each other and nothing retires: handlers that fault at once, on a stack that
 * wraps. Silicon stays in there until an interrupt comes; here the clock decides when one does, so it must not stand still.
 */
function countException(state: CpuState): void {
  if (state.clock != state.exceptionClock) state.exceptionsInPlace = 0;
  if (++state.exceptionsInPlace > MOST_IN_PLACE) state.clock++;
  state.exceptionClock = state.clock;
}

/** Intercepts, combines and delivers the exception in the fault fields. Faults on the way set `pending` again. */
function deliverException(state: CpuState): Stop {
  const vector = state.faultVector;
  if (isIntercepted(ExitCode.Exception0 + vector)) return exitWithException(state, vector);
  countException(state);
  const prior = state.eventInfo;
  // Also by a second page fault, which only its #DF tells of.
  if (vector == Vector.Pf) state.cr2 = state.faultAddress;
  if (isDoubleFault(prior, vector)) return deliverDoubleFault(state, prior);
  // The general-detect bit is off in the handler, so that it can use the debug registers (§13.1.1.4).
  if (vector == Vector.Db) state.dr7 &= ~(<u64>Debug.Dr7Gd);
  return deliver(
    state,
    state.rip,
    vector,
    EventType.Exception,
    state.faultHasCode != 0,
    state.faultCode,
    false,
  );
}

function exitWithException(state: CpuState, vector: u32): Stop {
  const info1: u64 = state.faultHasCode != 0 ? state.faultCode : 0;
  const info2: u64 = vector == Vector.Pf ? state.faultAddress : 0;
  if (vector == Vector.Db) state.dr7 &= ~(<u64>Debug.Dr7Gd);
  raiseExit(<ExitCode>(ExitCode.Exception0 + vector), info1, info2, 0);
  state.pending = Pending.None;
  return Stop.Exit;
}

/** Contributory exceptions (APM vol 2 Table 8-2). */
function isContributory(vector: u32): bool {
  if (vector == Vector.De || vector == Vector.Cp || vector == Vector.Sx) return true;
  return vector >= <u32>Vector.Ts && vector <= <u32>Vector.Gp;
}

function isDoubleFault(prior: u64, vector: u32): bool {
  if ((prior & VALID) == 0 || (((<u32>prior) >> TYPE_SHIFT) & 7) != EventType.Exception) return false;
  const first = (<u32>prior) & 0xff;
  if (first == Vector.Df) return vector == Vector.Pf || isContributory(vector);
  if (first == Vector.Pf) return vector == Vector.Pf || isContributory(vector);
  return isContributory(first) && isContributory(vector);
}

/** #DF, or the end if it was a #DF that could not be delivered. */
function deliverDoubleFault(state: CpuState, prior: u64): Stop {
  if (((<u32>prior) & 0xff) == Vector.Df) return shutDown(state);
  if (isIntercepted(ExitCode.Exception0 + Vector.Df)) {
    // Bochs' reading, where APM vol 2 §15.12.9 is silent: a #DF exit is not an exit during delivery.
    state.eventInfo = 0;
    raiseExit(<ExitCode>(ExitCode.Exception0 + Vector.Df), 0, 0, 0);
    state.pending = Pending.None;
    return Stop.Exit;
  }
  return deliver(state, state.rip, Vector.Df, EventType.Exception, true, 0, false);
}

function shutDown(state: CpuState): Stop {
  state.eventInfo = 0;
  if (isIntercepted(ExitCode.Shutdown)) {
    raiseExit(ExitCode.Shutdown, 0, 0, 0);
    state.pending = Pending.None;
    return Stop.Exit;
  }
  state.activity = Activity.Shutdown;
  return Stop.Shutdown;
}

function deliver(
  state: CpuState,
  returnRip: u64,
  vector: u32,
  type: EventType,
  hasCode: bool,
  code: u32,
  isSoftware: bool,
): Stop {
  state.eventInfo = eventInfoOf(vector, type, hasCode, code);
  const flow = deliverReturningTo(returnRip, vector, type, hasCode, code, isSoftware);
  if (flow == Flow.Abort) return Stop.None;
  completeDelivery(state);
  return Stop.None;
}

/** A handler is about to run its first instruction: what only lasted until then is over. */
export function completeDelivery(state: CpuState): void {
  completeInLevel(state);
  state.activity = Activity.Running;
  updateAttention();
}

/** As `completeDelivery`, where no trap was about and the program was running. */
export function completeInLevel(state: CpuState): void {
  state.eventInfo = 0;
  noteDelivery(state);
}

/**
 * Delivers an event at the present instruction boundary, unconditionally: EVENTINJ, or an interrupt that whoever calls
 * has found deliverable. Events that software causes return to `nextRip`.
 *
 * @returns `Stop.None` when a handler runs: the event's own, or that of a fault on the way.
 */
export function deliverEvent(vector: u32, type: EventType, hasCode: bool, code: u32): Stop {
  const state = cpu();
  const isTrapInstruction = type == EventType.Exception && (vector == Vector.Bp || vector == Vector.Of);
  const isSoftware = type == EventType.SoftwareInterrupt || isTrapInstruction;
  deliver(state, isSoftware ? state.nextRip : state.rip, vector, type, hasCode, code, isSoftware);
  return settle();
}
