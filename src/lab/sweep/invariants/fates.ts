/** Each request is delivered once, or merged into one that waits; none is lost. */
import type { Observation, RequestFate } from '../observation.js';
import type { Breach, Invariant } from './invariant.js';

/** None is given up, or disappears between the hypervisor and the processor. */
export const noneLost: Invariant = ({ requests, events }) => {
  const lost = requests.find(({ fate }) => fate === 'lost');
  return lost ? { message: `an NMI was lost: ${lost.reason}`, ...settlement(lost, events) } : null;
};

/** The NMI latch is one bit: a request may become part of another that waits. With none waiting there is no other. */
export const mergedIntoAnother: Invariant = ({ requests, events }) => {
  const merged = requests.find((request) => request.fate === 'merged' && request.among < 2);
  if (!merged) return null;
  return {
    message: `an NMI was merged although no other was waiting (${merged.reason})`,
    ...settlement(merged, events),
  };
};

/** A guest that halts, or sleeps on, has no NMI left that it could take. */
export const nonePendingAtHalt: Invariant = ({ requests, events, outcome }) => {
  if (outcome.kind === 'ended' && outcome.stop.kind === 'halted' && handlersAt(events) === 0) {
    const waiting = requests.find(isOutstanding);
    if (waiting) return { message: 'the guest halted for good with an NMI pending', time: outcome.at };
  }
  return null;
};

/** The handler of every NMI that waits is entered within the limit, and returns. */
export const handlerReturns: Invariant = ({ outcome, requests }) => {
  if (outcome.kind !== 'unfinished') return null;
  const waiting = requests.filter(isOutstanding).length;
  const message =
    outcome.running > 0
      ? 'the NMI handler did not return within the limit'
      : `${waiting} NMI${waiting === 1 ? ' was' : 's were'} not delivered within the limit`;
  return { message };
};

/** When and before which instruction a request merged or was lost. */
function settlement(
  { id, settledAt }: RequestFate,
  events: Observation['events'],
): Pick<Breach, 'time' | 'rip'> {
  const event = events.find(
    (one) => (one.kind === 'nmi-merge' || one.kind === 'nmi-lost') && one.request === id,
  );
  return { time: settledAt ?? undefined, rip: event?.rip };
}

function isOutstanding({ fate }: RequestFate): boolean {
  return fate === 'outstanding';
}

function handlersAt(events: Observation['events']): number {
  let running = 0;
  for (const event of events)
    if (event.kind === 'nmi-deliver' || event.kind === 'nmi-return') running = event.running;
  return running;
}
