/**
 * Runs a program under every strategy, away from the page: one job for each worker. To cancel it, end the worker.
 */
import { assembleGuest, DEFAULT_MEMORY_BYTES, type Progress } from 'vmexit';
import { type ComparedTimelines, compareTimelines } from 'vmexit/lab';
import { includedFile } from '../program/includes.js';
import { MAIN_FILE } from '../program/main-file.js';
import type { Settings } from '../program/settings.js';

export interface CompareJob {
  readonly name: string;
  readonly source: string;
  readonly settings: Pick<Settings, 'schedule' | 'cpu'>;
  readonly maxInstructions: number;
}

export type CompareNews =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly compared: ComparedTimelines }
  | { readonly kind: 'failed'; readonly message: string };

/** What a worker's global object has, and the page's has not. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<CompareJob>) => void) | null;
  postMessage(message: CompareNews): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  run(data).then(
    (compared) => scope.postMessage({ kind: 'done', compared }),
    (error: unknown) =>
      scope.postMessage({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
};

async function run({ name, source, settings, maxInstructions }: CompareJob): Promise<ComparedTimelines> {
  const { guest } = await assembleGuest(
    { assembly: source, name: MAIN_FILE, files: includedFile },
    { memoryBytes: DEFAULT_MEMORY_BYTES },
  );
  return compareTimelines({
    name,
    guest,
    schedule: settings.schedule,
    cpu: settings.cpu,
    maxInstructions,
    onProgress: (progress) => scope.postMessage({ kind: 'progress', progress }),
  });
}
