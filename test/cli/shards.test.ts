/** Shards as processes of the command: what docs/sweep.md shows for a cluster, joined in any order, is the whole sweep. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepResult } from '../../src/lab/sweep/sweep-result.js';
import { blocksOf, isInstallable, readDocument, ReaderProject } from '../helpers/documentation.js';

const DOCUMENT = readDocument('docs/sweep.md');
const SHARDS = [1, 2, 3];
const SHARD = blocksOf(DOCUMENT, 'sh').find((block) => block.includes('SLURM_ARRAY_TASK_ID'))!;
const MERGE = blocksOf(DOCUMENT, 'sh').find((block) => block.includes('vmexit merge'))!;

describe.skipIf(!isInstallable)('shards (skipped without "npm run build")', () => {
  let project: ReaderProject;
  let whole: string;
  beforeAll(async () => {
    project = new ReaderProject();
    const parts = SHARDS.map((i) => project.start(SHARD, { SLURM_ARRAY_TASK_ID: `${i}` }));
    for (const { status, stderr } of await Promise.all(parts)) expect([status, stderr]).toEqual([0, '']);
    const command = SHARD.replace(/--shard \S+ /, '').replace(/part-\S+/, 'unsharded.json');
    expect(project.shell(command)).toMatchObject({ status: 0, stderr: '' });
    whole = read('unsharded.json');
  }, 120_000);
  afterAll(() => project.remove());

  function read(name: string): string {
    return readFileSync(join(project.folder, name), 'utf8');
  }

  it('make the whole as docs/sweep.md says', () => {
    expect(project.shell(MERGE)).toMatchObject({ status: 0, stderr: '' });
    expect(read('whole.json') === whole).toBe(true);
    expect(read('whole.html')).toContain('nmi-storm: NMI sweep');
  });

  it.each([
    ['in another order', 'part-3.json part-1.json part-2.json'],
    ['some of them twice', 'part-2.json part-2.json part-3.json part-1.json part-3.json'],
    ['with what is joined already', 'part-1.json unsharded.json'],
  ])('make it %s', (_how, files) => {
    const { status, stdout } = project.shell(`vmexit merge ${files} --json`);
    expect(status).toBe(0);
    expect(stdout === whole).toBe(true);
  });

  it('make it in two steps', () => {
    project.shell('vmexit merge part-3.json part-1.json --partial --json -o two.json');
    expect(project.shell('vmexit merge part-2.json two.json --json').stdout === whole).toBe(true);
  });

  describe('are refused', () => {
    function forge(name: string, change: (result: any) => void): void {
      const result = JSON.parse(read('part-2.json')) as SweepResult;
      change(result);
      writeFileSync(join(project.folder, name), JSON.stringify(result));
    }

    beforeAll(() => {
      forge('version.json', (result) => (result.producer = 'vmexit 99'));
      forge('guest.json', (result) => (result.plan.guestHash = '0'.repeat(64)));
      forge('range.json', (result) => (result.plan.to = 2001));
      forge('other.json', (result) => result.units[0].boundaries++);
      writeFileSync(join(project.folder, 'cut.json'), read('part-2.json').slice(0, -100));
    });

    // prettier-ignore
    it.each([
      ['without a part',             'part-1.json part-3.json',   /^vmexit: \d+ of 20 units are there: give the results of the other parts, too, or --partial$/],
      ['of another version',         'part-1.json version.json',  /two versions do not merge: vmexit \S+ and vmexit 99$/],
      ['of another guest',           'part-1.json guest.json',    /guestHash is .* in the one and .* in the other$/],
      ['of another range',           'part-1.json range.json',    /to is 2000 in the one and 2001 in the other$/],
      ['that differ where they must not', 'part-2.json other.json', /two results of the unit \S+ \d+ differ/],
      ['that were cut off',          'part-1.json cut.json',      /cut.json is not the result of a sweep, or was cut off/],
    ])('%s', (_what, files, message) => {
      const { status, stdout, stderr } = project.shell(`vmexit merge ${files}`);
      expect(stderr.trim()).toMatch(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect([status, stdout]).toEqual([2, '']);
    });
  });
});

it('are the same sweep in each example of docs/sweep.md', () => {
  const index = /\$\{\{ matrix\.part \}\}|\$\(\(JOB_COMPLETION_INDEX \+ 1\)\)|\$SLURM_ARRAY_TASK_ID/g;
  const commands = [...DOCUMENT.matchAll(/npx (vmexit sweep .*--shard .*)/g)].map(([, command = '']) =>
    command.replaceAll(index, '2'),
  );
  expect(commands).toHaveLength(3);
  expect(new Set(commands).size).toBe(1);
});
