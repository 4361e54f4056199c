/**
 * A worker that runs worker-host.js: a module worker in browsers, a thread in Node.
 *
 * `new Worker(new URL('./name.js', import.meta.url))` is what bundlers recognize, word for word: they bundle what it names.
 */
import { nodeThreads } from './node-threads.js';
import type { Message, Question } from './protocol.js';

/** The page's end of the channel. */
export interface Thread {
  post(question: Question, transfer?: ArrayBuffer[]): void;
  /** While it is busy, Node does not end. */
  setBusy(isBusy: boolean): void;
  terminate(): void;
}

export interface ThreadListener {
  message(message: Message): void;
  /** The worker could not be started, or has failed; it is of no use any more. */
  failure(reason: string): void;
}

/** @param url Where worker-host.js is, if it is not beside this module. */
export function startThread(listener: ThreadListener, url?: string | URL): Thread {
  const threads = nodeThreads();
  return threads === undefined ? startWebWorker(listener, url) : startNodeThread(threads, listener, url);
}

function startWebWorker(listener: ThreadListener, url: string | URL | undefined): Thread {
  const worker =
    url === undefined
      ? new Worker(new URL('./worker-host.js', import.meta.url), { type: 'module' })
      : new Worker(url, { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<Message>) => listener.message(data);
  // Without a message, the script was not there, or a policy forbids it.
  worker.onerror = (event) =>
    listener.failure(
      event.message ||
        'its script, worker-host.js, cannot be loaded, or a content security policy forbids it',
    );
  return {
    post: (question, transfer = []) => worker.postMessage(question, transfer),
    setBusy: () => {},
    terminate: () => worker.terminate(),
  };
}

function startNodeThread(
  threads: typeof import('node:worker_threads'),
  listener: ThreadListener,
  url: string | URL | undefined,
): Thread {
  const here = import.meta.url; // Not as bundlers know it: this worker is none for a page.
  const worker = new threads.Worker(new URL(url ?? './worker-host.js', here));
  worker.on('message', (message: Message) => listener.message(message));
  worker.on('error', (error: Error) => listener.failure(error.message));
  worker.on('exit', (code) => listener.failure(`it ended with code ${code}`));
  return {
    post: (question, transfer = []) => worker.postMessage(question, transfer),
    setBusy: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}
