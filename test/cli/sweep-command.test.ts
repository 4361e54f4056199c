/** `vmexit sweep` and `vmexit merge` from outside, on shipped guests. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';
import { parseSweep, type SweepResult } from '../../src/lab/index.js';

/** Under the naive delivery a first NMI is lost to a nested page fault, as it should be. */
const TRACKED = ['xen-event-injection', 'kvm-event-injection', 'xen-vnmi', 'kvm-vnmi'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmexit-sweep-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function vmexit(...args: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const status = await runCommandLine(args, {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    environment: {},
    signal: new AbortController().signal,
  });
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}

async function json(...args: string[]): Promise<SweepResult> {
  return parseSweep((await vmexit('sweep', ...args, '--json')).stdout, 'the result');
}

function found({ baselines, units }: SweepResult, delivery: string) {
  return [...baselines, ...units]
    .flatMap(({ violations }) => violations)
    .filter((violation) => violation.delivery === delivery);
}

/** The first round of the guest: its pair of NMIs is requested at 660, and strikes from 670 on. */
const FIRST_ROUND = ['--from', '660', '--to', '720'];

describe('what it must find', () => {
  it("Xen's hole where IRET faults, and nothing under Virtual NMI", async () => {
    const result = await json('nmi-iret-fault', ...FIRST_ROUND);
    const [hole] = found(result, 'xen-event-injection');
    expect(hole).toMatchObject({ invariant: 'no-nesting', blame: 'hypervisor', place: 'return_from_nmi' });
    expect(hole?.message).toContain('that had faulted');
    expect(hole?.disassembly.find((line) => line.startsWith('>'))).toContain('return_from_nmi: iretq');
    expect([...found(result, 'xen-vnmi'), ...found(result, 'kvm-vnmi')]).toEqual([]);
  });

  it('the early unmasking by a page fault inside the handler, everywhere', async () => {
    const result = await json('nmi-page-fault-inside', '--to', '5620');
    for (const delivery of TRACKED)
      expect(found(result, delivery)).toContainEqual(
        expect.objectContaining({ invariant: 'no-nesting', blame: 'guest', place: 'page_fault_handler+1dh' }),
      );
  });

  it('nesting where nothing is tracked, and nowhere else', async () => {
    const result = await json(
      'nmi-count-32',
      '--from',
      '1000',
      '--to',
      '1004',
      '--pairs',
      '--handler-limit',
      '1000',
    );
    expect(found(result, 'naive-event-injection').map(({ invariant }) => invariant)).toContain('no-nesting');
    for (const delivery of TRACKED) expect(found(result, delivery)).toEqual([]);
  });

  it("that a second NMI overwrites the first one's frame, where both handlers have one stack", async () => {
    // Boundaries before, at which handlers are seen to use that stack, and the IRET of the first handler.
    const range = ['--from', '1400', '--to', '1510', '--delivery', 'naive-event-injection'];
    const seen = found(await json('nmi-hlt', ...range), 'naive-event-injection');
    const [harm] = seen.filter(({ invariant }) => invariant === 'transparency');
    expect(harm).toMatchObject({ at: 1505, boundary: { place: 'nmi_handler+7h' } });
  });

  it("that Xen's window waits for IF", async () => {
    const result = await json('nmi-movss-shadow', '--symbol', 'shadowed', '--delivery', 'xen-vnmi,kvm-vnmi');
    expect(new Set(found(result, 'xen-vnmi').map(({ invariant }) => invariant))).toEqual(
      new Set(['latency']),
    );
    expect(found(result, 'kvm-vnmi')).toEqual([]);
  });
});

it('finds nothing on clean guests', async () => {
  for (const guest of ['nmi-count-16', 'nmi-count-32', 'nmi-count-64']) {
    const { status, stdout } = await vmexit('sweep', guest, '--to', '1020', '--delivery', TRACKED.join());
    expect([guest, status, stdout.match(/ none$/gm)?.length]).toEqual([guest, 0, TRACKED.length]);
  }
});

it('says what it found, how to see it again, and that it is a failure', async () => {
  const html = join(folder, 'report.html');
  const junit = join(folder, 'report.xml');
  const args = ['nmi-iret-fault', ...FIRST_ROUND, '--delivery', 'xen-event-injection,xen-vnmi'];
  const { status, stdout } = await vmexit('sweep', ...args, '--html', html, '--junit', junit);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^xen-event-injection +60 .* no-nesting \d+$/m);
  expect(stdout).toMatch(/^xen-vnmi +60 .* none$/m);
  const again = /again: vmexit (run nmi-iret-fault .*)/.exec(stdout)?.[1] ?? '';
  expect((await vmexit(...again.split(' '))).stdout).toContain('nmi-deliver');
  const page = await readFile(html, 'utf8');
  expect(page).not.toMatch(/https?:|src=|@import/);
  expect(page).toContain('no-nesting');
  expect(await readFile(junit, 'utf8')).toMatch(
    /<testsuites name="vmexit sweep nmi-iret-fault" tests="18" failures="1">/,
  );
});

it('merges shards to what one process finds', async () => {
  const args = ['nmi-count-32', '--from', '1000', '--to', '2000', '--delivery', 'kvm-vnmi'];
  const paths = [1, 2, 3].map((i) => join(folder, `part${i}.json`));
  for (const [i, path] of paths.entries()) {
    const part = await vmexit('sweep', ...args, '--shard', `${i + 1}/3`, '--json', '-o', path);
    expect(part.status).toBe(0);
  }
  const merged = await vmexit('merge', ...paths.toReversed(), paths[0] ?? '', '--json');
  expect(parseSweep(merged.stdout, 'merged')).toEqual(await json(...args));
  const part = await vmexit('merge', paths[0] ?? '', '--partial');
  expect(part.stdout).toContain('a part: 2 of 4 units are done');
});

it('goes on from a file', async () => {
  const kept = join(folder, 'kept.json');
  const args = ['nmi-count-32', '--from', '1000', '--to', '1600', '--delivery', 'kvm-vnmi', '--resume', kept];
  const first = await json(...args);
  const contents = JSON.parse(await readFile(kept, 'utf8')) as SweepResult;
  await writeFile(kept, JSON.stringify({ ...contents, units: contents.units.slice(1) }));
  expect(await json(...args)).toEqual(first);
});

it('takes invariants from a file', async () => {
  const path = join(folder, 'mine.mjs');
  await writeFile(path, "export const never = ({ at }) => (at === 1010 ? { message: 'ten' } : null);\n");
  const result = await json('nmi-count-32', '--to', '1020', '--delivery', 'kvm-vnmi', '--invariant', path);
  expect(found(result, 'kvm-vnmi').map(({ invariant, at }) => [invariant, at])).toEqual([['never', 1010]]);
});

// prettier-ignore
it.each([
  [['sweep'],                                                     /which guest/],
  [['sweep', 'nmi-count-32', '--to', '5'],                           /end, 5, is not after its beginning, 1000/],
  [['sweep', 'nmi-count-32', '--may-write', 'nobody'],               /"nobody", which is no symbol/],
  [['sweep', 'nmi-count-32', '--symbol', 'nobody'],                  /no symbol "nobody"/],
  [['sweep', 'nmi-count-32', '--shard', '3'],                        /--shard expects a part such as 2\/8/],
  [['sweep', 'nmi-count-32', '--shard', '3/2', '--to', '1001'],      /a shard is 1\/n to n\/n/],
  [['sweep', 'nmi-count-32', '--threads', '0'],                      /--threads expects a whole number from 1/],
  [['sweep', 'nmi-count-32', '--invariant', 'missing.mjs'],          /--invariant: cannot load missing.mjs/],
  [['sweep', 'nmi-count-32', '--html', '/'],                         /--html/],
  [['merge'],                                                     /merge takes results/],
  [['merge', 'package.json'],                                     /is not the result of a sweep/],
  [['merge', 'missing.json'],                                     /cannot read "missing.json"/],
])('%j is a mistake', async (args, message) => {
  const { status, stderr } = await vmexit(...args);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});
