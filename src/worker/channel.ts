/** Questions to a worker and their answers. */
import { UsageError, VmexitError } from '../errors.js';
import type { CommandName, Commands, Message } from './protocol.js';
import { receiveError } from './sent-error.js';
import { startThread, type Thread } from './thread.js';

/** The worker ended before it could answer: it was disposed of, could not be started, or failed. */
export class WorkerGoneError extends VmexitError {
  readonly code = 'WORKER_GONE';
}

/** What the machine tells without being asked. */
export type News = Exclude<Message, { readonly kind: 'answer' | 'failure' }>;

type Answer<Name extends CommandName> = Awaited<ReturnType<Commands[Name]>>;

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Channel {
  private readonly thread: Thread;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  /** Why there is no worker any more. */
  private end: string | null = null;

  /** Told of what comes unasked. */
  onNews: (news: News) => void = () => {};
  /** Told that the worker has ended. */
  onEnd: () => void = () => {};

  /** @param workerUrl Where worker-host.js is, if it is not beside vmexit's modules. */
  constructor(workerUrl: string | URL | undefined) {
    const receiver = {
      message: (message: Message) => this.receive(message),
      failure: (reason: string) => this.close(`the worker is gone: ${reason}`),
    };
    this.thread = startThread(receiver, workerUrl);
  }

  call<Name extends CommandName>(command: Name, ...args: Parameters<Commands[Name]>): Promise<Answer<Name>> {
    return new Promise((resolve, reject) => {
      if (this.end !== null) throw new WorkerGoneError(this.end);
      const id = ++this.lastId;
      this.post({ id, command, args });
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.thread.setBusy(true);
    });
  }

  /** Ends the worker, at once. What has no answer yet rejects with a `WorkerGoneError`. */
  close(reason: string): void {
    if (this.end !== null) return;
    this.end = reason;
    this.thread.terminate();
    for (const { reject } of this.pending.values()) reject(new WorkerGoneError(reason));
    this.pending.clear();
    this.onEnd();
  }

  private post(question: Parameters<Thread['post']>[0]): void {
    try {
      this.thread.post(question);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`what is given cannot be sent to a worker: ${reason}`, { cause });
    }
  }

  private receive(message: Message): void {
    if (message.kind !== 'answer' && message.kind !== 'failure') return this.onNews(message);
    const asked = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (this.pending.size === 0) this.thread.setBusy(false);
    if (message.kind === 'answer') asked?.resolve(message.value);
    else asked?.reject(receiveError(message.error));
  }
}
