/** The handler runs as soon as it can. */
import type { Observation } from '../observation.js';
import type { Invariant } from './invariant.js';

/** An NMI that finds no handler running, and no other waiting, waits for a shadow's one instruction at most (APM vol 2 §15.21.5). */
const SHADOW_INSTRUCTIONS = 1;

export const latency: Invariant = ({ requests, events, latencyBound, running, at }) => {
  const first = requests.find(({ requestedAt }) => requestedAt === at);
  for (const request of requests) {
    if (request.fate !== 'delivered' || request.settledAt === null) continue;
    const isFree = request === first && running === 0 && isServedFirst(request.id, events);
    const bound = latencyBound ?? (isFree ? SHADOW_INSTRUCTIONS : Infinity);
    const waited = request.settledAt - request.requestedAt;
    if (waited > bound)
      return {
        message: `an NMI waited for ${waited} instructions; the bound is ${bound}`,
        time: request.settledAt,
      };
  }
  return null;
};

function isServedFirst(id: number, events: Observation['events']): boolean {
  const delivery = events.find((event) => event.kind === 'nmi-deliver');
  return delivery?.kind === 'nmi-deliver' && delivery.request === id;
}
