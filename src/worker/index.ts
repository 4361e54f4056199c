/** vmexit/worker: virtual machines in workers, so that a page or a server stays alive while a guest runs. */
export {
  createVmInWorker,
  restoreVmInWorker,
  type WorkerOptions,
  type WorkerRestoreOptions,
  type WorkerVmOptions,
} from './create-vm-in-worker.js';
export type { WorkerMemory, WorkerRegisters, WorkerVm } from './worker-vm.js';
export type { SentOptions, SentSchedule } from './protocol.js';
export { WorkerGoneError } from './channel.js';
