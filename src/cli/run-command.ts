/** `vmexit run`. */
import { UsageError } from '../errors.js';
import {
  createDisassembler,
  createVm,
  DEFAULT_STRATEGY,
  type RunResult,
  startingAt,
  startSchedule,
  type StrategyName,
  summarize,
} from '../index.js';
import { type ChosenGuest, chooseGuest, readScheduleFile } from './guest-file.js';
import {
  type Arguments,
  deliveries,
  type GivenOptions,
  guestPlacement,
  maxInstructions,
  nmiSchedule,
  processorOptions,
} from './options.js';
import { ResultFile } from './result-writer.js';
import { reportRun } from './run-report.js';
import { DEFAULT_MAX_INSTRUCTIONS, isFailure, limitHint } from './stop-status.js';
import { ProgressLine, type Terminal } from './terminal.js';
import { TracePrinter } from './trace-printer.js';

export async function runCommand({ options, positionals }: Arguments, terminal: Terminal): Promise<number> {
  if (options['trace'] && options['json'])
    throw new UsageError('--trace and --json both want the output: give one');
  const delivery = oneDelivery(options);
  const limit = maxInstructions(options);
  const processor = processorOptions(options);
  const schedule = await nmiSchedule(options, readScheduleFile);
  const guest = await chooseGuest(positionals, guestPlacement(options));
  const file = typeof options['output'] === 'string' ? await ResultFile.open(options['output']) : undefined;
  const written: string[] = [];
  const write = (text: string): unknown => (file ? written.push(text) : terminal.stdout.write(text));

  const vmOptions = { guest: guest.image, memoryBytes: guest.memoryBytes, nmi: delivery, ...processor };
  const wanted = schedule ?? guest.schedule ?? { kind: 'none' };
  const nmis = startSchedule(startingAt(wanted, guest.nmiFrom));
  const tracer = options['trace'] ? await createTracer(guest, write) : undefined;
  const vm = await createVm({ ...vmOptions, nmiSchedule: nmis, onTrace: tracer?.print });
  tracer?.attach(vm);
  const progress = new ProgressLine(terminal.stderr, !options['quiet'] && !tracer);
  const result = await vm.runAsync({
    maxInstructions: limit ?? DEFAULT_MAX_INSTRUCTIONS,
    signal: terminal.signal,
    onSlice: (time) => progress.show(`${guest.name}: ${time} instructions`),
  });
  progress.clear();
  write(present(guest.name, delivery, result, options));
  await file?.write(written.join(''));
  const isFailed = isFailure(result.stop, limit !== undefined);
  if (isFailed && limit === undefined) terminal.stderr.write(limitHint(result.stop.kind));
  return isFailed ? 1 : 0;
}

function oneDelivery(options: GivenOptions): StrategyName {
  const [delivery = DEFAULT_STRATEGY, second] = deliveries(options) ?? [];
  if (second) throw new UsageError('run takes one --delivery; "vmexit compare" takes several');
  return delivery;
}

async function createTracer(guest: ChosenGuest, write: (text: string) => unknown): Promise<TracePrinter> {
  return new TracePrinter(write, await createDisassembler(), guest.image.symbols);
}

function present(guest: string, delivery: StrategyName, result: RunResult, options: GivenOptions): string {
  if (options['json']) {
    const { instructions } = result;
    return `${JSON.stringify({ guest, instructions, runs: [summarize(delivery, result)] }, null, 2)}\n`;
  }
  const serial = result.serialText;
  const separator = serial === '' || serial.endsWith('\n') ? '' : '\n';
  if (options['quiet']) return serial;
  return `${serial}${separator}\n${reportRun(guest, delivery, result)}`;
}
