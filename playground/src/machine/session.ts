/**
 * The machine of the page, in the worker: a source is assembled and loaded, and then runs, steps and is looked at.
 *
 * What the page asks for comes one at a time, but for `pause`, `requestNmi` and `setBreakpoints`, which also come while it
 * runs.
 */
import {
  assembleGuest,
  createDisassembler,
  createVm,
  DEFAULT_MEMORY_BYTES,
  describeStop,
  isResumable,
  startSchedule,
  type TraceEvent,
  type Vm,
} from 'vmexit';
import { AssemblyError } from 'vmexit/asm';
import { MAIN_FILE } from '../program/main-file.js';
import type { Timeline } from 'vmexit/lab';
import { INCLUDES } from '../program/includes.js';
import type { Settings } from '../program/settings.js';
import { LiveRecording } from '../timeline/live-recording.js';
import { CodeWindow } from './code-window.js';
import { EventBuffer } from './event-buffer.js';
import { GuestSource } from './guest-source.js';
import { readView, tailOf } from './read-view.js';
import { type Halt, RunControl, type RunGoal } from './run-control.js';
import type { TourMoment } from './tour-moments.js';
import type { AddressSpace, CheckView, MachineView, MemoryView, ProgressView, StopView } from './view.js';

/** The page hears of a run this often. */
const PROGRESS_MS = 100;

export interface LoadView {
  readonly check: CheckView;
  /** The machine before its first instruction; null if there is none. */
  readonly view: MachineView | null;
}

interface Loaded {
  readonly vm: Vm;
  readonly control: RunControl;
  readonly source: GuestSource;
  readonly code: CodeWindow;
  readonly recording: LiveRecording;
}

/** Breakpoints: at lines of the source, and at addresses. */
export interface Breakpoints {
  readonly lines: readonly number[];
  readonly addresses: readonly bigint[];
}

/** Where a run of the page stops, if nothing stops it before. */
export type RunTarget =
  | { readonly kind: 'end' | 'exit' }
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'address'; readonly address: bigint }
  | { readonly kind: 'time'; readonly time: number }
  | { readonly kind: 'moment'; readonly moment: TourMoment };

export class MachineSession {
  private loaded: Loaded | null = null;
  private readonly events = new EventBuffer();
  private told = 0;

  constructor(private readonly onProgress: (progress: ProgressView) => void) {}

  /** Assembles a source, to say what is wrong with it. */
  async check(source: string): Promise<CheckView> {
    return (await assembleSource(source)).check;
  }

  /** Assembles a source and makes its machine; the one before is gone if that works. */
  async load(name: string, source: string, settings: Settings, breakpoints: Breakpoints): Promise<LoadView> {
    const { check, assembled } = await assembleSource(source);
    if (assembled === null) return { check, view: null };
    this.events.clear();
    const vm = await createVm({
      guest: assembled.guest,
      nmi: settings.delivery,
      nmiSchedule: startSchedule(settings.schedule),
      cpu: settings.cpu,
      onTrace: (event) => this.note(event),
    });
    const { entry } = assembled.guest;
    const guestSource = new GuestSource(assembled.assembly);
    const start = BigInt(entry.rip + entry.segments.cs.base);
    const code = new CodeWindow(await createDisassembler(), guestSource, start);
    const control = new RunControl(vm, () => this.report());
    const recording = new LiveRecording(vm, { guest: name, strategy: settings.delivery });
    this.loaded = { vm, control, source: guestSource, code, recording };
    this.setBreakpoints(breakpoints);
    return { check, view: this.view({ kind: 'ready', text: 'before the first instruction' }) };
  }

  /** Where runs stop from now on; also while the guest runs. */
  setBreakpoints({ lines, addresses }: Breakpoints): readonly bigint[] {
    if (this.loaded === null) return [];
    const { control, source } = this.loaded;
    const ofLines = lines.flatMap((line) => source.addressOf(line) ?? []);
    control.breakpoints = new Set([...ofLines, ...addresses]);
    return [...control.breakpoints];
  }

  step(): MachineView {
    return this.view(stopView(this.machine().control.step()));
  }

  stepBack(): MachineView {
    const halt = this.machine().control.stepBack();
    this.machine().recording.moved();
    return this.view(stopView(halt));
  }

  /** To an earlier time. */
  goBackTo(time: number): MachineView {
    const halt = this.machine().control.goBackTo(time);
    this.machine().recording.moved();
    return this.view(stopView(halt));
  }

  async run(target: RunTarget): Promise<MachineView> {
    const { control } = this.machine();
    const goal = this.goalOf(target);
    if (goal === null) return this.view({ kind: 'no-code', text: 'no code at or after that line' });
    return this.view(stopView(await control.run(goal)));
  }

  /** Also while the guest runs. */
  pause(): void {
    this.loaded?.control.pause();
  }

  /** Also while the guest runs. */
  requestNmi(): void {
    this.loaded?.recording.diverge();
    this.loaded?.control.requestNmi();
  }

  /** What is known of the run of the present machine; null without one. Also while the guest runs. */
  timeline(): Timeline | null {
    if (this.loaded === null) return null;
    const { recording, control } = this.loaded;
    return recording.timeline(control.result());
  }

  memory(space: AddressSpace, address: bigint, length: number): MemoryView {
    const { vm } = this.machine();
    const bytes = new Int16Array(length).fill(-1);
    if (space === 'physical') readPhysical(vm, Number(address), bytes);
    else readVirtual(vm, address, bytes);
    return { bytes };
  }

  private goalOf(target: RunTarget): RunGoal | null {
    if (target.kind !== 'line') return target;
    const address = this.machine().source.addressOf(target.line);
    return address === null ? null : { kind: 'address', address };
  }

  private note(event: TraceEvent): void {
    this.loaded?.recording.note(event);
    if (event.kind === 'serial' || this.loaded?.control.isReplaying === true) return;
    this.events.add(event);
  }

  private machine(): Loaded {
    if (this.loaded === null) throw new Error('there is no machine: the source has errors');
    return this.loaded;
  }

  private view(stop: StopView): MachineView {
    const { vm, source, code, control } = this.machine();
    const result = control.result();
    const hasEnded = !isResumable(result.stop);
    const shown = hasEnded ? stopView(result.stop) : stop;
    return readView({ vm, source, code, result, hasEnded, events: this.events.take(), stop: shown });
  }

  private report(): void {
    const now = performance.now();
    if (now - this.told < PROGRESS_MS) return;
    this.told = now;
    const { time, instructions, exits, nmi, serial } = this.machine().control.result();
    const count = exits.reduce((sum, exit) => sum + exit.count, 0);
    this.onProgress({ time, instructions, exits: count, nmis: nmi.delivered, serial: tailOf(serial) });
  }
}

function stopView(halt: Halt): StopView {
  switch (halt.kind) {
    case 'pause':
      return { kind: 'pause', text: 'paused' };
    case 'goal':
      return { kind: 'goal', text: 'at that moment' };
    case 'step':
      return { kind: 'step', text: 'stepped one instruction' };
    case 'back':
      return { kind: 'back', text: 'went back' };
    default:
      return { kind: halt.kind, text: describeStop(halt) };
  }
}

async function assembleSource(source: string) {
  const none = { bytes: null, codeLines: [], problem: null };
  try {
    const assembled = await assembleGuest(
      { assembly: source, name: MAIN_FILE, files: INCLUDES },
      { memoryBytes: DEFAULT_MEMORY_BYTES },
    );
    const { bytes, warnings } = assembled.assembly;
    const codeLines = new GuestSource(assembled.assembly).codeLines();
    return { check: { diagnostics: warnings, bytes: bytes.length, codeLines, problem: null }, assembled };
  } catch (error) {
    if (error instanceof AssemblyError)
      return { check: { ...none, diagnostics: error.diagnostics }, assembled: null };
    const problem = error instanceof Error ? error.message : String(error);
    return { check: { ...none, diagnostics: [], problem }, assembled: null };
  }
}

function readPhysical(vm: Vm, address: number, into: Int16Array): void {
  const end = Math.min(address + into.length, vm.memory.byteLength);
  if (end > address) into.set(vm.memory.read(address, end - address));
}

/** Page by page past what is not mapped. */
function readVirtual(vm: Vm, address: bigint, into: Int16Array): void {
  const PAGE = 0x1000;
  let at = 0;
  while (at < into.length) {
    const start = address + BigInt(at);
    const inPage = Math.min(into.length - at, PAGE - Number(start & 0xfffn));
    into.set(vm.virtual.read(start, inPage).bytes, at);
    at += inPage;
  }
}
