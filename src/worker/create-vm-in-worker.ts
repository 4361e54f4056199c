/** Machines in workers: everything that is made, is made here. */
import { compileBinary } from '../core/compiled-asset.js';
import { requireOptions } from '../errors.js';
import type { TraceListener } from '../hypervisor/trace.js';
import type { VmSnapshot } from '../hypervisor/vm-snapshot.js';
import { Channel } from './channel.js';
import type { HostSetup, SentOptions, SentSchedule } from './protocol.js';
import { WorkerVm } from './worker-vm.js';

/** As `createVm` has it: 16 MiB. */
const DEFAULT_MEMORY_BYTES = 0x100_0000;

/** What a worker adds to a machine. */
export interface WorkerOptions {
  /** Told of every exit, injection and NMI event, some time after it happened. */
  readonly onTrace?: TraceListener | undefined;
  /** Where worker-host.js is served, if it is not beside vmexit's modules. */
  readonly workerUrl?: string | URL | undefined;
}

/**
 * As `CreateVmOptions`, less what cannot be sent: the schedule is a list or a description, a source's files are a
 * table, and what the guest prints is `WorkerVm.output`.
 */
export interface WorkerVmOptions extends SentOptions, WorkerOptions {}

/** As `RestoreVmOptions`. */
export interface WorkerRestoreOptions extends WorkerOptions {
  readonly jit?: boolean | undefined;
  readonly nmiSchedule?: SentSchedule | undefined;
}

/**
 * Makes a virtual machine in a worker of its own: a module worker in browsers, a thread in Node. Rejects with what
 * `createVm` throws, and with a `WorkerGoneError` if the worker cannot be started.
 */
export async function createVmInWorker(options: WorkerVmOptions): Promise<WorkerVm> {
  requireOptions('createVmInWorker', options);
  const { onTrace, workerUrl, ...sent } = options;
  const { memoryBytes = DEFAULT_MEMORY_BYTES } = options;
  const channel = await open(workerUrl, onTrace, (to, setup) => to.call('create', setup, sent));
  return new WorkerVm(channel, memoryBytes, onTrace);
}

/** Makes a virtual machine in a worker that goes on where the snapshot was taken. The snapshot is copied. */
export async function restoreVmInWorker(
  snapshot: VmSnapshot,
  { onTrace, workerUrl, ...sent }: WorkerRestoreOptions = {},
): Promise<WorkerVm> {
  const channel = await open(workerUrl, onTrace, (to, setup) => to.call('createFrom', setup, snapshot, sent));
  return new WorkerVm(channel, snapshot.machine.ramBytes, onTrace);
}

/** The worker's script loads while the binaries are compiled, here, once for all workers. */
async function open(
  workerUrl: string | URL | undefined,
  onTrace: TraceListener | undefined,
  create: (channel: Channel, setup: HostSetup) => Promise<void>,
): Promise<Channel> {
  const channel = new Channel(workerUrl);
  try {
    const [core, iced] = await Promise.all([compileBinary('core'), compileBinary('iced')]);
    await create(channel, { binaries: { core, iced }, isTraced: onTrace !== undefined });
    return channel;
  } catch (error) {
    channel.close('the machine could not be made');
    throw error;
  }
}
