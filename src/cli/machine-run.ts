/** What `run` and `resume` have in common: one machine runs, and its result is shown, and kept where that was asked for. */
import { UsageError } from '../errors.js';
import {
  createDisassembler,
  type RunResult,
  summarize,
  type SymbolTable,
  type TraceListener,
  type Vm,
  writeSnapshot,
} from '../index.js';
import type { GivenOptions } from './options.js';
import { ResultFile } from './result-writer.js';
import { reportRun } from './run-report.js';
import { DEFAULT_MAX_INSTRUCTIONS, endRun } from './stop-status.js';
import { ProgressLine, type Terminal } from './terminal.js';
import { TimelineFiles } from './timeline-files.js';
import { TracePrinter } from './trace-printer.js';

/** Where `--output` and `--save` go. */
export interface RunFiles {
  readonly output: ResultFile | undefined;
  readonly snapshot: ResultFile | undefined;
  readonly timeline: TimelineFiles | undefined;
}

/** Finds out before the work begins that its results could not be kept, or that the options contradict each other. */
export async function openRunFiles(options: GivenOptions): Promise<RunFiles> {
  const { output, save, trace, json } = options;
  if (trace && json) throw new UsageError('--trace and --json both want the output: give one');
  return {
    output: typeof output === 'string' ? await ResultFile.open(output) : undefined,
    snapshot: typeof save === 'string' ? await ResultFile.open(save, '--save') : undefined,
    timeline: await TimelineFiles.open(options),
  };
}

export interface MachineRun {
  /** What to call the guest. */
  readonly name: string;
  readonly delivery: string;
  /** For addresses in a trace. */
  readonly symbols: SymbolTable;
  readonly make: (onTrace: TraceListener | undefined) => Promise<Vm>;
  /** The limit that was asked for, in instructions. */
  readonly limit: number | undefined;
  readonly options: GivenOptions;
  readonly files: RunFiles;
  readonly terminal: Terminal;
}

/** Returns the exit status. */
export async function driveMachine(run: MachineRun): Promise<number> {
  const { name, limit, options, files, terminal } = run;
  const written: string[] = [];
  const write = (text: string): unknown => (files.output ? written.push(text) : terminal.stdout.write(text));
  const tracer = options['trace']
    ? new TracePrinter(write, await createDisassembler(), run.symbols)
    : undefined;
  const timeline = files.timeline?.record(name, run.delivery);
  const vm = await run.make(toAll([tracer?.print, timeline?.listen]));
  tracer?.attach(vm);
  timeline?.attach(vm);
  const progress = new ProgressLine(terminal.stderr, !options['quiet'] && !tracer);
  const result = await vm.runAsync({
    maxInstructions: limit ?? DEFAULT_MAX_INSTRUCTIONS,
    signal: terminal.signal,
    onSlice: (time) => progress.show(`${name}: ${time} instructions`),
  });
  progress.clear();
  write(present(run, result));
  await files.output?.write(written.join(''));
  await timeline?.write(result);
  if (files.snapshot) await files.snapshot.write(await writeSnapshot(vm.snapshot()));
  return endRun(result, limit !== undefined, terminal);
}

/** One listener for those that there are; undefined for none. */
function toAll(listeners: readonly (TraceListener | undefined)[]): TraceListener | undefined {
  const present = listeners.filter((listener) => listener !== undefined);
  if (present.length === 0) return undefined;
  return (event) => {
    for (const listener of present) listener(event);
  };
}

/** A result as the options want it shown. */
export function present(
  { name, delivery, options }: Pick<MachineRun, 'name' | 'delivery' | 'options'>,
  result: RunResult,
): string {
  if (options['json']) {
    const { instructions } = result;
    return `${JSON.stringify({ guest: name, instructions, runs: [summarize(delivery, result)] }, null, 2)}\n`;
  }
  const serial = result.serialText;
  const separator = serial === '' || serial.endsWith('\n') ? '' : '\n';
  if (options['quiet']) return serial;
  return `${serial}${separator}\n${reportRun(name, delivery, result)}`;
}
