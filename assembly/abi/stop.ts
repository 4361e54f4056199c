/** Why the core returned to the host. Every `run()` ends with exactly one of these. */
export enum Stop {
  /** Internal to the core: nothing to report, go on. */
  None = 0,
  /** The clock reached `deadline`. RIP is at an instruction boundary. */
  Budget = 1,
  /** No block is decoded at RIP: decode one at `missPhysical` and run again. */
  DecodeMiss = 2,
  /** A #VMEXIT condition: `exitCode`, `exitInfo1`, `exitInfo2` and `nextRip` say which. */
  Exit = 3,
  /** An instruction boundary that `watch` asked for. */
  Boundary = 4,
  /** HLT completed and nothing woke the processor yet; `activity` is Halted. */
  Halted = 5,
  /** Triple fault outside of interception: the processor has shut down. */
  Shutdown = 6,
  /** The instruction at RIP is not implemented. Nothing of it was executed. */
  Unimplemented = 7,
  /** Block `hotBlock` has been executed often enough to be compiled. Nothing else is to be done for it. */
  Hot = 8,
  /** A trap that somebody outside has set was hit, at an instruction boundary. */
  Trap = 9,
}

/** What a core function says to the block interpreter. */
export enum Flow {
  /** The next micro-op of the block. */
  Next = 0,
  /** RIP (and perhaps the mode) is set: the instruction is complete, leave the block. */
  Leave = 1,
  /** `pending` says what stopped the instruction: nothing of it is visible, RIP is its first byte. */
  Abort = 2,
  /** A REP iteration is complete and more remain: RIP stays, the clock ticks. */
  Repeat = 3,
}

/** What cut an instruction or an event delivery short (`CpuState.pending`). */
export enum Pending {
  None = 0,
  /** An exception: `faultVector`, `faultCode`, `faultHasCode`, `faultAddress`. */
  Exception = 1,
  /** A #VMEXIT: `exitCode`, `exitInfo1`, `exitInfo2`. */
  Exit = 2,
  /** An instruction that is not implemented. */
  Unimplemented = 3,
}

/** `CpuState.activity`. */
export enum Activity {
  Running = 0,
  Halted = 1,
  Shutdown = 2,
}
