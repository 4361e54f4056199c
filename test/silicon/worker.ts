/** A thread of a long comparison: runs its share and sends reports. */
import { parentPort, workerData } from 'node:worker_threads';
import { run } from './run.js';
import type { RunOptions, Tier } from './run.js';
import { VmexitSubject } from './vmexit-subject.js';

export interface Share extends RunOptions {
  readonly tier: Tier;
}

const share = workerData as Share;
const subject = await VmexitSubject.create({ isCompiled: share.tier === 'compiled' });
run(share, subject, (report) => parentPort?.postMessage(report));
