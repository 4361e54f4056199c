/**
 * `<x86-guest>`: a guest in any page, by one line. It runs in a worker, so the page stays alive whatever the guest does.
 *
 * Nothing is loaded before the guest is run, so a page may have many.
 */
import { describeStop, isResumable, type RunResult } from '../hypervisor/run-result.js';
import { createVmInWorker } from '../worker/create-vm-in-worker.js';
import type { WorkerVm } from '../worker/worker-vm.js';
import { MACHINE_ATTRIBUTES, readAttributes } from './guest-attributes.js';
import { readGuest } from './guest-source.js';
import { type GuestCommand, GuestView } from './guest-view.js';

/** What the guest is doing. */
export type GuestState = 'idle' | 'loading' | 'running' | 'paused' | 'ended' | 'failed';

const COMMANDS: Readonly<Record<GuestState, readonly GuestCommand[]>> = {
  idle: ['run'],
  loading: [],
  running: ['stop', 'restart', 'nmi'],
  paused: ['run', 'restart', 'nmi'],
  ended: ['restart'],
  failed: ['restart'],
};

/** Outside of a page, on a server that renders one, there are no elements to extend. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * Attributes: `src` (an .asm source or a binary), `delivery`, `autorun`, `memory` (16M), `cpu`, `seed`, `format`, `bits`, `load`,
 * `entry`, `nmi-every`, `label`. Without `src`, the source is in a `<script type="text/x-nasm">` child or the element's text.
 *
 * Events: `output` (`detail`: the text that was printed), `exit` (`detail`: the `RunResult`), `error` (`detail`: the error), and
 * `statechange`. Parts for CSS: `controls`, `button`, `run`, `stop`, `restart`, `nmi`, `status`, `error`, `output`.
 */
export class X86GuestElement extends Base {
  static readonly observedAttributes: readonly string[] = [...MACHINE_ATTRIBUTES, 'label'];

  readonly #view: GuestView;
  #state: GuestState = 'idle';
  #vm: WorkerVm | null = null;
  #controller = new AbortController();
  /** Of the machine that is wanted: what was begun for an earlier one is dropped. */
  #generation = 0;

  constructor() {
    super();
    this.#view = new GuestView(this.attachShadow({ mode: 'open' }), (command) => this.#obey(command));
    this.#view.setLabel('x86 guest');
    this.#enter('idle', 'ready');
  }

  /** What the guest is doing; `statechange` tells of changes. */
  get state(): GuestState {
    return this.#state;
  }

  /** The machine, while there is one: its memory, registers and snapshots. */
  get vm(): WorkerVm | null {
    return this.#vm;
  }

  connectedCallback(): void {
    if (!this.hasAttribute('autorun')) return;
    // While the page is parsed, the source between the tags is not there yet.
    const run = () => this.isConnected && void this.run();
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', run, { once: true });
    else run();
  }

  disconnectedCallback(): void {
    this.reset();
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (name === 'label') this.#view.setLabel(value ?? 'x86 guest');
    else if (before !== value && this.#state !== 'idle') void this.restart();
  }

  /** Runs the guest, or goes on where it was stopped. Resolves when it ends or is stopped. */
  async run(): Promise<void> {
    if (this.#state === 'paused' && this.#vm !== null) return this.#runOn(this.#vm);
    if (this.#state !== 'idle') return;
    const generation = ++this.#generation;
    this.#enter('loading', 'loading…');
    try {
      const vm = await this.#createVm();
      if (generation !== this.#generation) return vm.dispose();
      this.#vm = vm;
      void this.#showOutput(vm);
      await this.#runOn(vm);
    } catch (error) {
      if (generation === this.#generation) this.#fail(error);
    }
  }

  /** Stops the guest at the end of its slice, 50 to 100 ms from now. `run` goes on. */
  stop(): void {
    this.#controller.abort();
  }

  /** Starts the guest again from its first instruction. */
  restart(): Promise<void> {
    this.reset();
    return this.run();
  }

  /** Throws the machine away, with what it printed. */
  reset(): void {
    this.#generation++;
    this.#vm?.dispose();
    this.#vm = null;
    this.#view.clear();
    this.#enter('idle', 'ready');
  }

  /** Requests one NMI, now. */
  async requestNmi(): Promise<void> {
    await this.#vm?.requestNmi();
  }

  async #createVm(): Promise<WorkerVm> {
    const options = readAttributes((name) => this.getAttribute(name));
    if (!('WebAssembly' in globalThis) || !('Worker' in globalThis))
      throw new Error('this browser has no WebAssembly or no web workers, which the guest needs');
    return createVmInWorker({ ...options, guest: await readGuest(this) });
  }

  async #runOn(vm: WorkerVm): Promise<void> {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#enter('running', 'running');
    try {
      const result = await vm.run({ signal, onSlice: (time) => this.#showTime(vm, time) });
      if (vm === this.#vm) this.#finish(result);
    } catch (error) {
      if (vm === this.#vm) this.#fail(error);
    }
  }

  #finish(result: RunResult): void {
    const count = result.instructions.toLocaleString('en');
    const isPaused = isResumable(result.stop);
    const reason = isPaused ? 'stopped' : describeStop(result.stop);
    this.#enter(isPaused ? 'paused' : 'ended', `${reason} after ${count} instructions`);
    if (!isPaused) this.#tell('exit', result);
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#vm?.dispose();
    this.#vm = null;
    this.#view.showError(message);
    this.#enter('failed', 'failed');
    this.#tell('error', error);
  }

  #showTime(vm: WorkerVm, time: number): void {
    if (vm === this.#vm && this.#state === 'running')
      this.#view.setStatus(`running: ${time.toLocaleString('en')} instructions`);
  }

  async #showOutput(vm: WorkerVm): Promise<void> {
    const decoder = new TextDecoder(); // No TextDecoderStream: that would be later than the end of the run.
    const reader = vm.output.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || vm !== this.#vm) return;
      const text = decoder.decode(value, { stream: true });
      this.#view.print(text);
      this.#tell('output', text);
    }
  }

  #obey(command: GuestCommand): void {
    if (command === 'stop') this.stop();
    else if (command === 'nmi') void this.requestNmi();
    else void this[command]();
  }

  #enter(state: GuestState, status: string): void {
    const isNew = state !== this.#state;
    this.#state = state;
    this.#view.setStatus(status);
    this.#view.enable(COMMANDS[state]);
    if (isNew) this.#tell('statechange', state);
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
