/** What the dock shows: of which runs, and which part of them. */
import { computed, effect, signal } from '@preact/signals';
import type { Range, Timeline } from 'vmexit/lab';
import { progress, readTimeline, view } from '../machine/machine.js';
import { comparison } from './comparison.js';
import { wholeOf } from './timeline.js';

export type DockTab = 'run' | 'all' | 'exits';

export const dockTab = signal<DockTab>('run');
export const isCollapsed = signal(false);

/** Of the machine that the page has; null before there is one. */
const runTimeline = signal<Timeline | null>(null);

/** What the present tab is about. */
export const shownTimelines = computed<readonly Timeline[]>(() => {
  if (dockTab.value === 'run') return runTimeline.value === null ? [] : [runTimeline.value];
  return comparison.value?.timelines ?? (runTimeline.value === null ? [] : [runTimeline.value]);
});

/** What the reader zoomed to, in each tab; null: everything. */
const zoomed = { run: signal<Range | null>(null), all: signal<Range | null>(null) };

const zoomOfTab = computed(() => (dockTab.value === 'run' ? zoomed.run : zoomed.all));

/** The part that is shown. */
export const shownRange = computed<Range>(() => {
  const timelines = shownTimelines.value;
  const whole = timelines.length === 0 ? { from: 0, to: 1 } : wholeOf(timelines);
  const chosen = zoomOfTab.value.value;
  if (chosen === null || chosen.from >= whole.to) return whole;
  return { from: Math.max(whole.from, chosen.from), to: Math.min(whole.to, chosen.to) };
});

export function showRange(range: Range): void {
  const whole = wholeOf(shownTimelines.peek());
  const isWhole = range.from <= whole.from && range.to >= whole.to;
  zoomOfTab.peek().value = isWhole ? null : range;
}

/** While a guest runs, its timeline is drawn no more often. */
const REDRAW_MS = 500;
let askedAt = 0;
/** Of answers that overtake each other the last one counts. */
let asked = 0;

/** The machine has got on, or is another one: asks for its timeline. */
effect(() => {
  const isUnderWay = progress.value !== null;
  const now = performance.now();
  if (view.value === null || (isUnderWay && now - askedAt < REDRAW_MS)) return;
  askedAt = now;
  const turn = ++asked;
  void readTimeline().then((timeline) => {
    if (turn === asked) runTimeline.value = timeline;
  });
});

effect(() => {
  void comparison.value;
  zoomed.all.value = null;
});
