/** The worker's half: the machine, and the commands that a page gives it. */
import { useBinaries } from '../core/compiled-asset.js';
import { createVm, restoreVm } from '../create-vm.js';
import { InvariantError } from '../errors.js';
import type { NmiSchedule } from '../hypervisor/nmi-schedule.js';
import type { NmiState } from '../hypervisor/nmi-state.js';
import type { RunResult } from '../hypervisor/run-result.js';
import { startSchedule } from '../hypervisor/schedule-spec.js';
import type { Vm } from '../hypervisor/vm.js';
import type { NmiRequestOptions } from '../hypervisor/vm-options.js';
import type { VirtualRead } from '../hypervisor/virtual-memory.js';
import type { VmSnapshot } from '../hypervisor/vm-snapshot.js';
import { Outbox } from './outbox.js';
import {
  buffersOf,
  type Commands,
  type HostSetup,
  type Message,
  type Question,
  type SentOptions,
  type SentRunOptions,
  type SentSchedule,
} from './protocol.js';
import { sendError } from './sent-error.js';

/** The worker's end of the channel: its global scope, Node's `parentPort`, or a `MessagePort`. */
export interface HostPort {
  onmessage: ((event: MessageEvent<Question>) => void) | null;
  postMessage(message: Message, transfer: ArrayBuffer[]): void;
}

/** Answers what comes through `port`, until the worker ends. */
export function serveVm(port: HostPort): void {
  const host = new VmHost((message, transfer = []) => port.postMessage(message, transfer));
  port.onmessage = ({ data }) => void answer(host, port, data);
}

async function answer(host: VmHost, port: HostPort, { id, command, args }: Question): Promise<void> {
  try {
    const execute = host[command] as (...args: unknown[]) => unknown;
    const value = await execute.apply(host, args);
    port.postMessage({ kind: 'answer', id, value }, buffersOf(value));
  } catch (error) {
    port.postMessage({ kind: 'failure', id, error: sendError(error) }, []);
  }
}

class VmHost implements Commands {
  private machine: Vm | null = null;
  /** Of the latest run. */
  private controller: AbortController | null = null;
  private readonly outbox: Outbox;

  constructor(private readonly post: (message: Message, transfer?: ArrayBuffer[]) => void) {
    this.outbox = new Outbox(post);
  }

  async create(setup: HostSetup, { nmiSchedule, ...options }: SentOptions): Promise<void> {
    useBinaries(setup.binaries);
    this.machine = await createVm({
      ...options,
      nmiSchedule: nmiSchedule && receiveSchedule(nmiSchedule),
      ...this.listeners(setup),
    });
  }

  async createFrom(
    setup: HostSetup,
    snapshot: VmSnapshot,
    { nmiSchedule, ...options }: Pick<SentOptions, 'jit' | 'nmiSchedule'>,
  ): Promise<void> {
    useBinaries(setup.binaries);
    this.machine = await restoreVm(snapshot, {
      ...options,
      nmiSchedule: nmiSchedule && receiveSchedule(nmiSchedule),
      ...this.listeners(setup),
    });
  }

  async run({ maxInstructions, wantsSlices, isCancelled }: SentRunOptions): Promise<RunResult> {
    const { signal } = (this.controller = new AbortController());
    if (isCancelled) this.controller.abort();
    const onSlice = (time: number) => {
      this.outbox.flush();
      if (wantsSlices) this.post({ kind: 'slice', time });
    };
    try {
      return await this.vm.runAsync({ maxInstructions, signal, onSlice });
    } finally {
      this.outbox.flush();
    }
  }

  cancel(): void {
    this.controller?.abort();
  }

  time(): number {
    return this.vm.time;
  }

  requestNmi(options: NmiRequestOptions): void {
    this.vm.requestNmi(options);
  }

  readMemory(gpa: number, bytes: number): Uint8Array {
    return this.vm.memory.read(gpa, bytes);
  }

  writeMemory(gpa: number, bytes: Uint8Array): void {
    this.vm.memory.write(gpa, bytes);
  }

  codeAt(rip: bigint): ReturnType<Vm['codeAt']> {
    return this.vm.codeAt(rip);
  }

  readVirtual(gva: bigint, bytes: number): VirtualRead {
    return this.vm.virtual.read(gva, bytes);
  }

  readRegisters(names: readonly string[] | undefined): Record<string, bigint> {
    const { registers } = this.vm;
    return Object.fromEntries((names ?? registers.names()).map((name) => [name, registers.get(name)]));
  }

  writeRegister(name: string, value: bigint | number): void {
    this.vm.registers.set(name, value);
  }

  nmiState(): NmiState {
    return this.vm.nmiState;
  }

  snapshot(): VmSnapshot {
    return this.vm.snapshot();
  }

  restore(snapshot: VmSnapshot): void {
    this.vm.restore(snapshot);
  }

  private get vm(): Vm {
    if (this.machine === null) throw new InvariantError('a command came before the machine was made');
    return this.machine;
  }

  private listeners({ isTraced }: HostSetup): Pick<Parameters<typeof createVm>[0], 'onTrace' | 'onSerial'> {
    return {
      onSerial: (byte) => this.outbox.byte(byte),
      onTrace: isTraced ? (event) => this.outbox.event(event) : undefined,
    };
  }
}

function receiveSchedule(schedule: SentSchedule): NmiSchedule {
  return 'kind' in schedule ? startSchedule(schedule) : schedule;
}
