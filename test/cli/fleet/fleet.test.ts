/** A fleet: `vmexit sweep --queue` and workers as processes, with Debian's Redis; workers and Redis are killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, UnrecoverableError, Worker, type WorkerOptions } from 'bullmq';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, RedisServer } from '../../helpers/redis-server.js';
import { isBuilt, ROOT } from '../../package/built.js';

const CLI = join(ROOT, 'dist/cli/main.js');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const QUEUE = `vmexit-${version}`;
const SWEEP = ['nmi-count-32', '--from', '1000', '--to', '3560', '--delivery', 'kvm-vnmi', '--json'];
const UNITS = 10;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

const running: ChildProcess[] = [];
const servers: RedisServer[] = [];
const closing: { close(): Promise<void> }[] = [];

function vmexit(...args: readonly string[]): Running {
  const child = spawn(process.execPath, [CLI, ...args]);
  running.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (status) => resolve({ status, stdout, stderr })),
  );
  return { process: child, ended };
}

async function redisServer(isKept = false): Promise<RedisServer> {
  const server = await RedisServer.start(isKept);
  servers.push(server);
  return server;
}

function worker({ url }: RedisServer): Running {
  return vmexit('worker', '--queue', url, '--threads', '1', '--lease', '1');
}

function queueOf({ port }: RedisServer): Queue {
  const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port }, prefix: 'vmexit' });
  queue.on('error', () => undefined);
  closing.push(queue);
  return queue;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await Promise.all(closing.splice(0).map((end) => end.close()));
  await Promise.all(servers.splice(0).map((server) => server.remove()));
});

const missing = hasRedis ? 'npm run build' : 'redis-server';
const canRun = hasRedis && isBuilt;

describe.skipIf(!canRun)(`a fleet${canRun ? '' : ` (skipped without ${missing})`}`, () => {
  let whole: string;
  beforeAll(async () => {
    ({ stdout: whole } = await vmexit('sweep', ...SWEEP, '--threads', '1').ended);
    expect(whole).not.toBe('');
  });

  it('finds what one process finds, though a worker is killed in the middle of a unit', async () => {
    const redis = await redisServer();
    const queue = queueOf(redis);
    const [doomed] = [worker(redis), worker(redis)];
    const sweep = vmexit('sweep', ...SWEEP, '--queue', redis.url);
    await until(async () => (await queue.getCompletedCount()) >= 2 && (await queue.getActiveCount()) === 2);
    doomed.process.kill('SIGKILL');
    const { status, stdout, stderr } = await sweep.ended;
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout === whole).toBe(true);
    const jobs = await queue.getCompleted();
    expect(jobs).toHaveLength(UNITS);
    expect(jobs.filter(({ attemptsStarted }) => attemptsStarted > 1)).toHaveLength(1);
  });

  it.each([
    ['keeps what is in it', true],
    ['forgets everything', false],
  ])('goes on when Redis is killed, %s, and comes back', async (_what, isKept) => {
    const redis = await redisServer(isKept);
    const queue = queueOf(redis);
    const workers = [worker(redis), worker(redis)];
    const sweep = vmexit('sweep', ...SWEEP, '--queue', redis.url);
    await until(async () => (await queue.getCompletedCount()) >= 2);
    await redis.kill();
    await redis.start();
    const { status, stdout, stderr } = await sweep.ended;
    expect(status).toBe(0);
    expect(stdout === whole).toBe(true);
    expect(stderr).toMatch(
      /^vmexit: redis:.* is gone; waiting for it to come back\nvmexit: redis:.* is back\n$/,
    );
    workers[0]?.process.kill('SIGINT');
    workers[1]?.process.kill('SIGTERM');
    const statuses = await Promise.all(workers.map(async ({ ended }) => (await ended).status));
    expect(statuses).toEqual([130, 143]);
  });

  it('takes results that are there, and does the rest', async () => {
    const redis = await redisServer();
    const queue = queueOf(redis);
    worker(redis);
    const first = vmexit('sweep', ...SWEEP, '--queue', redis.url);
    await until(async () => (await queue.getCompletedCount()) >= 2);
    first.process.kill('SIGINT');
    expect(await first.ended).toMatchObject({ status: 130 });
    expect(await queue.getWaitingCount()).toBe(0);
    const done = (await queue.getCompleted()).map(({ id }) => id);
    const { status, stdout } = await vmexit('sweep', ...SWEEP, '--queue', redis.url).ended;
    expect(status).toBe(0);
    expect(stdout === whole).toBe(true);
    const again = await queue.getCompleted();
    expect(again.map(({ id }) => id)).toEqual(expect.arrayContaining(done));
    expect(again.every(({ attemptsStarted }) => attemptsStarted === 1)).toBe(true);
  });

  describe('refuses', () => {
    /** A worker that does as it likes. */
    function impostor({ port }: RedisServer, answer: () => unknown): void {
      const options: WorkerOptions = { connection: { host: '127.0.0.1', port }, prefix: 'vmexit' };
      closing.push(new Worker(QUEUE, async () => answer(), options));
    }

    const [unit] = ['naive', 'xen'].map((delivery) => ({ delivery, index: 0 }));
    it.each([
      [
        'no unit',
        () => ({ producer: `vmexit ${version}`, unit }),
        /a result of the unit kvm-vnmi \d+ that is none of vmexit/,
      ],
      ['a unit of another version', () => ({ producer: 'vmexit 99' }), /that is none of vmexit/],
      [
        'what workers refuse',
        () => Promise.reject(new UnrecoverableError('not my plan')),
        /could not do the unit .*: not my plan/,
      ],
    ])('%s', async (_what, answer, message) => {
      const redis = await redisServer();
      impostor(redis, answer);
      const { status, stdout, stderr } = await vmexit('sweep', ...SWEEP, '--queue', redis.url).ended;
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    });
  });

  it('says that nobody works', async () => {
    const redis = await redisServer();
    const sweep = vmexit('sweep', ...SWEEP, '--queue', redis.url);
    await new Promise((resolve) => sweep.process.stderr?.once('data', resolve));
    sweep.process.kill('SIGINT');
    const { stderr } = await sweep.ended;
    expect(stderr).toMatch(
      /^vmexit: no worker of this version listens there: start one with "vmexit worker --queue"\n$/,
    );
  });
});

it.skipIf(!isBuilt)('names the packages that a fleet needs (skipped without npm run build)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vmexit-alone-'));
  for (const name of ['dist', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const alone = spawn(process.execPath, [
    join(folder, 'dist/cli/main.js'),
    'worker',
    '--queue',
    'redis://127.0.0.1',
  ]);
  let stderr = '';
  alone.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const status = await new Promise((resolve) => alone.once('close', resolve));
  rmSync(folder, { recursive: true });
  expect(stderr).toBe('vmexit: --queue needs two packages beside vmexit: npm install bullmq ioredis\n');
  expect(status).toBe(2);
});
