/** The guest's own run as an observation, so that the invariants judge it, too. */
import type { Baseline } from './baseline.js';
import type { ExitPromise } from './exit-promises.js';
import { walkHandlers } from './handler-walk.js';
import { findNestings } from './nestings.js';
import type { Observation } from './observation.js';
import type { SweepMachine } from './sweep-machine.js';

/** Longer runs are not stepped through to find out what unmasked NMIs. */
const MOST_STEPS = 200_000;

/** @param run Runs the guest to its end, and leaves the machine at its beginning. */
export function observeBaseline(
  machine: SweepMachine,
  delivery: string,
  promise: ExitPromise | null,
  run: () => Baseline,
): { readonly baseline: Baseline; readonly seen: Observation } {
  const { vm } = machine;
  const rip = vm.registers.get('rip');
  const baseline = run();
  const { events, vmcb, requests, entries } = baseline.record;
  const { time, stop } = baseline;
  const irets = (end: number) => (end <= MOST_STEPS ? walkHandlers(machine, end, 0).irets : []);
  const nestings = findNestings(events, entries, irets);
  machine.returnTo(baseline.start);
  const seen: Observation = {
    delivery,
    at: null,
    second: null,
    rip,
    running: 0,
    events,
    requests,
    outcome: { kind: 'ended', at: time, stop },
    nestings,
    vmcb,
    difference: null,
    promise,
    latencyBound: null,
  };
  return { baseline, seen };
}
