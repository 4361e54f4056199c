/** What the command tells the shell, besides 0 for success and 1 for a guest that failed. */
export enum ExitStatus {
  /** The caller's mistake. */
  Usage = 2,
  /** Ours; the number is that of sysexits.h. */
  Internal = 70,
  /** What a shell reports for a process that SIGINT ended. */
  Interrupted = 130,
  /** The same for SIGTERM, by which Kubernetes, Slurm and systemd end programs. */
  Terminated = 143,
}
