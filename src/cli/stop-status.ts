/** When a guest has failed, and what to tell whoever ran it. */
import type { StopReason, StopRecord } from '../index.js';

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

/** What to try when the default limit ended a run; empty for other stops. */
export function limitHint(kind: StopKind): string {
  if (kind !== 'budget') return '';
  return `vmexit: the guest did not end within ${DEFAULT_MAX_INSTRUCTIONS} instructions; --max-instructions sets the limit\n`;
}
