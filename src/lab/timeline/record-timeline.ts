/** Runs a guest and keeps its timeline; under one way of delivering NMIs, or under several. */
import { createVm, type CreateVmOptions, DEFAULT_STRATEGY } from '../../create-vm.js';
import { describeStop, isResumable, type RunResult } from '../../hypervisor/run-result.js';
import { compare, type CompareOptions, type Comparison } from '../compare.js';
import { type RecorderOptions, TimelineRecorder } from './recorder.js';
import type { Timeline } from './timeline.js';

/** How much of a timeline is kept. */
type Kept = Pick<RecorderOptions, 'maxMarks' | 'from' | 'to'>;

export interface RecordTimelineOptions extends Omit<CreateVmOptions, 'onTrace'>, Kept {
  /** What to call the guest. */
  readonly name: string;
  /** Time in HLT included. */
  readonly maxInstructions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called between slices with the virtual machine's time. */
  readonly onProgress?: ((time: number) => void) | undefined;
}

export interface RecordedRun {
  readonly timeline: Timeline;
  readonly result: RunResult;
}

/** Runs a guest from its first instruction. A run that is cut short has the timeline of what there was. */
export async function recordTimeline(options: RecordTimelineOptions): Promise<RecordedRun> {
  const { name, maxInstructions, maxMarks, from, to, signal, onProgress, ...vmOptions } = options;
  const { nmi = DEFAULT_STRATEGY } = vmOptions;
  const strategy = typeof nmi === 'string' ? nmi : nmi.name;
  const recorder = new TimelineRecorder({ guest: name, strategy, maxMarks, from, to });
  const vm = await createVm({ ...vmOptions, onTrace: recorder.listen });
  const result = await vm.runAsync({ maxInstructions, signal, onSlice: onProgress });
  return { timeline: timelineOf(recorder, result), result };
}

export type CompareTimelinesOptions = Omit<CompareOptions, 'traceOf'> & Kept;

export interface ComparedTimelines {
  readonly comparison: Comparison;
  /** One for each run, in the same order. */
  readonly timelines: readonly Timeline[];
}

/** As `compare`, with the timeline of each run. */
export async function compareTimelines(options: CompareTimelinesOptions): Promise<ComparedTimelines> {
  const { maxMarks, from, to, ...compareOptions } = options;
  const timelines: Timeline[] = [];
  let recorder: TimelineRecorder | undefined;
  const comparison = await compare({
    ...compareOptions,
    traceOf: (strategy) => {
      recorder = new TimelineRecorder({ guest: options.name, strategy, maxMarks, from, to });
      return recorder.listen;
    },
    onRun: (delivery, result) => {
      if (recorder) timelines.push(timelineOf(recorder, result));
      options.onRun?.(delivery, result);
    },
  });
  return { comparison, timelines };
}

/** The timeline of a run that has stopped. */
export function timelineOf(recorder: TimelineRecorder, { time, stop }: RunResult): Timeline {
  return recorder.timeline(time, isResumable(stop) ? null : describeStop(stop));
}
