/** No NMI reaches a handler before the IRET of the one that runs has completed. */
import type { Invariant } from './invariant.js';

/** Where the guest unmasks NMIs itself, by an IRET of another handler inside, it is told where (APM vol 2 §8.2.3). */
export const noNesting: Invariant = ({ nestings }) => {
  const [nesting] = nestings;
  if (nesting === undefined) return null;
  const { time, rip, unmaskedAt, faultedAt } = nesting;
  if (unmaskedAt !== null)
    return {
      message: 'an NMI nested in the handler of another: an IRET inside that handler had ended the mask',
      blame: 'guest',
      time,
      rip: unmaskedAt,
    };
  const message =
    faultedAt === null
      ? 'an NMI nested in the handler of another, which no IRET had ended'
      : 'an NMI nested in the handler of another: the hypervisor took its IRET for done, and that had faulted';
  return { message, blame: 'hypervisor', time, rip: faultedAt ?? rip };
};
