/** `vmexit record` and `vmexit replay`, from outside. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRecording, writeRecording } from '../../src/lab/replay/recording-file.js';
import { vmexit } from '../helpers/command.js';

let folder: string;
let recorded: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmexit-record-'));
  recorded = join(folder, 'run.vmx');
  const { status, stderr } = await vmexit(`record ${MACHINE} -q -o ${recorded}`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
afterAll(() => rm(folder, { recursive: true }));

const MACHINE =
  'nmi-count-64 --delivery xen-event-injection --nmi-at 3000,3001,7000 --max-instructions 50000';

it('replays what "run" shows, compiled and interpreted', async () => {
  const run = JSON.parse((await vmexit(`run ${MACHINE} --json`)).stdout);
  for (const how of ['', '--no-jit']) {
    const { status, stdout } = await vmexit(`replay ${recorded} --json ${how}`);
    expect(status).toBe(0);
    const replayed = JSON.parse(stdout);
    expect(replayed.runs).toEqual(run.runs);
    expect(replayed.divergence).toBeNull();
    expect(replayed.checks).toBeGreaterThan(5);
  }
  const { stdout } = await vmexit(`replay ${recorded}`);
  expect(stdout).toContain((await vmexit(`run ${MACHINE} -q`)).stdout);
  expect(stdout).toMatch(/\nreplay {8}the same in every bit, at \d+ checks\n$/);
  expect(await readdir(folder)).toEqual(['run.vmx']);
});

it('says where a changed recording differs, and exits with 1', async () => {
  const path = join(folder, 'changed.vmx');
  const recording = await readRecording(await readFile(recorded));
  const start = { ...recording.start, agenda: { ...recording.start.agenda, extra: [2500] } };
  await writeFile(path, await writeRecording({ ...recording, start, checks: recording.checks.slice(1) }));
  const replayed = await vmexit(`replay ${path} -q`);
  expect(replayed.status).toBe(1);
  expect(replayed.stdout).toMatch(/NOT the same: the recording was changed/);
  const against = await vmexit(`replay ${path} --against ${recorded} --json`);
  expect(against.status).toBe(1);
  expect(JSON.parse(against.stdout).divergence).toMatchObject({ agreedAt: 0, between: 'runs' });
  expect((await vmexit(`replay ${recorded} --against ${recorded}`)).status).toBe(0);
  await rm(path);
});

// prettier-ignore
it.each([
  ['record nmi-count-64',                             /record needs a file for the recording: -o run.vmx/],
  ['record nmi-count-64 -o FOLDER/none/x.vmx',        /--output: cannot write ".*none\/x.vmx": no such/],
  ['record nmi-count-64 -o /dev/full',                /--output: cannot write "\/dev\/full": no space left/],
  ['record nmi-count-64 -o FOLDER/x --check-every 0', /checkEvery is a number of instructions/],
  ['record nmi-count-64 -o FOLDER/x --delivery all',  /record takes one --delivery/],
  ['replay',                                          /replay takes one recording, got 0/],
  ['replay package.json',                             /package.json: this is not a snapshot of vmexit/],
  ['replay no-such-file',                             /cannot read "no-such-file": no such file/],
])('%s is refused in one line', async (line, message) => {
  const { status, stderr } = await vmexit(line.replace('FOLDER', folder));
  expect(stderr).toMatch(message);
  expect([status, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
  expect(existsSync(join(folder, 'x'))).toBe(false);
});

it('tells a snapshot from a recording, and a recording is a snapshot', async () => {
  const snapshot = join(folder, 'snapshot.vmx');
  await vmexit(`run nmi-count-64 --max-instructions 100 --save ${snapshot} -q`);
  const { status, stderr } = await vmexit(`replay ${snapshot}`);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/this is a snapshot, and no recording/)]);
  expect((await vmexit(`resume ${recorded} -q --max-instructions 50000`)).status).toBe(0);
  await rm(snapshot);
});
