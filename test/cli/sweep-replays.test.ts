/** `vmexit sweep --replays`: recordings of violations, which "vmexit replay" plays to where they show. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseSweep, readRecording, type SweepResult, type SweepViolation } from '../../src/lab/index.js';
import { vmexit } from '../helpers/command.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmexit-replays-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Xen's hole, where IRET faults; under Virtual NMI there is none. */
const SWEEP = 'sweep nmi-iret-fault --from 668 --to 674 --delivery xen-event-injection,xen-vnmi';

function violationsOf({ baselines, units }: SweepResult): SweepViolation[] {
  return [...baselines, ...units].flatMap(({ violations }) => violations);
}

it('leaves a recording of each run in which something shows, up to there', async () => {
  const replays = join(folder, 'new', 'replays');
  const [json, page] = ['result.json', 'page.html'].map((name) => join(folder, name));
  const swept = await vmexit(`${SWEEP} --replays ${replays} --json -o ${json} --html ${page}`);
  expect({ status: swept.status, stderr: swept.stderr }).toEqual({ status: 1, stderr: '' });
  const violations = violationsOf(parseSweep(await readFile(json ?? '', 'utf8'), 'the result'));
  const files = await readdir(replays);
  expect(files).toContain('nmi-iret-fault-xen-event-injection.vmx');
  expect(files.length).toBeGreaterThan(3);
  expect(new Set(violations.map(({ replay }) => replay))).toEqual(
    new Set(files.map((name) => join(replays, name))),
  );
  const html = await readFile(page ?? '', 'utf8');
  for (const { replay, time, source, place } of violations) {
    expect(place).toBe('return_from_nmi');
    expect(source).toBe('guests/nmi-iret-fault.asm:80');
    expect(html).toContain(`again: vmexit replay ${replay}`);
    expect((await readRecording(await readFile(replay ?? ''))).end.time).toBe(time + 1);
    const { status, stdout } = await vmexit(`replay ${replay}`);
    expect([replay, status]).toEqual([replay, 0]);
    expect(stdout).toMatch(/at most 2 handlers at once/);
    expect(stdout).toMatch(/^next {10}[0-9a-f]+h {2}\w+/m);
  }
});

it('is named in the text, and made for the strategies of scenarios', async () => {
  const replays = join(folder, 'scenario');
  const { stdout } = await vmexit(
    `sweep nmi-count-64 --from 1000 --to 1002 --pairs --delivery vnmi-wrong-bit --replays ${replays} --limit 2`,
  );
  const path = /again: vmexit replay (.*)/.exec(stdout)?.[1] ?? '';
  expect(path).toBe(join(replays, 'nmi-count-64-vnmi-wrong-bit-1000-1001.vmx'));
  expect(await readdir(replays)).toHaveLength(2);
  const { status, stdout: replayed } = await vmexit(`replay ${path} --no-jit`);
  expect(status).toBe(0);
  expect(replayed).toContain('2 requested = 1 delivered + 1 merged');
});

it('writes so many at most, the first of each kind first', async () => {
  const replays = join(folder, 'many');
  await vmexit(
    `sweep nmi-count-64 --from 1000 --to 1003 --pairs --limit 30 --replays ${replays} ` +
      '--delivery vnmi-wrong-bit,vnmi-iret-intercept',
  );
  const files = await readdir(replays);
  expect(files).toHaveLength(25);
  expect(files).toContain('nmi-count-64-vnmi-iret-intercept-1000-1000.vmx');
  expect(files).toContain('nmi-count-64-vnmi-wrong-bit-1000-1001.vmx');
});

it('merges results that name other files, or none', async () => {
  const [one, other, plain] = ['one', 'other', 'plain'].map((name) => join(folder, `${name}.json`));
  await vmexit(`${SWEEP} --json -o ${one} --replays ${join(folder, 'one')}`);
  await vmexit(`${SWEEP} --json -o ${other} --replays ${join(folder, 'other')}`);
  await vmexit(`${SWEEP} --json -o ${plain}`);
  const [forth, back] = await Promise.all(
    [`${one} ${other} ${plain}`, `${plain} ${other} ${one}`].map((files) => vmexit(`merge ${files} --json`)),
  );
  expect(forth?.stdout).toBe(back?.stdout);
  const violations = violationsOf(parseSweep(forth?.stdout ?? '', 'merged'));
  expect(violations.every(({ replay }) => replay?.startsWith(join(folder, 'o')))).toBe(true);
});

it('refuses a folder that cannot be', async () => {
  const { status, stderr } = await vmexit(`${SWEEP} --replays package.json`);
  expect(stderr).toMatch(/^vmexit: --replays: cannot make the folder "package.json": .*\n$/);
  expect(status).toBe(2);
});
