/**
 * Bits of `CpuState.watch`: instruction boundaries at which the core returns `Stop.Boundary`.
 * Whoever delivers events sets a bit for what blocks the event, and looks again at that boundary.
 */
export enum Watch {
  /** An IRET has completed (the NMI mask may have dropped). */
  Iret = 1,
  /** An interrupt shadow has ended. */
  ShadowEnd = 2,
  /** RFLAGS.IF, GIF, virtual GIF or CR8 may have changed. */
  InterruptState = 4,
  /** In `boundary` alone: a trap that somebody outside has set (abi/trap.ts) was hit. */
  Trap = 8,
}
