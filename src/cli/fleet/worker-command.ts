/** `vmexit worker`: takes units from a queue, runs them in threads, and puts their results back. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import { UsageError } from '../../errors.js';
import { type Arguments, text } from '../options.js';
import { wholeNumber } from '../sweep-output.js';
import { threadCount } from '../sweep-threads.js';
import { noteOn, type Terminal } from '../terminal.js';
import { producer } from '../version.js';
import { hashOfCode } from './invariant-code.js';
import { parseQueueAddress } from './queue-address.js';
import { connectToRedis, LAST_WORD_MS } from './redis-client.js';
import { ThreadCrews } from './thread-crews.js';
import { orderKey, queueName, type UnitJob, type UnitResult } from './unit-queue.js';

const DEFAULT_LEASE_SECONDS = 10;
/** A unit that so many workers died of is not given to another. */
const MOST_DEATHS = 5;
/** Results wait so long for a producer that was interrupted, and no more of them than this. */
const KEPT = { age: 3600, count: 10_000 };
const RETRY_DELAY_MS = 1000;

export async function workerCommand(
  { options, positionals }: Arguments,
  terminal: Terminal,
): Promise<number> {
  if (positionals.length > 0) throw new UsageError('worker takes no guest: guests come through the queue');
  const given = text(options, 'queue');
  if (given === undefined) throw new UsageError('worker needs --queue; see "vmexit worker --help"');
  const address = parseQueueAddress(given);
  const threads = threadCount(text(options, 'threads'));
  const lease = text(options, 'lease');
  const leaseMs = 1000 * (lease === undefined ? DEFAULT_LEASE_SECONDS : wholeNumber('--lease', lease, 1));
  const invariantFile = text(options, 'invariant');
  const code = await hashOfCode(invariantFile);
  const note = noteOn(terminal, options);
  const name = await producer();
  const client = await connectToRedis(address, note);
  const crews = new ThreadCrews((hash) => client.redis.get(orderKey(address, hash)), {
    producer: name,
    threads,
    invariantFile,
    stop: (reason) => new client.bullmq.UnrecoverableError(reason),
    note,
  });
  const worker = new client.bullmq.Worker<UnitJob, UnitResult>(
    queueName(name, code),
    ({ data }) => crews.run(data),
    {
      connection: client.redis,
      prefix: address.prefix,
      concurrency: threads,
      lockDuration: leaseMs,
      stalledInterval: leaseMs,
      maxStalledCount: MOST_DEATHS,
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
      runRetryDelay: RETRY_DELAY_MS,
    },
  );
  // Lost connections are told of where they are; a lost lease means that another worker has the unit.
  worker.on('error', () => undefined);
  note(
    `a worker with ${threads} ${threads === 1 ? 'thread' : 'threads'} listens at ${address.shown} (Ctrl-C ends)`,
  );
  await aborted(terminal.signal);
  await finish(worker, crews);
  client.close();
  await crews.close();
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Units in hand are finished. Then Redis has a little time to be told so. */
async function finish(worker: Worker, crews: ThreadCrews): Promise<void> {
  const told = worker.close().catch(() => undefined);
  while (crews.isBusy) await pause(BUSY_CHECK_MS);
  await Promise.race([told, pause(LAST_WORD_MS, undefined, { ref: false })]);
}

const BUSY_CHECK_MS = 20;
