/** A thread of a long comparison: runs its share and sends reports. */
import { parentPort, workerData } from 'node:worker_threads';
import { run } from './run.js';
import type { RunOptions } from './run.js';
import { VmexitSubject } from './vmexit-subject.js';

const subject = await VmexitSubject.create();
run(workerData as RunOptions, subject, (report) => parentPort?.postMessage(report));
