/** What to do when the process's own output cannot be written. */
import { ExitStatus } from './exit-status.js';
import { reasonOf } from './system-error.js';

export interface StreamEnd {
  readonly status: number;
  /** Empty if there is nobody left to tell. */
  readonly message: string;
}

/** @param error What a write to stdout or stderr failed with. */
export function onStreamError(error: NodeJS.ErrnoException): StreamEnd {
  // The reader has seen enough (`vmexit … | head`).
  if (error.code === 'EPIPE') return { status: 0, message: '' };
  return { status: ExitStatus.Usage, message: `vmexit: cannot write the output: ${reasonOf(error)}\n` };
}
