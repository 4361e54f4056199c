/**
 * Event injection: EVENTINJ, and what EXITINTINFO says about an event that an exit cut short (APM vol 2 §15.20,
 * §15.7.2).
 */
import { EventField, VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import { NOT_EXCEPTIONS, NOT_IN_64_BIT_MODE } from './rulings.js';
import type { ReadonlyVmcb, Vmcb } from './vmcb.js';

/** An event as EVENTINJ and EXITINTINFO hold it. */
export interface EventImage {
  readonly type: EventType;
  /** Ignored for an NMI, which is always vector 2. */
  readonly vector: number;
  /** null: the event pushes none. */
  readonly errorCode: number | null;
}

/** The event that EVENTINJ asks for with an NMI in it. */
export const NMI_EVENT: EventImage = { type: EventType.Nmi, vector: Vector.Nmi, errorCode: null };

// Hypervisor side.

/**
 * Has the next VMRUN deliver an event before the guest's first instruction, whatever masks it.
 *
 * Software interrupts, #BP and #OF push nRIP (VMCB 0C8h) as the return address: write that field too.
 */
export function injectEvent(vmcb: Vmcb, event: EventImage): void {
  const hasCode = event.errorCode === null ? 0 : EventField.HasCode;
  const type = event.type << EventField.TypeShift;
  vmcb.setWord(VmcbOffset.EventInjection, EventField.Valid | hasCode | type | event.vector);
  vmcb.setWord(VmcbOffset.EventInjection + 4, event.errorCode ?? 0);
}

/** As `injectEvent`, an NMI. */
export function injectNmi(vmcb: Vmcb): void {
  injectEvent(vmcb, NMI_EVENT);
}

/** An event waits in EVENTINJ for the next VMRUN. */
export function isInjectionPending(vmcb: ReadonlyVmcb): boolean {
  return (vmcb.word(VmcbOffset.EventInjection) & EventField.Valid) !== 0;
}

/** The event whose delivery the last exit cut short, or null: EXITINTINFO. */
export function interruptedEvent(vmcb: ReadonlyVmcb): EventImage | null {
  return eventAt(vmcb, VmcbOffset.ExitIntInfo);
}

/** Copies EXITINTINFO to EVENTINJ, so that the next VMRUN delivers the event again. */
export function reinjectInterrupted(vmcb: Vmcb): void {
  vmcb.setWord(VmcbOffset.EventInjection, vmcb.word(VmcbOffset.ExitIntInfo));
  vmcb.setWord(VmcbOffset.EventInjection + 4, vmcb.word(VmcbOffset.ExitIntInfo + 4));
}

// Processor side.

/** What EVENTINJ asks for; null if its valid bit is clear. */
export function injectedEvent(vmcb: ReadonlyVmcb): EventImage | null {
  return eventAt(vmcb, VmcbOffset.EventInjection);
}

function eventAt(vmcb: ReadonlyVmcb, offset: number): EventImage | null {
  const low = vmcb.word(offset);
  if ((low & EventField.Valid) === 0) return null;
  const type: EventType = eventType(low);
  return {
    type,
    vector: type === EventType.Nmi ? Vector.Nmi : low & EventField.Vector,
    errorCode: low & EventField.HasCode ? vmcb.word(offset + 4) : null,
  };
}

function eventType(low: number): number {
  return (low >>> EventField.TypeShift) & EventField.TypeMask;
}

/** A valid EVENTINJ with one of the reserved types 1, 5, 6 and 7. */
export function hasReservedType(low: number): boolean {
  const type = eventType(low);
  return type === 1 || type > EventType.SoftwareInterrupt;
}

/** A valid EVENTINJ of type exception whose vector is not one. */
export function isNotAnException(low: number): boolean {
  if (!isException(low)) return false;
  const vector = low & EventField.Vector;
  return vector > 31 || NOT_EXCEPTIONS.includes(vector);
}

/** A valid EVENTINJ of an exception that 64-bit mode cannot raise. */
export function isImpossibleIn64BitMode(low: number): boolean {
  return isException(low) && NOT_IN_64_BIT_MODE.includes(low & EventField.Vector);
}

function isException(low: number): boolean {
  return eventType(low) === EventType.Exception;
}

/** The event pushes nRIP, not RIP: INTn, and #BP and #OF as INT3 and INTO raise them (§15.20). */
export function pushesNextRip(event: EventImage): boolean {
  if (event.type === EventType.SoftwareInterrupt) return true;
  const { type, vector } = event;
  return type === EventType.Exception && (vector === Vector.Bp || vector === Vector.Of);
}
