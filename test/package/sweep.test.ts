/**
 * `vmexit sweep` as people run it, from the packed package: in threads, on a terminal with Ctrl-C, with threads that die and
 * disks that are full.
 */
import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseSweep, type SweepResult } from '../../src/lab/index.js';
import { isBuilt } from './built.js';
import { createProject, type Project } from './project.js';

const ENOUGH_MS = 60_000;
const COMMAND = 'node_modules/vmexit/dist/cli/main.js';
/** Four units of work. */
const SMALL = ['nmi-count-32', '--from', '1000', '--to', '2000', '--delivery', 'kvm-vnmi'];
/** So many that there is time to interrupt it. */
const LONG = ['nmi-storm', '--from', '1000', '--to', '16000', '--delivery', 'xen-vnmi', '--limit', '0'];
/** util-linux: runs a command on a terminal of its own. */
const hasTerminal = spawnSync('script', ['--version']).status === 0;

/** Exports an invariant that ends the first so many threads that come to boundary 1300. */
function deadly(times: number): string {
  return `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const deaths = () => (existsSync('deaths') ? readFileSync('deaths', 'utf8').length : 0);
export const deadly = ({ at }) => {
  if (at !== 1300 || isMainThread || deaths() >= ${times}) return null;
  appendFileSync('deaths', '+');
  process.exit(3);
};
`;
}

describe.skipIf(!isBuilt)('a sweep (skipped without "npm run build")', { timeout: ENOUGH_MS }, () => {
  let project: Project;

  beforeAll(() => {
    project = createProject();
  }, ENOUGH_MS);
  afterAll(() => {
    project.remove();
  });
  beforeEach(() => {
    for (const name of ['kept.json', 'out.json', 'deaths']) rmSync(path(name), { force: true });
  });

  const path = (name: string): string => join(project.folder, name);
  const kept = (): SweepResult => parseSweep(readFileSync(path('kept.json'), 'utf8'), 'kept.json');

  function sweep(...args: string[]): SpawnSyncReturns<string> {
    const words = [COMMAND, 'sweep', ...args];
    return spawnSync(process.execPath, words, { cwd: project.folder, encoding: 'utf8' });
  }

  it('finds in threads what it finds in one', () => {
    const options = ['--from', '660', '--to', '1260', '--delivery', 'xen-event-injection,xen-vnmi', '--json'];
    const [alone, together] = ['1', '2'].map((count) =>
      sweep('nmi-iret-fault', ...options, '--threads', count),
    );
    expect(alone).toMatchObject({ status: 1, stderr: '' });
    expect(together?.stdout).toBe(alone?.stdout);
    expect(parseSweep(together?.stdout ?? '', 'the output').units).toHaveLength(6);
  });

  it('runs the unit of a thread that died in another one', () => {
    project.write('deadly.mjs', deadly(2));
    const run = sweep(...SMALL, '--threads', '2', '--invariant', 'deadly.mjs', '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(path('deaths'), 'utf8')).toBe('++');
    expect(run.stdout).toBe(sweep(...SMALL, '--threads', '1', '--invariant', 'deadly.mjs', '--json').stdout);
  });

  it('gives up on a unit whose threads all die, and keeps the others', () => {
    project.write('deadly.mjs', deadly(Infinity));
    const args = [
      ...SMALL,
      '--threads',
      '2',
      '--invariant',
      'deadly.mjs',
      '--resume',
      'kept.json',
      '-o',
      'out.json',
    ];
    const { status, stderr } = sweep(...args);
    expect(stderr).toBe('vmexit: the thread that ran unit 2 of kvm-vnmi died, 3 times: out of memory?\n');
    expect(status).toBe(2);
    expect(existsSync(path('out.json'))).toBe(false);
    expect(kept().units.map(({ index }) => index)).not.toContain(1);
    expect(kept().units.length).toBeGreaterThan(0);
  });

  it('says whose mistake an invariant is that throws, in threads as in one', () => {
    project.write('broken.mjs', "export const broken = () => { throw new TypeError('mine'); };\n");
    for (const threads of ['1', '2'])
      expect(sweep(...SMALL, '--threads', threads, '--invariant', 'broken.mjs')).toMatchObject({
        status: 2,
        stderr: 'vmexit: --invariant: broken of broken.mjs threw: mine\n',
      });
  });

  it('leaves no part of a file where the disk is full', () => {
    // A limit of 512 bytes to a file stands for the disk: Node ignores the signal, and the write fails.
    const command = `ulimit -f 1; exec "${process.execPath}" ${COMMAND} sweep "$@"`;
    const run = (...args: string[]) =>
      spawnSync('sh', ['-c', command, 'sh', ...args], { cwd: project.folder, encoding: 'utf8' });
    const before = readdirSync(project.folder);
    for (const option of ['--resume', '--html', '-o']) {
      const { status, stderr } = run(...SMALL, '--threads', '1', '--json', option, 'kept.json');
      expect(stderr).toMatch(/^vmexit: --\w+: cannot write "kept.json": file too large\n$/);
      expect(status).toBe(2);
      expect(readdirSync(project.folder)).toEqual(before);
    }
  });

  it.skipIf(!hasTerminal)(
    'keeps what is done at Ctrl-C, and goes on to what it would have found (skipped without script)',
    async () => {
      const { status, screen } = await interrupted([
        ...LONG,
        '--resume',
        'kept.json',
        '--json',
        '-o',
        'out.json',
      ]);
      expect(status).toBe(130);
      expect(screen).toMatch(/nmi-storm: \d+\/59 units, [1-9]\d* runs\/s, .*\d+ s left/);
      const { length } = kept().units;
      expect(length).toBeGreaterThan(0);
      expect(length).toBeLessThan(59);
      const rest = sweep(...LONG, '--resume', 'kept.json', '--json');
      expect(rest.status).toBe(0);
      expect(rest.stdout).toBe(sweep(...LONG, '--json').stdout);
      expect(kept()).toEqual(parseSweep(rest.stdout, 'the output'));
    },
  );

  /** Sweeps on a terminal, where somebody types Ctrl-C as soon as the time left is shown. */
  async function interrupted(args: readonly string[]): Promise<{ status: number | null; screen: string }> {
    const command = [process.execPath, COMMAND, 'sweep', ...args].join(' ');
    const terminal = spawn('script', ['-qefc', command, '/dev/null'], { cwd: project.folder });
    let screen = '';
    let isTyped = false;
    terminal.stdout.on('data', (text: Buffer) => {
      screen += text.toString();
      if (!isTyped && screen.includes(' left')) terminal.stdin.write('\x03');
      isTyped ||= screen.includes(' left');
    });
    const status = await new Promise<number | null>((resolve) => terminal.once('close', resolve));
    return { status, screen };
  }
});
