/** The command line as a function: arguments in; exit status and output back. */
import { runCommandLine } from '../../src/cli/command-line.js';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly isTTY?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @param line Arguments with spaces between. */
export async function vmexit(line: string, surroundings: Surroundings = {}): Promise<Outcome> {
  const { isTTY = false, environment = {}, signal = new AbortController().signal } = surroundings;
  const stdout: string[] = [];
  const stderr: string[] = [];
  const status = await runCommandLine(
    line.split(' ').filter((word) => word !== ''),
    {
      stdout: { write: (text) => stdout.push(text), isTTY },
      stderr: { write: (text) => stderr.push(text), isTTY },
      environment,
      signal,
    },
  );
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}
