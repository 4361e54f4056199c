/** The comparison that the page has, or that is under way: signals, and the actions that change them. */
import { signal } from '@preact/signals';
import type { Progress } from 'vmexit';
import type { ComparedTimelines } from 'vmexit/lab';
import type { CompareJob, CompareNews } from './compare-worker.js';

export interface ShownComparison extends ComparedTimelines {
  /** What was compared: another source, or other settings, and it is out of date. */
  readonly job: CompareJob;
}

export const comparison = signal<ShownComparison | null>(null);
/** Of the comparison under way; null: none is. */
export const compareProgress = signal<Progress | null>(null);
/** Why the last one failed, in words. */
export const compareFailure = signal<string | null>(null);

/** A guest that never ends is cut off here, under each strategy. */
export const MOST_INSTRUCTIONS = 2_000_000;

let worker: Worker | null = null;

/** Runs a program under every strategy; one that is under way is given up. */
export function startComparison(job: CompareJob): void {
  cancelComparison();
  compareFailure.value = null;
  compareProgress.value = { delivery: 'naive-event-injection', completed: 0, total: 1, time: 0 };
  const started = new Worker(new URL('./compare-worker.ts', import.meta.url), {
    type: 'module',
    name: 'compare',
  });
  worker = started;
  started.onmessage = ({ data }: MessageEvent<CompareNews>) => {
    if (data.kind === 'progress') compareProgress.value = data.progress;
    else {
      if (data.kind === 'done') comparison.value = { job, ...data.compared };
      else compareFailure.value = data.message;
      cancelComparison();
    }
  };
  started.onerror = ({ message }) => {
    compareFailure.value = message === '' ? 'its script cannot be loaded' : message;
    cancelComparison();
  };
  started.postMessage(job);
}

export function cancelComparison(): void {
  worker?.terminate();
  worker = null;
  compareProgress.value = null;
}
