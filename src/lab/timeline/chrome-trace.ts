/**
 * Timelines in Chrome's trace-event format, which Perfetto (ui.perfetto.dev) and chrome://tracing open.
 *
 * One process for each strategy, one thread for each lane. The format counts microseconds: one of them is one guest
 * instruction here. ("Trace Event Format", Google, 2016: phases M, X, i, b and e.)
 */
import type { ExitCause } from '../../hypervisor/ledger.js';
import {
  exitCaption,
  handlerCaption,
  holdCaption,
  labelCaption,
  outputCaption,
  requestCaption,
} from './captions.js';
import type { Mark, Timeline } from './timeline.js';

interface TraceEventBase {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

export type ChromeTraceEvent = TraceEventBase &
  (
    | { readonly ph: 'M' }
    | { readonly ph: 'X'; readonly ts: number; readonly dur: number }
    | { readonly ph: 'i'; readonly ts: number; readonly s: 't' }
    | { readonly ph: 'b' | 'e'; readonly ts: number; readonly cat: string; readonly id: string }
  );

/** Threads, in the order in which they are shown. Handlers that nest have threads of their own after these. */
const LANES = [
  'guest',
  'NMI handler',
  'NMIs masked',
  'interrupt shadow',
  'exits of NMI delivery',
  'kicks',
  "guest's own exits",
  'output',
] as const;
type Lane = (typeof LANES)[number];
const FIRST_NESTED = LANES.length + 1;

const EXIT_LANES: Readonly<Record<ExitCause, Lane>> = {
  'nmi-delivery': 'exits of NMI delivery',
  kick: 'kicks',
  workload: "guest's own exits",
};

/** The text of a trace file. */
export function chromeTrace(timelines: readonly Timeline[]): string {
  const lines: string[] = [];
  for (const event of chromeTraceEvents(timelines)) lines.push(JSON.stringify(event));
  return `{"displayTimeUnit":"ns","otherData":{"unit":"1 us = 1 guest instruction"},"traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}

/** The events: names first, then each lane in the order of time. */
export function* chromeTraceEvents(timelines: readonly Timeline[]): Generator<ChromeTraceEvent> {
  for (const [index, timeline] of timelines.entries()) {
    const pid = index + 1;
    yield* names(timeline, pid);
    yield* stretches(timeline, pid);
    yield* moments(timeline, pid);
    yield* requests(timeline, pid);
  }
}

function* names({ guest, strategy, tracks }: Timeline, pid: number): Generator<ChromeTraceEvent> {
  yield { name: 'process_name', ph: 'M', pid, tid: 0, args: { name: `${strategy}: ${guest}` } };
  yield { name: 'process_sort_index', ph: 'M', pid, tid: 0, args: { sort_index: pid } };
  const deepest = tracks.handlers.marks.reduce((most, { depth }) => Math.max(most, depth), 1);
  const nested = Array.from({ length: deepest - 1 }, (_, index) => `NMI handler, nested ${index + 1} deep`);
  for (const [index, name] of [...LANES, ...nested].entries()) {
    yield { name: 'thread_name', ph: 'M', pid, tid: index + 1, args: { name } };
    yield { name: 'thread_sort_index', ph: 'M', pid, tid: index + 1, args: { sort_index: index + 1 } };
  }
}

function* stretches(timeline: Timeline, pid: number): Generator<ChromeTraceEvent> {
  const { start, end, stop, nmi, tracks } = timeline;
  yield {
    name: 'guest',
    ph: 'X',
    ts: start,
    dur: end - start,
    pid,
    tid: threadOf('guest'),
    args: { stop, ...nmi },
  };
  for (const mark of tracks.handlers.marks) {
    const tid = mark.depth === 1 ? threadOf('NMI handler') : FIRST_NESTED + mark.depth - 2;
    yield stretch(named('NMI handler', mark), mark, pid, tid, handlerCaption(mark));
  }
  for (const mark of tracks.holds.marks) {
    const lane = mark.by === 'mask' ? 'NMIs masked' : 'interrupt shadow';
    yield stretch(named(lane, mark), mark, pid, threadOf(lane), holdCaption(mark));
  }
}

function* moments({ tracks }: Timeline, pid: number): Generator<ChromeTraceEvent> {
  for (const mark of tracks.exits.marks) {
    const tid = threadOf(EXIT_LANES[mark.cause]);
    yield moment(named(mark.exit, mark), mark, pid, tid, exitCaption(mark));
  }
  for (const mark of tracks.output.marks)
    yield moment(mark.text, mark, pid, threadOf('output'), outputCaption(mark));
  for (const mark of tracks.labels.marks)
    yield moment(labelCaption(mark), mark, pid, threadOf('guest'), labelCaption(mark));
}

/** From each request to its fate: they overlap, so they are no slices of a thread. */
function* requests({ tracks }: Timeline, pid: number): Generator<ChromeTraceEvent> {
  for (const [index, mark] of tracks.requests.marks.entries()) {
    const { fate, request, reason, count } = mark;
    const both = { name: named(`NMI ${fate}`, mark), cat: 'nmi', id: `${pid}.${index}`, pid, tid: 0 };
    yield { ...both, ph: 'b', ts: mark.from, args: { about: requestCaption(mark), request, reason, count } };
    yield { ...both, ph: 'e', ts: mark.to };
  }
}

function threadOf(lane: Lane): number {
  return LANES.indexOf(lane) + 1;
}

function named(name: string, { count }: Mark): string {
  return count === 1 ? name : `${name} × ${count}`;
}

function stretch(name: string, mark: Mark, pid: number, tid: number, about: string): ChromeTraceEvent {
  return { name, ph: 'X', ts: mark.from, dur: mark.to - mark.from, pid, tid, args: argsOf(mark, about) };
}

function moment(name: string, mark: Mark, pid: number, tid: number, about: string): ChromeTraceEvent {
  return { name, ph: 'i', ts: mark.from, s: 't', pid, tid, args: argsOf(mark, about) };
}

/** `last` is where several events end that are one here. */
function argsOf({ to, count }: Mark, about: string): Readonly<Record<string, unknown>> {
  return count === 1 ? { about } : { about, count, last: to };
}
