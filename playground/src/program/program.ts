/** The program that the page is about: source, breakpoints, settings, and what the assembler says. All of it is signals. */
import { batch, signal } from '@preact/signals';
import type { Diagnostic } from 'vmexit/asm';
import { EXAMPLES, type Example } from './examples.js';
import type { SharedProgram } from './link.js';
import { DEFAULT_SETTINGS, type Settings } from './settings.js';

/** What a first visit shows. */
const FIRST_EXAMPLE = 'nmi-count-64';

export const name = signal('');
export const source = signal('');
/** Lines, counted from 1, in order. */
export const breakpoints = signal<readonly number[]>([]);
export const settings = signal<Settings>(DEFAULT_SETTINGS);

/** Of the source as it stands; empty while it is being checked for the first time. */
export const diagnostics = signal<readonly Diagnostic[]>([]);

/** The program that was there before another took its place, if somebody had written in it. */
export const replaced = signal<SharedProgram | null>(null);

export function currentProgram(): SharedProgram {
  return {
    name: name.peek(),
    source: source.peek(),
    settings: settings.peek(),
    breakpoints: breakpoints.peek(),
  };
}

/** Shows another program. What somebody wrote is kept in `replaced`, one deep. */
export function openProgram(program: SharedProgram): void {
  const before = currentProgram();
  if (before.source !== program.source && isWritten(before.source)) replaced.value = before;
  setProgram(program);
}

/** Shows another program, and keeps nothing. */
export function setProgram(program: SharedProgram): void {
  batch(() => {
    name.value = program.name;
    source.value = program.source;
    settings.value = program.settings;
    breakpoints.value = program.breakpoints;
  });
}

export function openExample(example: Example): void {
  const { name: called, source: text, schedule } = example;
  openProgram({ name: called, source: text, settings: { ...settings.peek(), schedule }, breakpoints: [] });
}

export function firstProgram(): SharedProgram {
  const example = EXAMPLES.find(({ name: called }) => called === FIRST_EXAMPLE);
  if (example === undefined)
    return { name: 'guest', source: '', settings: DEFAULT_SETTINGS, breakpoints: [] };
  const { source: text, schedule } = example;
  return { name: FIRST_EXAMPLE, source: text, settings: { ...DEFAULT_SETTINGS, schedule }, breakpoints: [] };
}

/** Somebody wrote this: it is not an example as it ships. */
function isWritten(text: string): boolean {
  return text.trim() !== '' && EXAMPLES.every((example) => example.source !== text);
}
