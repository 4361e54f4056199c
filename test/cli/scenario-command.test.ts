/** `vmexit scenario`, and its strategies in other commands, from outside. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCENARIOS } from '../../src/lab/index.js';
import { vmexit } from '../helpers/command.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmexit-scenario-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('lists them without a name', async () => {
  const { status, stdout } = await vmexit('scenario');
  expect(status).toBe(0);
  for (const { name, title } of SCENARIOS) expect(stdout).toMatch(new RegExp(`^  ${name} +${title}$`, 'm'));
});

it('lists them as JSON, and shows one only by name', async () => {
  const { status, stdout } = await vmexit('scenario --json');
  expect(status).toBe(0);
  const { scenarios } = JSON.parse(stdout) as { scenarios: { name: string; title: string; guest: string }[] };
  expect(scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
  const nameless = await vmexit(`scenario --html ${join(folder, 'none.html')}`);
  expect(nameless.status).toBe(2);
  expect(nameless.stderr).toBe('vmexit: --html shows one scenario: give its name\n');
});

it('shows bug and fix side by side, with the line of the source and how to see them again', async () => {
  const page = join(folder, 'page.html');
  const drawing = join(folder, 'drawing.svg');
  const replays = join(folder, 'replays');
  const { status, stdout, stderr } = await vmexit(
    `scenario vnmi-wrong-bit --html ${page} --timeline ${drawing} --replays ${replays}`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^bug: vnmi-wrong-bit {30,}\| fix: kvm-vnmi$/m);
  expect(stdout).toMatch(
    /^ {2}return isNmiMasked\(this\.vmcb\); +\| {3}return isNmiPending\(this\.vmcb\);$/m,
  );
  expect(stdout).toMatch(/^violations: merged-into-another \d+ +\| violations: none$/m);
  expect(stdout).toContain('nmi_handler+1h, guests/nmi-storm.asm:86:');
  expect(stdout).toMatch(/NMI 1 merged/);
  const html = await readFile(page, 'utf8');
  expect(html).toContain('<td class="differs">  return isNmiMasked(this.vmcb);</td>');
  expect(html).toContain('<svg');
  expect(await readFile(drawing, 'utf8')).toContain('vnmi-wrong-bit');

  const commands = [...stdout.matchAll(/^ {2}vmexit (.*)$/gm)].map((match) => match[1] ?? '');
  expect(commands).toHaveLength(4);
  const [bug, fix, ...recordings] = await Promise.all(commands.map((command) => vmexit(command)));
  expect(bug?.stdout).toContain('2 requested = 1 delivered + 1 merged');
  expect(fix?.stdout).toContain('2 requested = 2 delivered + 0 merged');
  for (const { status: replayed, stdout: shown } of recordings) {
    expect(replayed).toBe(0);
    expect(shown).toContain('the same in every bit');
  }
  expect(recordings[0]?.stdout).toContain('1 merged');
  expect(recordings[1]?.stdout).toContain('0 merged + 1 pending');
  const [one = '', other = ''] = (await readdir(replays)).map((name) => join(replays, name));
  const parting = await vmexit(`replay ${one} --against ${other}`);
  expect(parting.status).toBe(1);
});

it('prints one object', async () => {
  const { status, stdout } = await vmexit('scenario exitintinfo-forgotten --json');
  expect(status).toBe(0);
  const { scenario, isShown, found, sides, sweep } = JSON.parse(stdout);
  expect(scenario).toMatchObject({ name: 'exitintinfo-forgotten', fix: 'kvm-vnmi', invariant: 'none-lost' });
  expect(isShown).toBe(true);
  expect(found.at).toBeGreaterThan(0);
  expect(sides.bug.events[0].rip).toMatch(/^[0-9a-f]+h$/);
  expect(sides.fix.broken).toEqual({});
  expect(sweep.format).toBe('vmexit-sweep');
});

it('lends its strategies to other commands', async () => {
  const swept = await vmexit(
    'sweep nmi-count-64 --from 1000 --to 1003 --pairs --delivery vnmi-wrong-bit,kvm-vnmi',
  );
  expect(swept.status).toBe(1);
  expect(swept.stdout).toMatch(/^vnmi-wrong-bit .*merged-into-another \d+$/m);
  expect(swept.stdout).toMatch(/^kvm-vnmi .* none$/m);
  const saved = join(folder, 'saved.vmx');
  await vmexit(`run nmi-hlt --delivery vnmi-wrong-bit --max-instructions 2000 --save ${saved}`);
  expect((await vmexit(`resume ${saved}`)).status).toBe(0);
});

// prettier-ignore
it.each([
  ['scenario nobody',                               /there is no scenario "nobody"; there are vnmi-wrong-bit/],
  ['scenario sti-shadow-ignored x',                 /one scenario at a time: "x"/],
  ['scenario sti-shadow-ignored --html /',          /--html/],
  ['scenario sti-shadow-ignored --replays /dev/null', /--replays: cannot make the folder/],
  ['compare nmi-storm --delivery vnmi-wrong-bit',   /there is no strategy "vnmi-wrong-bit"/],
  ['run nmi-storm --delivery vnmi-wrong-bot',       /did you mean "vnmi-wrong-bit"/],
])('%s is a mistake', async (command, message) => {
  const { status, stderr } = await vmexit(command);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});
