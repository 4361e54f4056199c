/** Debug registers: breakpoints on data and instructions (APM vol 2 §13.1). */

/** Collects in `pendingDebug` the enabled data breakpoints that an access hits. */
export function matchDataBreakpoints(linear: u64, bytes: u32, isWrite: bool): void {}
