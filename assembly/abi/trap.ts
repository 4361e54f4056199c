/** Traps that somebody outside sets: where the core stops and says so, and nothing that the guest could see changes. */
export enum TrapKind {
  None = 0,
  /** The instruction at an address is next. */
  Breakpoint = 1,
  /** The instruction that has just completed touched watched bytes. */
  Watchpoint = 2,
  /** The first instruction of a handler is next. */
  Delivery = 4,
}

/** What a watchpoint watches. */
export enum WatchedAccess {
  Read = 1,
  Write = 2,
}

export enum TrapCapacity {
  Breakpoints = 1024,
  Watchpoints = 64,
}
