/** `--timeline` and `--trace-out`: what happened when, as a drawing and as a trace for Perfetto. */
import { UsageError } from '../errors.js';
import type { RunResult, TraceListener, Vm } from '../index.js';
import {
  chromeTrace,
  eventfulRange,
  type RecorderOptions,
  renderTimelineSvg,
  type Timeline,
  timelineOf,
  TimelineRecorder,
} from '../lab/index.js';
import { parseCount } from './numbers.js';
import type { GivenOptions } from './options.js';
import { ResultFile } from './result-writer.js';

/** A trace is for zooming in: it keeps more than a drawing could show. */
const TRACE_MARKS = 50_000;

export class TimelineFiles {
  private constructor(
    private readonly drawing: ResultFile | undefined,
    private readonly trace: ResultFile | undefined,
    private readonly range: Pick<RecorderOptions, 'from' | 'to'>,
  ) {}

  /** Finds out before the work begins that its results could not be kept. Undefined if nobody asked for them. */
  static async open(options: GivenOptions): Promise<TimelineFiles | undefined> {
    const drawing = await open(options, 'timeline');
    const trace = await open(options, 'trace-out');
    const range = parseRange(options['timeline-range']);
    if (drawing || trace) return new TimelineFiles(drawing, trace, range ?? {});
    if (range)
      throw new UsageError('--timeline-range says what --timeline and --trace-out show: give one of them');
    return undefined;
  }

  /** For one machine. */
  record(guest: string, strategy: string): MachineTimeline {
    return new MachineTimeline(guest, strategy, this);
  }

  /** What is to be recorded. */
  get recorderOptions(): Pick<RecorderOptions, 'from' | 'to' | 'maxMarks'> {
    return { ...this.range, maxMarks: this.trace ? TRACE_MARKS : undefined };
  }

  /** @param title Above the drawing. */
  async write(timelines: readonly Timeline[], title: string): Promise<void> {
    const range = { ...eventfulRange(timelines), ...this.range };
    await this.drawing?.write(renderTimelineSvg(timelines, { ...range, title }));
    await this.trace?.write(chromeTrace(timelines));
  }
}

/** The timeline of a machine that exists only after its listener. */
export class MachineTimeline {
  private recorder: TimelineRecorder | undefined;

  constructor(
    private readonly guest: string,
    private readonly strategy: string,
    private readonly files: TimelineFiles,
  ) {}

  readonly listen: TraceListener = (event) => this.recorder?.listen(event);

  /** A machine from a snapshot starts in the middle: only it knows where. */
  attach(vm: Vm): void {
    const { guest, strategy, files } = this;
    this.recorder = new TimelineRecorder({ guest, strategy, start: vm.time, ...files.recorderOptions });
  }

  async write(result: RunResult): Promise<void> {
    if (this.recorder) await this.files.write([timelineOf(this.recorder, result)], this.guest);
  }
}

async function open(options: GivenOptions, name: string): Promise<ResultFile | undefined> {
  const path = options[name];
  return typeof path === 'string' ? ResultFile.open(path, `--${name}`) : undefined;
}

function parseRange(value: string | boolean | undefined): { from: number; to: number } | undefined {
  if (typeof value !== 'string') return undefined;
  const [first, last, ...rest] = value.split('-');
  if (!first || !last || rest.length > 0)
    throw new UsageError(
      `--timeline-range expects two instruction counts, 1000-2500, not ${JSON.stringify(value)}`,
    );
  const from = parseCount('--timeline-range', first);
  const to = parseCount('--timeline-range', last);
  if (to <= from) throw new UsageError(`--timeline-range: ${last} is not after ${first}`);
  return { from, to };
}
