/** `vmexit record`. */
import { UsageError } from '../errors.js';
import { Recorder, writeRecording } from '../lab/index.js';
import { present } from './machine-run.js';
import { parseCount } from './numbers.js';
import type { Arguments } from './options.js';
import { ResultFile } from './result-writer.js';
import { chooseMachine } from './run-command.js';
import { DEFAULT_MAX_INSTRUCTIONS, endRun } from './stop-status.js';
import { ProgressLine, type Terminal } from './terminal.js';

export async function recordCommand(args: Arguments, terminal: Terminal): Promise<number> {
  const { options } = args;
  const { output, 'check-every': every } = options;
  if (typeof output !== 'string') throw new UsageError('record needs a file for the recording: -o run.vmx');
  const machine = await chooseMachine(args, 'record');
  const checkEvery = typeof every === 'string' ? parseCount('--check-every', every) : undefined;
  const file = await ResultFile.open(output);
  const { name, limit } = machine;
  const recorder = new Recorder(await machine.make(undefined), { checkEvery });
  const progress = new ProgressLine(terminal.stderr, !options['quiet']);
  const result = await recorder.runAsync({
    maxInstructions: limit ?? DEFAULT_MAX_INSTRUCTIONS,
    signal: terminal.signal,
    onSlice: (time) => progress.show(`${name}: ${time} instructions`),
  });
  progress.clear();
  await file.write(await writeRecording(recorder.recording()));
  terminal.stdout.write(present({ ...machine, options }, result));
  return endRun(result, limit !== undefined, terminal);
}
