/** The time-stamp counter: a count of retired instructions; nothing reads the host's clock. */
import { cpu } from './state';

/** The counter as the running code sees it (TSC_OFFSET: APM vol 2 §15.5.1). */
export function timeStamp(): u64 {
  const state = cpu();
  const ownTime = state.clock + state.tscBase;
  return state.inGuest != 0 ? ownTime + state.tscOffset : ownTime;
}
