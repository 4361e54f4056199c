/** What is in front: the inspector's tab, and on a narrow window the part of the page. */
import { signal } from '@preact/signals';

export const inspectorTab = signal('output');

/** The parts of which a narrow window shows one. */
export const PARTS = {
  source: 'Source',
  machine: 'Processor',
  inspect: 'NMI & more',
  timeline: 'Timeline',
} as const;
export const part = signal<keyof typeof PARTS>('source');
