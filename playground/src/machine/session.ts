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
  type RunResult,
  startSchedule,
  type Vm,
} from 'vmexit';
import { AssemblyError } from 'vmexit/asm';
import { MAIN_FILE } from '../program/main-file.js';
import { Debugger, type DebugStop, describeDebugStop, type Timeline } from 'vmexit/lab';
import { includedFile } from '../program/includes.js';
import type { Settings } from '../program/settings.js';
import { LiveRecording } from '../timeline/live-recording.js';
import { CodeWindow } from './code-window.js';
import { EventLog } from './event-log.js';
import { codeLinesOf, GuestSource } from './guest-source.js';
import { readMemory } from './memory-view.js';
import { readView, tailOf } from './read-view.js';
import { TOUR_MOMENTS, type TourMoment } from './tour-moments.js';
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
  readonly debug: Debugger;
  readonly source: GuestSource;
  readonly code: CodeWindow;
  readonly log: EventLog;
  readonly recording: LiveRecording;
}

/** Moments to go back to in a long run, and room for the address of "run to the cursor" beside the breakpoints. */
const MOST_CHECKPOINTS = 256;
const MOST_BREAKPOINTS = 1023;
/** Events that the page shows. */
const MOST_EVENTS = 40;

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
  | { readonly kind: 'moment'; readonly moment: TourMoment };

export class MachineSession {
  private loaded: Loaded | null = null;
  private told = 0;
  /** Events that had happened at the last view. */
  private seen = 0;
  private pausing = new AbortController();

  constructor(private readonly onProgress: (progress: ProgressView) => void) {}

  /** Assembles a source, to say what is wrong with it. */
  async check(source: string): Promise<CheckView> {
    return (await assembleSource(source)).check;
  }

  /** Assembles a source and makes its machine; the one before is gone if that works. */
  async load(name: string, source: string, settings: Settings, breakpoints: Breakpoints): Promise<LoadView> {
    const { check, assembled } = await assembleSource(source);
    if (assembled === null) return { check, view: null };
    const { guest, assembly } = assembled;
    const log = new EventLog();
    const vm = await createVm({
      guest,
      nmi: settings.delivery,
      nmiSchedule: startSchedule(settings.schedule),
      cpu: settings.cpu,
      onTrace: (event) => recording.note(event),
    });
    const recording = new LiveRecording(vm, log, { guest: name, strategy: settings.delivery });
    const guestSource = new GuestSource(assembly, guest);
    const start = BigInt(guest.entry.rip + guest.entry.segments.cs.base);
    const code = new CodeWindow(await createDisassembler(), guestSource, start);
    const debug = new Debugger(vm, { mostCheckpoints: MOST_CHECKPOINTS });
    this.loaded = { vm, debug, source: guestSource, code, log, recording };
    this.seen = 0;
    this.setBreakpoints(breakpoints);
    return { check, view: this.view({ kind: 'ready', text: 'before the first instruction' }) };
  }

  /** Where runs stop from now on; also while the guest runs. */
  setBreakpoints({ lines, addresses }: Breakpoints): readonly bigint[] {
    if (this.loaded === null) return [];
    const { debug, source } = this.loaded;
    const ofLines = lines.flatMap((line) => source.addressOf(line) ?? []);
    debug.breakpoints.clear();
    for (const address of [...ofLines, ...addresses].slice(0, MOST_BREAKPOINTS))
      debug.breakpoints.add(address);
    return [...debug.breakpoints];
  }

  async step(): Promise<MachineView> {
    const { vm, debug } = this.machine();
    const { deliveries } = vm.moment;
    const stop = await debug.step();
    const isAtHandler = stop.kind === 'step' && vm.moment.deliveries > deliveries;
    return this.view(stopView(isAtHandler ? { kind: 'delivery' } : stop));
  }

  async stepBack(): Promise<MachineView> {
    await this.machine().debug.stepBack();
    return this.view({ kind: 'back', text: 'went back' });
  }

  /** To a moment of this run: back, or forward. */
  async goTo(time: number): Promise<MachineView> {
    return this.view(stopView(await this.machine().debug.goTo(time, this.running())));
  }

  async run(target: RunTarget): Promise<MachineView> {
    const { debug, source } = this.machine();
    switch (target.kind) {
      case 'end':
        return this.view(stopView(await debug.continue(this.running())));
      case 'exit':
        return this.view(stopView(await debug.stepToNextExit(this.running())));
      case 'address':
        return this.view(stopView(await debug.runTo(target.address, this.running())));
      case 'line': {
        const address = source.addressOf(target.line);
        if (address === null) return this.view({ kind: 'no-code', text: 'no code at or after that line' });
        return this.run({ kind: 'address', address });
      }
      case 'moment':
        return this.view(stopView(await this.runToMoment(target.moment)));
    }
  }

  /** Also while the guest runs. */
  pause(): void {
    this.pausing.abort();
  }

  /** Also while the guest runs. */
  requestNmi(): void {
    this.loaded?.debug.requestNmi();
  }

  /** What is known of the run of the present machine; null without one. Also while the guest runs. */
  timeline(): Timeline | null {
    if (this.loaded === null) return null;
    const { recording, vm } = this.loaded;
    return recording.timeline(resultOf(vm));
  }

  memory(space: AddressSpace, address: bigint, length: number): MemoryView {
    return readMemory(this.machine().vm, space, address, length);
  }

  private async runToMoment(moment: TourMoment): Promise<DebugStop> {
    const { vm, debug } = this.machine();
    const options = { ...this.running(), exits: true, deliveries: true };
    for (;;) {
      const stop = await debug.continue(options);
      const isEvent = stop.kind === 'exit' || stop.kind === 'delivery';
      if (!isEvent || TOUR_MOMENTS[moment](vm, stop)) return stop;
    }
  }

  /** Of a run that begins now. */
  private running() {
    this.pausing = new AbortController();
    return { signal: this.pausing.signal, onSlice: () => this.report() };
  }

  private machine(): Loaded {
    if (this.loaded === null) throw new Error('there is no machine: the source has errors');
    return this.loaded;
  }

  private view(stop: StopView): MachineView {
    const { vm, source, code, log } = this.machine();
    const result = resultOf(vm);
    const hasEnded = !isResumable(result.stop);
    const shown = hasEnded ? { kind: result.stop.kind, text: describeStop(result.stop) } : stop;
    const happened = log.countUpTo(vm.moment);
    const events = log.between(0, happened, MOST_EVENTS);
    const news = log.between(this.seen, happened, MOST_EVENTS);
    this.seen = happened;
    return readView({ vm, source, code, result, hasEnded, events, news, stop: shown });
  }

  private report(): void {
    const now = performance.now();
    if (now - this.told < PROGRESS_MS) return;
    this.told = now;
    const { time, instructions, exits, nmi, serial } = resultOf(this.machine().vm);
    const count = exits.reduce((sum, exit) => sum + exit.count, 0);
    this.onProgress({ time, instructions, exits: count, nmis: nmi.delivered, serial: tailOf(serial) });
  }
}

/** What there is to report, without running on. */
function resultOf(vm: Vm): RunResult {
  return vm.run({ maxInstructions: 0 });
}

function stopView(stop: DebugStop): StopView {
  switch (stop.kind) {
    case 'cancelled':
      return { kind: 'pause', text: 'paused' };
    case 'time':
      return { kind: 'goal', text: 'at that moment' };
    case 'step':
      return { kind: 'step', text: 'stepped one instruction' };
    default:
      return { kind: stop.kind, text: describeDebugStop(stop) };
  }
}

async function assembleSource(source: string) {
  const none = { bytes: null, codeLines: [], problem: null };
  try {
    const assembled = await assembleGuest(
      { assembly: source, name: MAIN_FILE, files: includedFile },
      { memoryBytes: DEFAULT_MEMORY_BYTES },
    );
    const { bytes, warnings } = assembled.assembly;
    const codeLines = codeLinesOf(assembled.assembly);
    return { check: { diagnostics: warnings, bytes: bytes.length, codeLines, problem: null }, assembled };
  } catch (error) {
    if (error instanceof AssemblyError)
      return { check: { ...none, diagnostics: error.diagnostics }, assembled: null };
    const problem = error instanceof Error ? error.message : String(error);
    return { check: { ...none, diagnostics: [], problem }, assembled: null };
  }
}
