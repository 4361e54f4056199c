/** A violation as a recording: the guest's run with the NMIs that were tried, up to where it shows. */
import { createVm, type CreateVmOptions } from '../../create-vm.js';
import { Recorder } from '../replay/recorder.js';
import type { Recording } from '../replay/recording.js';
import type { SweepViolation } from './sweep-result.js';

/** Of long runs, few are needed; the first that differs is narrowed down from there. */
const CHECK_EVERY = 1000;

/**
 * Ends one instruction after the time of the violation: what happens at a boundary is over then. The machine is the one that
 * was swept.
 */
export async function recordViolation(
  { at, second, time }: Pick<SweepViolation, 'at' | 'second' | 'time'>,
  machine: Omit<CreateVmOptions, 'nmiSchedule' | 'onTrace' | 'onSerial'>,
): Promise<Recording> {
  const recorder = new Recorder(await createVm(machine), { checkEvery: CHECK_EVERY });
  for (const atInstruction of [at, second])
    if (atInstruction !== null) recorder.requestNmi({ atInstruction });
  await recorder.runAsync({ maxInstructions: time + 1 });
  return recorder.recording();
}
