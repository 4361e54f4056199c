/** The program between visits, in the browser's storage. A browser that keeps nothing still runs everything. */
import { effect } from '@preact/signals';
import type { SharedProgram } from './link.js';
import { breakpoints, currentProgram, name, replaced, settings, source } from './program.js';
import { readSettings } from './settings.js';

const PROGRAM = 'vmexit.playground.program';
const REPLACED = 'vmexit.playground.replaced';
/** After the last keystroke. */
const DELAY_MS = 300;

export function loadProgram(): SharedProgram | null {
  return read(PROGRAM);
}

/** Keeps the program from now on, also when the page goes away before the delay is over. */
export function keepProgram(): void {
  replaced.value = read(REPLACED);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = (): void => {
    clearTimeout(timer);
    write(PROGRAM, currentProgram());
  };
  effect(() => {
    void [name.value, source.value, settings.value, breakpoints.value];
    clearTimeout(timer);
    timer = setTimeout(save, DELAY_MS);
  });
  effect(() => write(REPLACED, replaced.value));
  addEventListener('pagehide', save);
}

function read(key: string): SharedProgram | null {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<SharedProgram> | null;
    if (typeof value?.source !== 'string') return null;
    const { name: called = 'guest', source: text, breakpoints: lines = [] } = value;
    return { name: called, source: text, settings: readSettings(value.settings), breakpoints: lines };
  } catch {
    return null;
  }
}

function write(key: string, program: SharedProgram | null): void {
  try {
    if (program === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(program));
  } catch {
    // Full, or forbidden: there is nothing to be done about it, and the page works without.
  }
}
