/** The page's end of the worker: every call is a message, every answer a promise. */
import type { Call, Notice, Remote, Reply } from './protocol.js';
import type { MachineSession } from './session.js';
import type { ProgressView } from './view.js';

/** What a call in the worker threw. The name is that of the error's class. */
export class RemoteError extends Error {
  constructor(
    readonly remoteName: string,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts the worker.
 *
 * @param onFailure The worker cannot be loaded, or has died: nothing that was asked will be answered.
 */
export function startMachine(
  onProgress: (progress: ProgressView) => void,
  onFailure: (message: string) => void,
): Remote<MachineSession> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'machine' });
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  worker.onmessage = ({ data }: MessageEvent<Reply | Notice>) => {
    if ('progress' in data) return onProgress(data.progress);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) call?.reject(new RemoteError(data.error.name, data.error.message));
    else call?.resolve(data.value as never);
  };
  worker.onerror = ({ message }) => {
    onFailure(message === '' ? 'its script cannot be loaded' : message);
    for (const { reject } of waiting.values()) reject(new RemoteError('WorkerError', 'the machine is gone'));
    waiting.clear();
  };
  const call = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++calls;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, method, args } satisfies Call);
    });
  return new Proxy({} as Remote<MachineSession>, {
    get: (_target, method) =>
      typeof method === 'string' ? (...args: unknown[]) => call(method, args) : undefined,
  });
}
