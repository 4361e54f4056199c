/** VMRUN: into the guest (APM vol 2 §15.5.1), up to and including the delivery of EVENTINJ. */
import { Stop } from '../../assembly/abi/stop.js';
import { EventType } from '../../assembly/abi/vector.js';
import type { Core } from '../core/core.js';
import { injectedEvent, pushesNextRip } from './event-injection.js';
import type { GuestState } from './guest-state.js';
import type { Vmcb } from './vmcb.js';
import { maskByInjection } from './vnmi.js';

/**
 * Loads the guest of a VMCB that has passed the checks, sets GIF, and delivers what EVENTINJ holds: unconditionally,
 * before the first instruction (§15.20).
 *
 * @returns `Stop.None` if the guest runs; else why the delivery stopped.
 */
export function enterGuest(core: Core, state: GuestState, vmcb: Vmcb): Stop {
  core.exports.loadGuest(vmcb.physical);
  const event = injectedEvent(vmcb);
  if (event === null) return Stop.None;
  if (event.type === EventType.Nmi) maskByInjection(state);
  if (pushesNextRip(event)) core.state.setBig('nextRip', vmcb.get('nextRip'));
  const hasCode = event.errorCode === null ? 0 : 1;
  return core.exports.deliverEvent(event.vector, event.type, hasCode, event.errorCode ?? 0);
}
