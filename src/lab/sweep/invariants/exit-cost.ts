/** Delivering an NMI costs no more #VMEXITs than the strategy's design needs. */
import type { Invariant } from './invariant.js';

export const exitCost: Invariant = ({ events, promise, at, running, outcome }) => {
  if (promise === null || outcome.kind === 'unfinished') return null;
  const exits = events.filter((event) => event.kind === 'exit' && event.cause === 'nmi-delivery');
  const iret = exits.find((event) => event.kind === 'exit' && event.exit === 'iret');
  if (iret && promise.withoutIret)
    return { message: 'an IRET exited, which this delivery has no use for', time: iret.time, rip: iret.rip };
  const deliveries = events.filter((event) => event.kind === 'nmi-deliver');
  const [only] = deliveries;
  const isAlone = deliveries.length === 1 && only?.time === at && running === 0;
  const most = isAlone ? promise.alone : promise.most * Math.max(1, deliveries.length) + running;
  if (exits.length <= most) return null;
  return {
    message: `${exits.length} #VMEXITs for ${deliveries.length} NMI${deliveries.length === 1 ? '' : 's'}, where this delivery needs ${most}`,
    time: exits.at(-1)?.time,
  };
};
