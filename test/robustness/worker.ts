/** A thread of robustness cases: batches in the order it is told, its present case where the main thread can see it. */
import { parentPort, workerData } from 'node:worker_threads';
import { MODES } from './modes.js';
import { runBatch } from './run.js';
import { TierPair } from './tiers.js';

/** One batch to run. */
export interface Job {
  readonly mode: number;
  readonly seed: number;
  readonly cases: number;
}

const { progress } = workerData as { progress: Int32Array };
const pair = await TierPair.create();
parentPort!.on('message', ({ mode, seed, cases }: Job) => {
  const onCase = (index: number): void => void Atomics.store(progress, 0, index);
  parentPort!.postMessage(runBatch(pair, MODES[mode]!, seed, cases, onCase));
});
