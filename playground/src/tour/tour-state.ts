/** Where the reader is in the tour. What was in the editor before comes back at its end. */
import { batch, signal } from '@preact/signals';
import { inspectorTab, part } from '../layout-state.js';
import { runTo } from '../machine/machine.js';
import { findExample } from '../program/examples.js';
import type { SharedProgram } from '../program/link.js';
import { currentProgram, setProgram } from '../program/program.js';
import { TOUR } from './steps.js';

/** Index of the step that is shown; null: no tour. */
export const tourStep = signal<number | null>(null);

/** A first visitor is told what there is to see. */
export const invites = signal(false);

let before: SharedProgram | null = null;

export function startTour(): void {
  before ??= currentProgram();
  invites.value = false;
  showStep(0);
}

/** Loads the step's guest, and runs it to the step's moment. */
export function showStep(index: number): void {
  const step = TOUR[index];
  const example = findExample(step?.example ?? '');
  if (step === undefined || example === undefined) return;
  const { name, source, schedule } = example;
  const cpu = currentProgram().settings.cpu;
  batch(() => {
    tourStep.value = index;
    inspectorTab.value = step.tab;
    part.value = 'inspect';
    setProgram({ name, source, settings: { delivery: step.delivery, schedule, cpu }, breakpoints: [] });
  });
  // Other settings have started the machine anew: this runs after that.
  void runTo({ kind: 'moment', moment: step.moment });
}

export function endTour(): void {
  tourStep.value = null;
  if (before !== null) setProgram(before);
  before = null;
}
