/** The page's half: a machine that runs in a worker, with the methods of `Vm` as promises. */
import { UsageError } from '../errors.js';
import type { CodeBits } from '../hypervisor/code-size.js';
import type { NmiState } from '../hypervisor/nmi-state.js';
import type { RunResult } from '../hypervisor/run-result.js';
import type { TraceListener } from '../hypervisor/trace.js';
import type { NmiRequestOptions, RunOptions } from '../hypervisor/vm-options.js';
import type { VirtualRead } from '../hypervisor/virtual-memory.js';
import type { VmSnapshot } from '../hypervisor/vm-snapshot.js';
import type { Channel, News } from './channel.js';
import { OutputStream } from './output-stream.js';

/** Guest-physical memory of a machine in a worker. Addresses and sizes are in bytes. */
export interface WorkerMemory {
  readonly byteLength: number;
  /** A copy of the bytes; rejects with a `MemoryRangeError` if they are not all RAM. */
  read(gpa: number, bytes: number): Promise<Uint8Array>;
  /** Rejects with a `MemoryRangeError`, before anything is written, if the bytes do not all fit. */
  write(gpa: number, bytes: Uint8Array): Promise<void>;
  /** As `Vm.virtual.read`: a copy of the bytes at a linear address, as many as are there. */
  readVirtual(gva: bigint, bytes: number): Promise<VirtualRead>;
}

/** Registers of a machine in a worker, by the names that `Vm.registers` has. */
export interface WorkerRegisters {
  /** Rejects with a `UsageError` for a name that is none. */
  get(name: string): Promise<bigint>;
  /** Several at one moment; all of them, unless names are given. */
  read(names?: readonly string[]): Promise<Readonly<Record<string, bigint>>>;
  /** Rejects with a `UsageError`, and changes nothing, if VMRUN would refuse the guest with it. */
  set(name: string, value: bigint | number): Promise<void>;
}

/**
 * A virtual machine in a worker of its own. What is asked while it runs is answered between two slices, which take 50 to
 * 100 ms. Every method rejects with what the same method of `Vm` throws, or with a `WorkerGoneError` once the worker has
 * ended.
 */
export class WorkerVm {
  readonly memory: WorkerMemory;
  readonly registers: WorkerRegisters;
  private readonly printed = new OutputStream();
  private isRunning = false;
  private onSlice: RunOptions['onSlice'];

  /** Use `createVmInWorker` or `restoreVmInWorker`. */
  constructor(
    private readonly channel: Channel,
    memoryBytes: number,
    private readonly onTrace: TraceListener | undefined,
  ) {
    channel.onNews = (news) => this.receive(news);
    channel.onEnd = () => this.printed.close();
    this.memory = {
      byteLength: memoryBytes,
      read: (gpa, bytes) => channel.call('readMemory', gpa, bytes),
      write: (gpa, bytes) => channel.call('writeMemory', gpa, bytes),
      readVirtual: (gva, bytes) => channel.call('readVirtual', gva, bytes),
    };
    this.registers = {
      get: async (name) => (await this.registers.read([name]))[name] as bigint,
      read: (names) => channel.call('readRegisters', names),
      set: (name, value) => channel.call('writeRegister', name, value),
    };
  }

  /** What the guest prints, as it prints it; ends with the worker. While nobody reads, at most 1 MiB is kept. */
  get output(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.printed.stream;
  }

  /** Instructions the guest has completed, and those it slept through. */
  time(): Promise<number> {
    return this.channel.call('time');
  }

  /**
   * As `Vm.run`. `signal` ends it with 'cancelled' after the slice that it comes in, and the run can go on; `onSlice` is
   * told the machine's time after each slice.
   */
  async run({ maxInstructions, signal, onSlice }: RunOptions = {}): Promise<RunResult> {
    this.requirePause();
    const cancel = () => void this.channel.call('cancel').catch(() => {}); // Gone: the run rejects with that.
    signal?.addEventListener('abort', cancel);
    this.isRunning = true;
    this.onSlice = onSlice;
    try {
      return await this.channel.call('run', {
        maxInstructions,
        wantsSlices: onSlice !== undefined,
        isCancelled: signal?.aborted ?? false,
      });
    } finally {
      this.isRunning = false;
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Requests one NMI: now, which is between two slices, or at an instruction. */
  requestNmi(options: NmiRequestOptions = {}): Promise<void> {
    return this.channel.call('requestNmi', options);
  }

  /** As `Vm.codeAt`. */
  codeAt(rip: bigint): Promise<{ readonly bytes: Uint8Array; readonly bits: CodeBits }> {
    return this.channel.call('codeAt', rip);
  }

  /** As `Vm.nmiState`. */
  nmiState(): Promise<NmiState> {
    return this.channel.call('nmiState');
  }

  /** A copy of the whole machine, which is moved here: `restoreVm` takes it, too. */
  snapshot(): Promise<VmSnapshot> {
    return this.channel.call('snapshot');
  }

  /** Makes this machine the one that the snapshot is of. The machine must not be running. */
  async restore(snapshot: VmSnapshot): Promise<void> {
    this.requirePause();
    await this.channel.call('restore', snapshot);
  }

  /** Ends the worker, in the middle of a run too, and frees its memory. */
  dispose(): void {
    this.channel.close('the machine was disposed of');
  }

  private requirePause(): void {
    if (this.isRunning)
      throw new UsageError('the machine is running: wait for the run, or cancel it by its signal');
  }

  private receive(news: News): void {
    switch (news.kind) {
      case 'output':
        return this.printed.push(news.bytes);
      case 'slice':
        return this.onSlice?.(news.time);
      case 'trace':
        return news.events.forEach((event) => this.onTrace?.(event));
    }
  }
}
