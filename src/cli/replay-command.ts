/** `vmexit replay`. */
import { basename } from 'node:path';
import { UsageError } from '../errors.js';
import { summarize } from '../index.js';
import {
  compareRecordings,
  type Divergence,
  readRecording,
  type RecordedStep,
  type Recording,
  type Replay,
  replay,
} from '../lab/index.js';
import { scenarioStrategy } from './deliveries.js';
import { ExitStatus } from './exit-status.js';
import { hex, jsonText } from './json-text.js';
import { present } from './machine-run.js';
import { readMachineFile } from './machine-file.js';
import type { Arguments, GivenOptions } from './options.js';
import { ProgressLine, type Terminal } from './terminal.js';

export async function replayCommand(
  { options, positionals }: Arguments,
  terminal: Terminal,
): Promise<number> {
  const [path, second] = positionals;
  if (path === undefined || second !== undefined)
    throw new UsageError(`replay takes one recording, got ${positionals.length}; see "vmexit replay --help"`);
  const recording = await readMachineFile(path, readRecording);
  const against = options['against'];
  if (typeof against === 'string') {
    const other = await readMachineFile(against, readRecording);
    const [nmi] = [recording, other].flatMap(({ start }) => scenarioStrategy(start.machine.nmi) ?? []);
    const divergence = await compareRecordings(other, recording, { jit: !options['no-jit'], nmi });
    terminal.stdout.write(options['json'] ? jsonText({ divergence }) : report(divergence, recording));
    return divergence ? 1 : 0;
  }
  const progress = new ProgressLine(terminal.stderr, !options['quiet']);
  const replayed = await runAgain(recording, options, terminal, progress);
  progress.clear();
  if (replayed === null) return ExitStatus.Interrupted;
  terminal.stdout.write(show(basename(path), recording, replayed, options));
  return replayed.divergence ? 1 : 0;
}

/** Null: the user interrupted it. */
async function runAgain(
  recording: Recording,
  options: GivenOptions,
  { signal }: Terminal,
  progress: ProgressLine,
): Promise<Replay | null> {
  const { end } = recording;
  const onCheck = (time: number): void => progress.show(`${time} of ${end.time} instructions`);
  try {
    const nmi = scenarioStrategy(recording.start.machine.nmi);
    return await replay(recording, { jit: !options['no-jit'], nmi, signal, onCheck });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

function show(name: string, recording: Recording, replayed: Replay, options: GivenOptions): string {
  const { result, checks, next, divergence } = replayed;
  const delivery = recording.start.machine.nmi;
  if (options['json'])
    return jsonText({
      recording: name,
      instructions: result.instructions,
      runs: [summarize(delivery, result)],
      checks,
      next,
      divergence,
    });
  const text = present({ name, delivery, options }, result);
  if (options['quiet'] && !divergence) return text;
  const after = next === null ? '' : `next          ${hex(next.rip)}  ${next.text}\n`;
  return `${text}${after}${report(divergence, recording)}`;
}

function report(divergence: Divergence | null, { checks }: Recording): string {
  if (divergence === null) return `replay        the same in every bit, at ${checks.length + 1} checks\n`;
  const { agreedAt, differsAt, between, event, instruction, registers, pages } = divergence;
  const lines = [
    `replay        NOT the same: ${MEANING[between]}`,
    `differs       after ${agreedAt} instructions, and at the latest after ${differsAt}`,
  ];
  if (event) lines.push(`event         ${describe(event)}`);
  if (instruction) lines.push(`instruction   ${hex(instruction.rip)}  ${instruction.text}`);
  for (const { name, expected, found } of registers)
    lines.push(`register      ${name}: expected ${hex(expected)}, found ${hex(found)}`);
  if (pages.length > 0) lines.push(`pages         ${pages.map((page) => hex(BigInt(page))).join(', ')}`);
  return lines.map((line) => `${line}\n`).join('');
}

const MEANING: Readonly<Record<Divergence['between'], string>> = {
  tiers: 'compiled and interpreted code disagree, a defect in vmexit, please report it',
  runs: 'the two recordings part',
  recording: 'the recording was changed, or another version of vmexit made it',
};

function describe(event: RecordedStep): string {
  switch (event.kind) {
    case 'run':
      return `a run until ${event.until}`;
    case 'nmi':
      return `an NMI requested for ${event.at}`;
    case 'memory':
      return `${event.bytes.length / 2} bytes written at ${hex(BigInt(event.gpa))}`;
    case 'register':
      return `${event.name} set to ${hex(event.value)}`;
  }
}
