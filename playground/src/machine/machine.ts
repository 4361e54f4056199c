/**
 * The machine as the page has it: signals for what it shows, and the actions that a reader can take.
 *
 * One action at a time; those that come while another is under way wait for it, but for a pause.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import { breakpoints, diagnostics, name, settings, source } from '../program/program.js';
import { DEFAULT_SETTINGS, type Settings } from '../program/settings.js';
import { startMachine } from './client.js';
import type { Breakpoints, LoadView, RunTarget } from './session.js';
import type { CheckView, MachineState, MachineView, ProgressView } from './view.js';

/** At the last stop; null: there is no machine. */
export const view = signal<MachineView | null>(null);
/** At the stop before: what has changed since is marked. */
export const previousView = signal<MachineView | null>(null);
/** Of the run that is under way. */
export const progress = signal<ProgressView | null>(null);
export const isRunning = signal(false);
/** What the assembler made of the source as it stands. */
export const check = signal<CheckView | null>(null);
/** The source and the settings that the machine was made from. */
const loadedSource = signal<string | null>(null);
export const loadedSettings = signal<Settings>(DEFAULT_SETTINGS);
/** Something that went wrong with the machine itself, in words. */
export const failure = signal<string | null>(null);
export const state = computed<MachineState>(() =>
  isRunning.value ? 'running' : (view.value?.state ?? 'absent'),
);
/** The source was edited since the machine was made: its lines are no longer the machine's. */
export const isStale = computed(() => loadedSource.value !== null && loadedSource.value !== source.value);
/** The line that comes next, in the editor; null while it runs. */
export const currentLine = computed(() =>
  isRunning.value || isStale.value ? null : (view.value?.line ?? null),
);

const machine = startMachine(
  (news) => {
    if (isRunning.peek()) progress.value = news;
  },
  (message) => {
    failure.value = `The machine stopped working (${message}). Your source is safe; reload the page to go on.`;
    isRunning.value = false;
  },
);

/** Shows a view; the one before it is kept to compare with, unless the machine is a new one. */
function show(next: MachineView | null, isNew = false): void {
  batch(() => {
    previousView.value = isNew ? null : view.peek();
    view.value = next;
    progress.value = null;
    isRunning.value = false;
  });
}

let queue: Promise<unknown> = Promise.resolve();
const waiting = signal(0);
/** Something that the reader asked for is under way. */
export const isBusy = computed(() => waiting.value > 0);

/** Runs the actions one after another. What one throws is shown, and ends only that one. */
function enqueue(action: () => Promise<void>): Promise<void> {
  waiting.value = waiting.peek() + 1;
  const result = queue
    .then(action)
    .catch((error: unknown) => {
      failure.value = error instanceof Error ? error.message : String(error);
      isRunning.value = false;
    })
    .finally(() => {
      waiting.value = waiting.peek() - 1;
    });
  queue = result;
  return result;
}

/** Makes the machine anew from the source and the settings as they stand. */
export function restart(): Promise<void> {
  pause();
  return enqueue(reload);
}

async function reload(): Promise<void> {
  const text = source.peek();
  const under = settings.peek();
  const loaded = await machine.load(name.peek(), text, under, allBreakpoints());
  tell(loaded);
  if (loaded.view === null) return;
  loadedSource.value = text;
  loadedSettings.value = under;
  show(loaded.view, true);
}

function tell({ check: checked, view: made }: LoadView): void {
  batch(() => {
    check.value = checked;
    diagnostics.value = checked.diagnostics;
    failure.value = made === null ? (checked.problem ?? null) : null;
  });
}

/** Says what is wrong with the source, without a machine. */
export async function checkSource(): Promise<void> {
  const text = source.peek();
  const checked = await machine.check(text);
  if (text !== source.peek()) return;
  batch(() => {
    check.value = checked;
    diagnostics.value = checked.diagnostics;
  });
}

/** A machine of the present source and settings, made anew if they have changed. False: the source has errors. */
async function ready(): Promise<boolean> {
  if (view.peek() === null || isStale.peek() || loadedSettings.peek() !== settings.peek()) await reload();
  return view.peek() !== null && !isStale.peek();
}

function act(action: () => Promise<MachineView>): Promise<void> {
  return enqueue(async () => {
    if (!(await ready()) || hasEnded()) return;
    isRunning.value = true;
    show(await action());
  });
}

function hasEnded(): boolean {
  return view.peek()?.state === 'ended';
}

/** To the end: a guest that is there starts again. */
export function run(): Promise<void> {
  if (hasEnded() && !isStale.peek()) void restart();
  return runTo({ kind: 'end' });
}

export function runTo(target: RunTarget): Promise<void> {
  return act(() => machine.run(target));
}

export function step(): Promise<void> {
  return act(() => machine.step());
}

/** Also from a guest that has ended. */
export function stepBack(): Promise<void> {
  return goBack(() => machine.stepBack());
}

/** To a moment of this run: back, or forward. */
export function goTo(time: number): Promise<void> {
  const isBack = time <= (view.peek()?.time ?? 0);
  return (isBack ? goBack : act)(() => machine.goTo(time));
}

function goBack(action: () => Promise<MachineView>): Promise<void> {
  return enqueue(async () => {
    if (view.peek() === null) return;
    isRunning.value = true;
    show(await action());
  });
}

export function pause(): void {
  if (isRunning.peek()) void machine.pause();
}

/** At once: also while the guest runs. */
export function requestNmi(): void {
  if (view.peek() !== null) void machine.requestNmi();
}

export const readMemory = machine.memory;
export const readTimeline = machine.timeline;

/** At addresses, beside those at lines of the source: of this visit only. */
const addressBreakpoints = signal<ReadonlySet<bigint>>(new Set());

function allBreakpoints(): Breakpoints {
  return { lines: breakpoints.value, addresses: [...addressBreakpoints.value] };
}

/** Where a run stops, for the disassembly to mark. */
export const breakpointAddresses = signal<ReadonlySet<bigint>>(new Set());

effect(() => {
  const all = allBreakpoints();
  void loadedSource.value;
  void machine.setBreakpoints(all).then((addresses) => {
    breakpointAddresses.value = new Set(addresses);
  });
});

/** @param line The line whose breakpoint this would be; null where an address has none. */
export function toggleAddressBreakpoint(address: bigint, line: number | null): void {
  if (line !== null) {
    const lines = breakpoints.peek();
    const without = lines.filter((other) => other !== line);
    breakpoints.value = without.length < lines.length ? without : [...lines, line].sort((a, b) => a - b);
    return;
  }
  const addresses = new Set(addressBreakpoints.peek());
  if (!addresses.delete(address)) addresses.add(address);
  addressBreakpoints.value = addresses;
}
