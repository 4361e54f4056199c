/** When a guest has failed, and what to tell whoever ran it. */
import { MOST_SERIAL_BYTES, type RunResult, type StopReason, type StopRecord } from '../index.js';
import type { Terminal } from './terminal.js';

/** Enough for any shipped guest, and a few seconds of a guest that never ends. */
export const DEFAULT_MAX_INSTRUCTIONS = 20_000_000;

type StopKind = StopRecord['kind'];

/** Success is status 0, HLT with nothing left to wake the guest, or the end of a budget that was asked for. */
export function isFailure(stop: StopReason | StopRecord, isLimitGiven: boolean): boolean {
  switch (stop.kind) {
    case 'exit':
      return 'status' in stop && stop.status !== 0;
    case 'halted':
    case 'cancelled':
    case 'trap':
      return false;
    case 'budget':
      return !isLimitGiven;
    case 'triple-fault':
    case 'unimplemented':
    case 'no-memory':
    case 'invalid-vmcb':
    case 'unhandled-exit':
      return true;
  }
}

/** Says on stderr what the result of a run leaves out, and returns the exit status. */
export function endRun({ stop, serial }: RunResult, isLimitGiven: boolean, { stderr }: Terminal): number {
  if (serial.length === MOST_SERIAL_BYTES)
    stderr.write(`vmexit: of what the guest prints, the first ${MOST_SERIAL_BYTES} bytes are kept\n`);
  const isFailed = isFailure(stop, isLimitGiven);
  if (isFailed && !isLimitGiven) stderr.write(limitHint(stop.kind));
  return isFailed ? 1 : 0;
}

/** What to try when the default limit ended a run; empty for other stops. */
export function limitHint(kind: StopKind): string {
  if (kind !== 'budget') return '';
  return `vmexit: the guest did not end within ${DEFAULT_MAX_INSTRUCTIONS} instructions; --max-instructions sets the limit\n`;
}
