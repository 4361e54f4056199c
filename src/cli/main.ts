#!/usr/bin/env node
/** The `vmexit` command: this process's streams and signals around `runCommandLine`. */
import { runCommandLine } from './command-line.js';
import { ExitStatus } from './exit-status.js';
import { onStreamError } from './stream-error.js';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const { status, message } = onStreamError(error);
    if (stream !== process.stderr) process.stderr.write(message);
    process.exit(status);
  });
}

const interrupt = new AbortController();
let ended: ExitStatus | undefined;
for (const [signal, status] of [
  ['SIGINT', ExitStatus.Interrupted],
  ['SIGTERM', ExitStatus.Terminated],
] as const) {
  process.once(signal, () => {
    ended ??= status;
    interrupt.abort();
  });
}

const status = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interrupt.signal,
});
process.exitCode = ended ?? status;
