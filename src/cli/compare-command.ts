/** `vmexit compare`. */
import { UsageError } from '../errors.js';
import {
  compare,
  type CompareOptions,
  type Comparison,
  describeSchedule,
  describeStop,
  type RunResult,
  type ScheduleSpec,
  startingAt,
  STRATEGY_NAMES,
  type StrategyName,
} from '../index.js';
import { type ComparedTimelines, compareTimelines, comparisonCsv, comparisonTable } from '../lab/index.js';
import { modelledDeliveries } from './deliveries.js';
import { type ChosenGuest, chooseGuest, readScheduleFile } from './guest-file.js';
import {
  type Arguments,
  DEFAULT_SCHEDULE,
  type GivenOptions,
  guestPlacement,
  maxInstructions,
  nmiSchedule,
  processorOptions,
} from './options.js';
import { ResultFile } from './result-writer.js';
import { DEFAULT_MAX_INSTRUCTIONS, isFailure, limitHint } from './stop-status.js';
import { bold, ProgressLine, type Terminal } from './terminal.js';
import { layOutTable } from './table.js';
import { TimelineFiles } from './timeline-files.js';

/** The baseline whose purpose is to fail. */
const NAIVE: StrategyName = 'naive-event-injection';

export async function compareCommand(
  { options, positionals }: Arguments,
  terminal: Terminal,
): Promise<number> {
  if (options['json'] && options['csv']) throw new UsageError('--json and --csv are two formats: give one');
  const wanted = modelledDeliveries(options) ?? STRATEGY_NAMES;
  const limit = maxInstructions(options);
  const machine = { ...processorOptions(options), maxInstructions: limit ?? DEFAULT_MAX_INSTRUCTIONS };
  const asked = await nmiSchedule(options, readScheduleFile);
  const guest = await chooseGuest(positionals, guestPlacement(options));
  const schedule = startingAt(asked ?? guest.schedule ?? DEFAULT_SCHEDULE, guest.nmiFrom);
  const file = typeof options['output'] === 'string' ? await ResultFile.open(options['output']) : undefined;
  const timelineFiles = await TimelineFiles.open(options);
  const notes: string[] = [];
  const isQuiet = options['quiet'] === true;
  const job = { guest, schedule, deliveries: wanted, machine, timelineFiles, isQuiet, terminal, notes };
  const { comparison, timelines } = await run(job);
  const described = describeSchedule(schedule);
  const title = schedule.kind === 'none' ? guest.name : `${guest.name}: ${described}`;
  await timelineFiles?.write(timelines, title);
  const text = format(comparison, described, options, terminal, file !== undefined);
  if (file) await file.write(text);
  else terminal.stdout.write(text);
  const isTable = !options['json'] && !options['csv'];
  const noteStream = isTable && !file ? terminal.stdout : terminal.stderr;
  if (!isQuiet && notes.length > 0) noteStream.write(`\n${notes.join('')}`);
  return status(comparison, limit !== undefined, terminal);
}

interface Job {
  readonly guest: ChosenGuest;
  readonly schedule: ScheduleSpec;
  readonly deliveries: readonly StrategyName[];
  readonly machine: Pick<CompareOptions, 'cpu' | 'seed' | 'jit' | 'maxInstructions'>;
  readonly timelineFiles: TimelineFiles | undefined;
  readonly isQuiet: boolean;
  readonly terminal: Terminal;
  /** Where notes on the runs go. */
  readonly notes: string[];
}

/** Recording costs time: only where somebody wants to see it. */
function run({ guest, schedule, deliveries, machine, ...job }: Job): Promise<ComparedTimelines> {
  const progress = new ProgressLine(job.terminal.stderr, !job.isQuiet);
  const options: CompareOptions = {
    name: guest.name,
    guest: guest.image,
    memoryBytes: guest.memoryBytes,
    ...machine,
    schedule,
    deliveries,
    signal: job.terminal.signal,
    onProgress: ({ delivery, completed, total, time }) =>
      progress.show(`${guest.name} ${completed + 1}/${total} ${delivery}: ${time} instructions`),
    onRun: (delivery, result) => job.notes.push(...notesOn(delivery, result)),
  };
  const compared = job.timelineFiles
    ? compareTimelines({ ...options, ...job.timelineFiles.recorderOptions })
    : compare(options).then((comparison) => ({ comparison, timelines: [] }));
  return compared.finally(() => progress.clear());
}

/** What the table cannot say: an end that is no success, and why requests merged or were lost. */
function notesOn(delivery: StrategyName, { stop, nmi }: RunResult): string[] {
  const notes: string[] = [];
  const isUsual = stop.kind === 'halted' || (stop.kind === 'exit' && stop.status === 0);
  if (!isUsual) notes.push(describeStop(stop));
  for (const [reason, count] of Object.entries(nmi.mergeReasons)) notes.push(`${count} merged: ${reason}`);
  for (const [reason, count] of Object.entries(nmi.lossReasons)) notes.push(`${count} lost: ${reason}`);
  return notes.map((note) => `${delivery}: ${note}\n`);
}

function format(
  comparison: Comparison,
  schedule: string,
  options: GivenOptions,
  terminal: Terminal,
  isFile: boolean,
): string {
  if (options['json']) return `${JSON.stringify(comparison, null, 2)}\n`;
  if (options['csv']) return comparisonCsv(comparison);
  const [header = '', ...rows] = layOutTable(comparisonTable(comparison));
  const heading = `${comparison.guest}: ${schedule}; ${comparison.instructions} instructions`;
  const shown = isFile ? header : bold(header, terminal.stdout, terminal);
  return [heading, '', shown, ...rows].map((line) => `${line}\n`).join('');
}

function status({ runs }: Comparison, isLimitGiven: boolean, terminal: Terminal): number {
  const counted = runs.length > 1 ? runs.filter(({ delivery }) => delivery !== NAIVE) : runs;
  const failed = counted.filter(({ stop }) => isFailure(stop, isLimitGiven));
  const hint = failed.map(({ stop }) => limitHint(stop.kind)).find((text) => text !== '');
  if (hint) terminal.stderr.write(hint);
  return failed.length > 0 ? 1 : 0;
}
