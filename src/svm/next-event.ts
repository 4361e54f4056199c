/**
 * What the processor recognizes between two instructions (APM vol 2 §15.21, §8.5).
 *
 * Debug traps come first and belong to the core, which has raised them when it reports a boundary. The order of the
 * rest is a ruling (rulings.ts).
 */
import { Watch } from '../../assembly/abi/watch.js';
import { admitsPhysicalEvents, admitsVirtualEvents } from './gif.js';
import type { GuestState } from './guest-state.js';
import { holdsInterrupts } from './interrupt-shadow.js';
import type { Pins } from './pins.js';
import { BOUNDARY_ORDER, BoundaryEvent, SHADOW_HOLDS_PHYSICAL_NMI } from './rulings.js';
import {
  isGuestInterruptible,
  isPhysicallyInterruptible,
  isVirtualInterruptWaiting,
  outranksTpr,
} from './vintr.js';
import { isVirtualNmiMasked, isVirtualNmiWaiting } from './vnmi.js';

/** The event to recognize now: of those that wait and that nothing holds back, the first in order. */
export function nextEvent(state: GuestState, pins: Pins): BoundaryEvent {
  if (!isAnythingWaiting(state, pins)) return BoundaryEvent.None;
  for (const event of BOUNDARY_ORDER) {
    if (isWaiting(event, state, pins) && holdsBack(event, state) === 0) return event;
  }
  return BoundaryEvent.None;
}

/** The boundaries (`Watch` bits) at which `nextEvent` may answer differently; 0 if nothing waits. */
export function boundariesToWatch(state: GuestState, pins: Pins): number {
  if (!isAnythingWaiting(state, pins)) return 0;
  let watch = 0;
  for (const event of BOUNDARY_ORDER) {
    if (isWaiting(event, state, pins)) watch |= holdsBack(event, state);
  }
  return watch;
}

/** An event waits that would be recognized now, were it not for the interrupt shadow. */
export function isHeldByShadowAlone(state: GuestState, pins: Pins): boolean {
  if (!isAnythingWaiting(state, pins)) return false;
  return BOUNDARY_ORDER.some(
    (event) => isWaiting(event, state, pins) && holdsBack(event, state) === Watch.ShadowEnd,
  );
}

function isAnythingWaiting(state: GuestState, pins: Pins): boolean {
  return pins.hasNmi || pins.hasInterrupt || isVirtualNmiWaiting(state) || isVirtualInterruptWaiting(state);
}

function isWaiting(event: BoundaryEvent, state: GuestState, pins: Pins): boolean {
  switch (event) {
    case BoundaryEvent.None:
      return false;
    case BoundaryEvent.PhysicalNmi:
      return pins.hasNmi;
    case BoundaryEvent.PhysicalInterrupt:
      return pins.hasInterrupt;
    case BoundaryEvent.VirtualNmi:
      return isVirtualNmiWaiting(state);
    case BoundaryEvent.VirtualInterrupt:
      return isVirtualInterruptWaiting(state);
  }
}

/** What must change before the event can be recognized, as `Watch` bits; 0 if nothing holds it. */
function holdsBack(event: BoundaryEvent, state: GuestState): number {
  switch (event) {
    case BoundaryEvent.None:
      return 0;
    case BoundaryEvent.PhysicalNmi:
      return (
        gateOf(admitsPhysicalEvents(state)) |
        (SHADOW_HOLDS_PHYSICAL_NMI ? shadowOf(state) : 0) |
        (state.nmiMask !== 0 ? Watch.Iret : 0)
      );
    case BoundaryEvent.PhysicalInterrupt:
      return gateOf(admitsPhysicalEvents(state) && isPhysicallyInterruptible(state)) | shadowOf(state);
    case BoundaryEvent.VirtualNmi:
      return (
        gateOf(admitsVirtualEvents(state)) | shadowOf(state) | (isVirtualNmiMasked(state) ? Watch.Iret : 0)
      );
    case BoundaryEvent.VirtualInterrupt:
      return (
        gateOf(admitsVirtualEvents(state) && isGuestInterruptible(state) && outranksTpr(state)) |
        shadowOf(state)
      );
  }
}

/** GIF, IF and CR8 are watched together; IRET restores IF too. */
function gateOf(isOpen: boolean): number {
  return isOpen ? 0 : Watch.InterruptState | Watch.Iret;
}

function shadowOf(state: GuestState): number {
  return holdsInterrupts(state) ? Watch.ShadowEnd : 0;
}
