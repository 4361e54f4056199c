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

/** At a HLT outside of NMI handlers none is left that could wake the guest: it would sleep on with its NMI pending. */
export const nonePendingAtHalt: Invariant = ({ requests, events, outcome, running }) => {
  let inside = running;
  for (const event of events) {
    if (event.kind === 'nmi-deliver' || event.kind === 'nmi-return') inside = event.running;
    const isHalt = event.kind === 'exit' && event.exit === 'hlt' && inside === 0;
    if (!isHalt || isWoken(event.time + 1, events)) continue;
    const waiting = requests.find((request) => isLeftWaiting(request, event.time));
    if (waiting === undefined) continue;
    const isForGood =
      outcome.kind === 'ended' && outcome.stop.kind === 'halted' && waiting.settledAt === null;
    const message = isForGood ? 'the guest halted for good' : 'the guest slept in HLT';
    return { message: `${message} with an NMI pending`, time: event.time, rip: event.rip };
  }
  return null;
};

/** Whether an event is injected at this time: an NMI waits behind a #DB that HLT has raised. */
function isWoken(time: number, events: Observation['events']): boolean {
  return events.some((event) => event.kind === 'inject' && event.time === time);
}

/** Whether a request came before the HLT at this time, and is not served as soon as that is done. */
function isLeftWaiting({ requestedAt, settledAt }: RequestFate, halt: number): boolean {
  return requestedAt <= halt && (settledAt === null || settledAt > halt + 1);
}

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
