/** `--timeline` and `--trace-out`: files, whole, that say what the run said. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Comparison } from '../../src/index.js';
import { vmexit } from '../helpers/command.js';
import { parseXml } from '../helpers/xml.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmexit-timeline-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface TraceFile {
  readonly traceEvents: readonly {
    readonly name: string;
    readonly ph: string;
    readonly pid: number;
    readonly ts?: number;
  }[];
}

const textOf = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
const traceOf = async (name: string): Promise<TraceFile> => JSON.parse(await textOf(name)) as TraceFile;

it('run draws its run and traces it, and says what it says without', async () => {
  const plain = await vmexit('run nmi-hlt --delivery xen-event-injection');
  const drawn = await vmexit(
    `run nmi-hlt --delivery xen-event-injection --timeline ${folder}/t.svg --trace-out ${folder}/t.json`,
  );
  expect(drawn).toEqual(plain);
  expect(await readdir(folder)).toEqual(['t.json', 't.svg']);
  const svg = parseXml(await textOf('t.svg'));
  expect(svg.children[0]!.text).toBe('nmi-hlt');
  expect(svg.children[1]!.text).toContain('xen-event-injection: 64 NMIs: 64 delivered');
  const requests = (await traceOf('t.json')).traceEvents.filter(({ ph }) => ph === 'b');
  expect(requests.length).toBe(64);
});

it('compare draws all runs, titled with the schedule', async () => {
  const { stdout } = await vmexit(
    `compare nmi-count-16 --nmi-every 500 --nmis 9 --json --timeline ${folder}/all.svg --trace-out ${folder}/all.json`,
  );
  const { runs } = JSON.parse(stdout) as Comparison;
  const [title, description] = parseXml(await textOf('all.svg')).children;
  expect(title!.text).toMatch(/^nmi-count-16: .*500 instructions/);
  for (const { delivery, requested } of runs)
    expect(description!.text).toContain(`${delivery}: ${requested} NMIs`);
  const pids = new Set((await traceOf('all.json')).traceEvents.map(({ pid }) => pid));
  expect(pids.size).toBe(runs.length);
});

it('a range is all that is kept', async () => {
  const range = '--timeline-range 2000-3000';
  await vmexit(
    `run nmi-storm --nmi-random 200 --max-instructions 9000 ${range} --timeline ${folder}/r.svg --trace-out ${folder}/r.json`,
  );
  expect(await textOf('r.svg')).toContain('guest instructions 2,000 to 3,000 of 9,000');
  const times = (await traceOf('r.json')).traceEvents.flatMap(({ ph, ts, name }) =>
    ph === 'i' && name === 'intr' ? [ts ?? 0] : [],
  );
  expect(times.length).toBeGreaterThan(0);
  for (const time of times) expect(time >= 2000 && time <= 3000).toBe(true);
});

it('a run that is interrupted leaves whole files of what there was', async () => {
  await vmexit(`run nmi-storm --trace-out ${folder}/i.json --timeline ${folder}/i.svg`, {
    signal: AbortSignal.abort(),
  });
  expect((await traceOf('i.json')).traceEvents.some(({ name }) => name === 'guest')).toBe(true);
  parseXml(await textOf('i.svg'));
});

it("draws the README's picture, byte for byte, by the README's command", async () => {
  const readme = await readFile('README.md', 'utf8');
  const [, command = '', path = ''] = /^npx vmexit (compare .*--timeline (docs\/\S+\.svg).*)$/m.exec(readme)!;
  await vmexit(`${command.replace(path, `${folder}/again.svg`)} --quiet`);
  expect(await textOf('again.svg')).toBe(await readFile(path, 'utf8'));
  expect(readme).toContain(`](${path})`);
});

it('resume has the time at which it starts', async () => {
  await vmexit(`run nmi-hlt --max-instructions 5000 --save ${folder}/s.vmx -q`);
  await vmexit(`resume ${folder}/s.vmx --trace-out ${folder}/s.json -q`);
  const guest = (await traceOf('s.json')).traceEvents.find(({ name }) => name === 'guest');
  expect(guest?.ts).toBe(5000);
});
