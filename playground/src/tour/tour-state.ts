/** Where the reader is in the tour. */
import { signal } from '@preact/signals';

/** Index of the step that is shown; null: no tour. */
export const tourStep = signal<number | null>(null);

export function startTour(): void {
  tourStep.value = 0;
}

export function endTour(): void {
  tourStep.value = null;
}
