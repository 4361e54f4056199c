/** `vmexit run`. */
import { UsageError } from '../errors.js';
import { createVm, DEFAULT_STRATEGY, startingAt, startSchedule, type StrategyName } from '../index.js';
import { chooseGuest, readScheduleFile } from './guest-file.js';
import { driveMachine, openRunFiles } from './machine-run.js';
import {
  type Arguments,
  deliveries,
  type GivenOptions,
  guestPlacement,
  maxInstructions,
  nmiSchedule,
  processorOptions,
} from './options.js';
import type { Terminal } from './terminal.js';

export async function runCommand({ options, positionals }: Arguments, terminal: Terminal): Promise<number> {
  const delivery = oneDelivery(options);
  const limit = maxInstructions(options);
  const processor = processorOptions(options);
  const schedule = await nmiSchedule(options, readScheduleFile);
  const guest = await chooseGuest(positionals, guestPlacement(options));
  const files = await openRunFiles(options);
  const wanted = schedule ?? guest.schedule ?? { kind: 'none' };
  const vmOptions = {
    guest: guest.image,
    memoryBytes: guest.memoryBytes,
    nmi: delivery,
    nmiSchedule: startSchedule(startingAt(wanted, guest.nmiFrom)),
    ...processor,
  };
  return driveMachine({
    name: guest.name,
    delivery,
    symbols: guest.image.symbols,
    make: (onTrace) => createVm({ ...vmOptions, onTrace }),
    limit,
    options,
    files,
    terminal,
  });
}

function oneDelivery(options: GivenOptions): StrategyName {
  const [delivery = DEFAULT_STRATEGY, second] = deliveries(options) ?? [];
  if (second) throw new UsageError('run takes one --delivery; "vmexit compare" takes several');
  return delivery;
}
