/** `--queue`: where a fleet's Redis is, and under which names its keys lie there. */
import { UsageError } from '../../errors.js';

export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isEncrypted: boolean;
  readonly database: number;
  /** Every key begins with it. */
  readonly prefix: string;
  /** For messages: without the password. */
  readonly shown: string;
}

const REDIS_PORT = 6379;
const DEFAULT_PREFIX = 'vmexit';
const PREFIX = /^[\w.-]+$/;
const EXPECTED = 'redis://[user:password@]host[:port][/database][/prefix], or rediss:// for TLS';

/** Throws a `UsageError` that says what is expected. */
export function parseQueueAddress(given: string): QueueAddress {
  const url = URL.canParse(given) ? new URL(given) : null;
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (!isRedis || url.hostname === '' || url.search !== '' || url.hash !== '') throw unexpected(given, url);
  const { database, prefix } = readPath(given, url);
  const port = url.port === '' ? REDIS_PORT : Number(url.port);
  return {
    // Square brackets are the URL's, not the address's.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    isEncrypted: url.protocol === 'rediss:',
    database,
    prefix,
    shown: `${url.protocol}//${url.hostname}:${port}${database === 0 ? '' : `/${database}`}/${prefix}`,
  };
}

/** The database is a number, as in the URLs that other clients of Redis take; a prefix is not. */
function readPath(given: string, url: URL): { readonly database: number; readonly prefix: string } {
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const database = /^\d{1,5}$/.test(parts[0] ?? '') ? Number(parts.shift()) : 0;
  const [prefix = DEFAULT_PREFIX, rest] = parts;
  if (rest !== undefined || !PREFIX.test(prefix)) throw unexpected(given, url);
  return { database, prefix };
}

function unexpected(given: string, url: URL | null): UsageError {
  if (url !== null && url.password !== '') url.password = '***';
  return new UsageError(`--queue expects ${EXPECTED}; not ${JSON.stringify(url?.href ?? given)}`);
}
