/** The two packages that a fleet needs and vmexit does not bring, and a connection by them that outlives Redis itself. */
import type { Redis } from 'ioredis';
import { HostError, UsageError } from '../../errors.js';
import type { QueueAddress } from './queue-address.js';

export type BullMq = typeof import('bullmq');

export interface FleetClient {
  readonly bullmq: BullMq;
  readonly redis: Redis;
  /** At once, whatever is still to be answered. */
  readonly close: () => void;
}

/** For the first connection; later ones are tried again for as long as the command runs. */
const CONNECT_TIMEOUT_MS = 5000;
/** To tell Redis, when the user wants to be gone. */
export const LAST_WORD_MS = 2000;
const RETRY_STEP_MS = 100;
const RETRY_AT_LEAST_EVERY_MS = 2000;

/**
 * Connects, or throws a `HostError` with the reason. Commands that are given while Redis is away wait until it is back.
 *
 * @param note Is told when Redis goes away, and when it is back.
 */
export async function connectToRedis(
  address: QueueAddress,
  note: (text: string) => void,
): Promise<FleetClient> {
  const [bullmq, { Redis }] = await loadPackages();
  let wasReady = false;
  const redis = new Redis({
    host: address.host,
    port: address.port,
    username: address.username,
    password: address.password,
    db: address.database,
    ...(address.isEncrypted ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // BullMQ demands it, and it is what makes commands wait.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (wasReady ? Math.min(times * RETRY_STEP_MS, RETRY_AT_LEAST_EVERY_MS) : null),
  });
  let reason = '';
  redis.on('error', (error: Error) => (reason ||= messageOf(error)));
  const refusal = await Promise.race([redis.connect(), silence()]).then(
    () => reason, // a database that is not there is no reason for the client not to go on in another one
    (error: Error) => reason || messageOf(error),
  );
  if (refusal !== '') {
    redis.disconnect();
    throw new HostError(`--queue: no Redis for it at ${address.shown}: ${refusal}`);
  }
  wasReady = true;
  const keepQuiet = tellOfLosses(redis, address, note);
  const copies = copiesOf(redis);
  const close = (): void => {
    keepQuiet();
    for (const connection of [redis, ...copies]) connection.disconnect();
  };
  return { bullmq, redis, close };
}

async function loadPackages() {
  try {
    return await Promise.all([import('bullmq'), import('ioredis')]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError('--queue needs two packages beside vmexit: npm install bullmq ioredis');
  }
}

/** Connections that BullMQ makes after this one, as they come: one that waits for a Redis that is away keeps a process alive. */
function copiesOf(redis: Redis): readonly Redis[] {
  const copies: Redis[] = [];
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => {
    const copy = duplicate(override);
    copies.push(copy);
    return copy;
  };
  return copies;
}

/** For what takes a connection and then says nothing. */
function silence(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('no answer')), CONNECT_TIMEOUT_MS).unref();
  });
}

/** Returns what ends it: a connection that is closed on purpose is no loss. */
function tellOfLosses(redis: Redis, { shown }: QueueAddress, note: (text: string) => void): () => void {
  let isLost = false;
  const onClose = (): void => {
    if (!isLost) note(`${shown} is gone; waiting for it to come back`);
    isLost = true;
  };
  redis.on('close', onClose);
  redis.on('ready', () => {
    if (isLost) note(`${shown} is back`);
    isLost = false;
  });
  return () => redis.off('close', onClose);
}

/** Some errors of Node have several causes and no message of their own. */
function messageOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  const { message } = first ?? error;
  return message.replace(/\n.*|\. Please report this\.$/s, '');
}
