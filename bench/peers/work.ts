/** Work that people do with vmexit, timed as they do: a command from its start to its end. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Estimate, estimate } from '../estimate.js';

export interface Work {
  readonly title: string;
  /** In milliseconds, on the wall; or why there is none. */
  readonly time: Estimate | string;
}

/** As its users get it. */
const COMMAND = resolve('dist/cli/main.js');
const INSTRUCTIONS = 100_000_000;
const SWITCHES = 10_000;
const SWITCHER = resolve('build/peers/switches.bin');
/** Beyond any of these; an endless guest would otherwise hold the others up. */
const TIMEOUT_MS = 120_000;

/** MOV ECX, 10,000; then MOV EAX, 3 (the hypercall that marks an event), VMMCALL, LOOP back; OUT F4h, AL ends the guest. */
// prettier-ignore
const SWITCHER_CODE = [
  0xb9, SWITCHES & 0xff, SWITCHES >> 8, 0, 0,
  0xb8, 3, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xe2, 0xf6,
  0x31, 0xc0, 0xe6, 0xf4,
];

/** @param mixedImage The image of a guest that never ends: 100 million instructions of it are run. */
export function timeWork(mixedImage: string, rounds: number): readonly Work[] {
  mkdirSync(dirname(SWITCHER), { recursive: true });
  writeFileSync(SWITCHER, Uint8Array.from(SWITCHER_CODE));
  const millions = ['run', mixedImage, '--max-instructions', String(INSTRUCTIONS)];
  const comparison = ['compare', 'nmi-storm', '--nmis', '1000', '--nmi-random', '100'];
  return [
    timeCommand('a guest that prints a line and ends: starting and ending', ['run', 'hello-64'], rounds),
    timeCommand('`compare`: 1,000 NMIs under each of the five deliveries', comparison, rounds),
    timeCommand('100 million instructions of the CoreMark-like mix', millions, rounds),
    timeCommand('10,000 hypercalls, a world switch each', ['run', SWITCHER, '--bits', '64'], rounds),
  ];
}

function timeCommand(title: string, args: readonly string[], rounds: number): Work {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const run = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8', timeout: TIMEOUT_MS });
    times.push(performance.now() - began);
    if (run.status !== 0) return { title, time: `ended with ${run.signal ?? `status ${run.status}`}` };
  }
  return { title, time: estimate(times) };
}
