/**
 * Starts a peer on a row, and takes the time of the marks that it prints until they are enough.
 *
 * Whoever runs the row, the clock is this process's: the peer's own may be anything.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { EmulatorCommand } from '../../test/machine/emulator-commands.js';
import { isEnough, MarkReader, type Marks } from './marks.js';
import { WaitingTime } from './waiting.js';

/** How long to watch a run. */
export interface Span {
  /** From the first mark on: for compilers to compile in. */
  readonly warmUpMs: number;
  /** After that. */
  readonly sampleMs: number;
}

/** Who has not delivered by then does not. */
const TIMEOUT_MS = 20_000;

/** Rejects with an `Error` of one line if the peer ends by itself, prints something else, or takes too long. */
export async function timeRun({ program, args, env }: EmulatorCommand, span: Span): Promise<Marks> {
  const began = performance.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill); // QEMU would go on for ever
  try {
    return await readMarks(child, span, began);
  } finally {
    process.off('exit', kill);
    await stop(child);
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function readMarks(child: Child, { warmUpMs, sampleMs }: Span, began: number): Promise<Marks> {
  const reader = new MarkReader();
  const waiting = new WaitingTime(child.pid);
  return new Promise((resolve, reject) => {
    let complaint = '';
    const timer = setTimeout(() => reject(new Error(`not done after ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      action();
    };
    child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString('latin1')));
    child.once('error', (error) => settle(() => reject(error)));
    child.once('close', (status, signal) =>
      settle(() => reject(new Error(describeEnd(status, signal, complaint)))),
    );
    child.stdout.on('data', (bytes: Buffer) => {
      try {
        const now = performance.now();
        reader.take(bytes.toString('latin1'), now - began - waiting.ms(now));
      } catch (error) {
        settle(() => reject(error as Error));
      }
      const { marks } = reader;
      if (marks && isEnough(marks, warmUpMs, sampleMs)) settle(() => resolve(marks));
    });
  });
}

function describeEnd(status: number | null, signal: string | null, complaint: string): string {
  const last = complaint.trim().split('\n').at(-1) ?? '';
  return `ended with ${signal ?? `status ${status}`}${last === '' ? '' : `: ${last}`}`;
}

/** The processor is free for the next run only when this one is gone. */
async function stop(child: Child): Promise<void> {
  child.stdout.removeAllListeners('data');
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
