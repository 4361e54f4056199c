#!/usr/bin/env node
/** The `vmexit` command: this process's streams and signals around `runCommandLine`. */
import { runCommandLine } from './command-line.js';

/** What a shell reports for a process that SIGINT ended. */
const INTERRUPTED = 130;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has seen enough (`vmexit … | head`): there is nobody left to tell.
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());

const status = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interrupt.signal,
});
process.exitCode = interrupt.signal.aborted ? INTERRUPTED : status;
