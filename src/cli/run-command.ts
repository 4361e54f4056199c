/** `vmexit run`. */
import { createVm, startingAt, startSchedule } from '../index.js';
import { chooseGuest, readScheduleFile } from './guest-file.js';
import { driveMachine, type MachineRun, openRunFiles } from './machine-run.js';
import { type Arguments, guestPlacement, maxInstructions, nmiSchedule, processorOptions } from './options.js';
import { nameOf, oneDelivery } from './deliveries.js';
import type { Terminal } from './terminal.js';

export async function runCommand(args: Arguments, terminal: Terminal): Promise<number> {
  const machine = await chooseMachine(args, 'run');
  const { options } = args;
  return driveMachine({ ...machine, options, files: await openRunFiles(options), terminal });
}

/** The machine that the options of `run` ask for, ready to be made. */
export async function chooseMachine(
  { options, positionals }: Arguments,
  command: 'run' | 'record',
): Promise<Pick<MachineRun, 'name' | 'delivery' | 'symbols' | 'make' | 'limit'>> {
  const delivery = oneDelivery(options, command);
  const limit = maxInstructions(options);
  const processor = processorOptions(options);
  const schedule = await nmiSchedule(options, readScheduleFile);
  const guest = await chooseGuest(positionals, guestPlacement(options));
  const wanted = schedule ?? guest.schedule ?? { kind: 'none' };
  const vmOptions = {
    guest: guest.image,
    memoryBytes: guest.memoryBytes,
    nmi: delivery,
    nmiSchedule: startSchedule(startingAt(wanted, guest.nmiFrom)),
    ...processor,
  };
  return {
    name: guest.name,
    delivery: nameOf(delivery),
    symbols: guest.image.symbols,
    make: (onTrace) => createVm({ ...vmOptions, onTrace }),
    limit,
  };
}
