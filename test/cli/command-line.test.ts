/** The command line from outside: arguments in; output, exit status and files out. */
import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HELP } from '../../src/cli/help.js';
import { OPTIONS } from '../../src/cli/options.js';
import { STRATEGY_NAMES } from '../../src/index.js';
import { vmexit } from '../helpers/command.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmexit-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileWith(name: string, contents: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, contents);
  return path;
}

/** jmp $ */
const FOREVER = Uint8Array.of(0xeb, 0xfe);
/** mov al, 3; out 0F4h, al */
const EXIT_3 = Uint8Array.of(0xb0, 3, 0xe6, 0xf4);
const FLAT = '--bits 16 --load 0x7c00';

describe('a snapshot', () => {
  it('ends as the run would that wrote it, by count and by trace', async () => {
    const whole = await vmexit('run nmi-count-32 --delivery xen-event-injection --json');
    const path = join(folder, 'state.vmx');
    const first = await vmexit(
      `run nmi-count-32 --delivery xen-event-injection --max-instructions 2000 --save ${path} -q`,
    );
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(await readdir(folder)).toEqual(['state.vmx']);
    const rest = await vmexit(`resume ${path} --json`);
    expect(rest.status).toBe(0);
    expect(JSON.parse(rest.stdout)).toEqual({ ...JSON.parse(whole.stdout), guest: 'state.vmx' });
    const traced = await vmexit(`resume ${path} --trace --no-jit`);
    const [at] = /\d+/.exec(traced.stdout)!;
    expect(Number(at)).toBeGreaterThanOrEqual(2000);
  });

  it.each<[string, RegExp]>([
    ['resume', /resume takes one snapshot, got 0/],
    ['resume a b', /got 2/],
    ['resume no-such-file', /cannot read "no-such-file": no such file/],
    ['resume package.json', /package.json: this is not a snapshot of vmexit/],
    ['run hello-16 --save no-such-folder/x', /--save: cannot write "no-such-folder\/x": no such file/],
    ['resume x --delivery kvm-vnmi', /resume has no option --delivery/],
  ])('vmexit %s: one line', async (line, message) => {
    const { status, stdout, stderr } = await vmexit(line);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('help', () => {
  it.each(['--help', '-h', 'help'])('%s lists the commands', async (flag) => {
    expect(await vmexit(flag)).toEqual({ status: 0, stdout: HELP.commands, stderr: '' });
  });

  it.each(Object.keys(OPTIONS) as (keyof typeof OPTIONS)[])(
    'of %s names every option, and no other',
    async (command) => {
      const { stdout, status } = await vmexit(`${command} --help`);
      expect(status).toBe(0);
      const described = new Set([...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1]));
      expect([...described].sort()).toEqual(Object.keys(OPTIONS[command]).sort());
      expect(stdout).toMatch(/^examples?:\n {2}vmexit/m);
    },
  );

  it('fits in 110 columns', () => {
    for (const text of Object.values(HELP))
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
  });

  it('names no file that only the repository has', () => {
    for (const text of Object.values(HELP)) expect(text).not.toMatch(/\b(docs|src|test|bench)\//);
  });

  it('says its version', async () => {
    const manifest = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await vmexit('--version')).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe('a mistake in the command is one line on stderr and status 2', () => {
  // prettier-ignore
  it.each([
    ['frobnicate',                                       /no command "frobnicate"/],
    ['comapre nmi-hlt',                                  /did you mean "compare"/],
    ['run',                                              /which guest\?.*nmi-storm/],
    ['run hello-16 hello-32',                            /"hello-32" is one too many/],
    ['run no-such-guest',                                /no guest "no-such-guest"; shipped guests are .*nmi-storm/],
    ['run nmi-storn',                                    /did you mean "nmi-storm"/],
    ['run my-own.asm',                                   /there is no guest "my-own.asm"/],
    ['run .',                                            /not a file/],
    ['run hello-16 --delivery kvm-vnm',                  /no strategy "kvm-vnm" \(did you mean "kvm-vnmi"\?\); there are naive/],
    ['run hello-16 --delivery kvm-vnmi,xen-vnmi',        /run takes one --delivery/],
    ['run hello-16 --csv',                               /run has no option --csv/],
    ['run hello-16 -x',                                  /run has no option -x;/],
    ['run hello-16 --max-instruction 5',                 /did you mean "max-instructions"/],
    ['run hello-16 --max-instructions lots',             /--max-instructions expects a whole number.*"lots"/],
    ['run hello-16 --max-instructions',                  /--max-instructions.*argument/],
    ['run hello-16 --bits 16',                           /--bits does not go with hello-16/],
    ['run hello-16 --memory 1000',                       /--memory expects 1M to 2G in pages of 4 KiB, not "1000"/],
    ['compare hello-64 --memory 0',                      /--memory expects 1M to 2G/],
    ['sweep hello-64 --memory 2049M',                    /--memory expects 1M to 2G/],
    ['run hello-16 --memory 1025K',                      /--memory expects 1M to 2G in pages of 4 KiB/],
    ['run hello-16 --max-instructions 1e30',             /expects a whole number .*at most 9007199254740991, not 1e30/],
    ['run hello-16 --save no/x --timeline ./no/x',       /--save and --timeline both go to .\/no\/x/],
    ['run hello-16 --memory 16X',                        /--memory expects a size/],
    ['run hello-16 --nmi-every 0',                       /--nmi-every expects 1/],
    ['run hello-16 --nmi-every 5 --nmi-random 7',        /two schedules/],
    ['run hello-16 --nmi-at 5 --nmis 7',                 /--nmis does not go with --nmi-at/],
    ['run hello-16 --nmi-at 5,,7',                       /--nmi-at expects/],
    ['run hello-16 --nmi-file /no/such/file',            /--nmi-file: cannot read \/no\/such\/file: no such file/],
    ['run hello-16 --seed x',                            /--seed expects/],
    ['run hello-16 --cpu 486',                           /no processor model "486"; there are x86-64-v1, .*epyc/],
    ['compare hello-16 --cpu x86-64-v9',                 /no processor model "x86-64-v9"/],
    ['run hello-16 --timeline .',                        /--timeline: . is a directory/],
    ['run hello-16 --trace-out /no/such/folder/x',       /--trace-out: cannot write/],
    ['run hello-16 --timeline-range 1-2',                /give one of them/],
    ['run hello-16 --timeline x.svg --timeline-range 9', /--timeline-range expects two/],
    ['run hello-16 --timeline x.svg --timeline-range 9-9', /9 is not after 9/],
    ['run hello-16 --trace --json',                      /give one/],
    ['run hello-16 -o /no/such/folder/x',                /--output: cannot write/],
    ['run hello-16 -o package.json/x',                   /--output: cannot write "package.json\/x": not a directory/],
    ['run hello-16 --nmis -1',                           /--nmis lacks its value.*--nmis=VALUE/],
    ['run hello-16 -o .',                                /is a directory/],
    ['compare hello-16 --json --csv',                    /two formats/],
    ['compare hello-16 --delivery',                      /--delivery.*argument/],
    ['list everything',                                  /takes no arguments/],
  ])('%s', async (line, message) => {
    const { status, stdout, stderr } = await vmexit(line);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^vmexit: [^\n]*\n$/);
    expect(stderr).not.toMatch(/\bat .*\.[jt]s:/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  // prettier-ignore
  it.each<readonly [string, string, string | Uint8Array, RegExp]>([
    ['an empty guest',       'empty.bin',  '',                                   /empty/],
    ['a text file',          'notes.txt',  'dear diary, today I wrote a kernel', /text/],
    ['a truncated ELF file', 'short.elf',  '\x7fELF\x02\x01\x01',                /ELF|truncated|header/i],
    ['an image',             'photo.png',  Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0), /PNG|image/i],
  ])('%s', async (_what, name, contents, message) => {
    const path = await fileWith(name, contents);
    const { status, stdout, stderr } = await vmexit(`run ${path}`);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(path);
    expect(stderr).toMatch(/^vmexit: [^\n]*\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('in a schedule file, with its line', async () => {
    const path = await fileWith('storm.txt', '100\nsoon\n');
    const { status, stderr } = await vmexit(`run hello-16 --nmi-file ${path}`);
    expect(status).toBe(2);
    expect(stderr).toBe(`vmexit: ${path}, line 2: expected an instruction count, found "soon"\n`);
  });
});

describe('run', () => {
  it('prints what the guest prints, then the account of the run', async () => {
    const { status, stdout, stderr } = await vmexit('run hello-64');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^hello from 64-bit mode\n/);
    expect(stdout).toMatch(/^stop +the guest exited with status 0$/m);
    expect(stdout).toMatch(/^exits +workload: .*ioio \d+/m);
  });

  it('--quiet prints only what the guest prints', async () => {
    expect(await vmexit('run hello-16 --quiet')).toEqual({
      status: 0,
      stdout: 'hello from 16-bit real mode\n',
      stderr: '',
    });
  });

  it('a guest that fails has status 1, and its ledger is still printed', async () => {
    const path = await fileWith('three.bin', EXIT_3);
    const { status, stdout } = await vmexit(`run ${path} ${FLAT}`);
    expect(status).toBe(1);
    expect(stdout).toMatch(/exited with status 3/);
    expect(stdout).toMatch(/0 requested = 0 delivered/);
  });

  it('a guest that never ends is stopped, and told apart from one whose budget was asked for', async () => {
    const path = await fileWith('forever.bin', FOREVER);
    const asked = await vmexit(`run ${path} ${FLAT} --max-instructions 1e4`);
    expect(asked.status).toBe(0);
    expect(asked.stdout).toMatch(/budget is spent/);
    const byDefault = await vmexit(`run ${path} ${FLAT}`);
    expect(byDefault.status).toBe(1);
    expect(byDefault.stderr).toMatch(/--max-instructions/);
  });

  it('--json is the object of compare with one run', async () => {
    const { stdout } = await vmexit('run nmi-hlt --delivery xen-vnmi --json');
    const { guest, runs } = JSON.parse(stdout) as { guest: string; runs: unknown[] };
    expect(guest).toBe('nmi-hlt');
    expect(runs).toEqual([expect.objectContaining({ delivery: 'xen-vnmi', delivered: 64, lost: 0 })]);
  });

  it('--trace has a line with count, address and instruction for every event', async () => {
    const { stdout } = await vmexit('run nmi-sti-shadow --delivery xen-event-injection --trace');
    expect(stdout).toMatch(/^ +\d+ {2}exit +iret \(nmi-delivery\) +[0-9a-f]{8}h {2}iretq {2}; nmi_handler/m);
    expect(stdout).toMatch(/^ +\d+ {2}exit +vintr \(nmi-delivery\)/m);
    expect(stdout).toMatch(/^ +\d+ {2}inject +EVENTINJ Nmi 2/m);
    expect(stdout).toMatch(/^ +\d+ {2}nmi-request +#0 /m);
    expect(stdout).toMatch(/^ +\d+ {2}nmi-mask +masked/m);
    expect(stdout).toMatch(/^ +\d+ {2}nmi-return/m);
    expect(stdout).toMatch(/^ +\d+ {2}shadow +begins/m);
    expect(stdout).toMatch(/^ +\d+ {2}nmi-deliver +#0 injected +[0-9a-f]{8}h {2}\S.* {2}; nmi_handler$/m);
  });

  it('finds a shipped guest by the path of its source, and prefers a file of that name', async () => {
    expect((await vmexit('run some/where/hello-16.asm --quiet')).stdout).toMatch(/^hello/);
    const path = await fileWith('hello-16', EXIT_3);
    expect((await vmexit(`run ${path} ${FLAT}`)).status).toBe(1);
  });
});

describe('compare', () => {
  it('prints the table that the README shows', async () => {
    const { status, stdout } = await vmexit('compare nmi-hlt');
    expect(status).toBe(0);
    const [heading, , header, ...rows] = stdout.split('\n');
    expect(heading).toMatch(/^nmi-hlt: /);
    expect(header?.split(/ {2,}/)).toEqual([
      'delivery', 'requested', 'delivered', 'merged', 'lost', 'nested', 'NMI', 'IRET', 'VINTR', '#DB', 'other',
      'exits/NMI', 'latency p50/p99 (instructions)',
    ]); // prettier-ignore
    expect(rows.slice(0, 5).map((row) => row.split(' ')[0])).toEqual(STRATEGY_NAMES);
  });

  it('a guest that only the naive strategy harms is no failure, unless it runs alone', async () => {
    const all = await vmexit('compare nmi-exit-during-delivery');
    expect(all.status).toBe(0);
    expect(all.stdout).toMatch(/^naive-event-injection: the guest exited with status 1$/m);
    expect((await vmexit('compare nmi-exit-during-delivery --delivery naive-event-injection')).status).toBe(
      1,
    );
  });

  it('--csv has a header and a line a delivery', async () => {
    const { stdout } = await vmexit('compare nmi-hlt --csv --delivery xen-vnmi,kvm-vnmi');
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      'delivery,requested,delivered,merged,pending,lost,maxNesting,nmi,iret,vintr,db,other,nmiExits,exitsPerNmi,latencyP50,latencyP99,latencyMax,stop',
    );
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^kvm-vnmi,64,64,0,0,0,1,0,0,0,0,\d+,0,0,0,0,0,exit$/);
  });

  it('--json is deterministic', async () => {
    const line = 'compare nmi-count-32 --nmi-random 700 --seed 3 --json --delivery kvm-event-injection';
    const first = await vmexit(line);
    expect(await vmexit(line)).toEqual(first);
    expect((await vmexit(line.replace('--seed 3', '--seed 4'))).stdout).not.toBe(first.stdout);
  });
});

describe('--output', () => {
  it('writes the result, and nothing to stdout', async () => {
    const path = join(folder, 'result.json');
    const { status, stdout } = await vmexit(`compare nmi-hlt --json -o ${path}`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ guest: 'nmi-hlt' });
    expect(await readdir(folder)).toEqual(['result.json']);
  });

  it('leaves the old file alone when the command fails', async () => {
    const path = await fileWith('result.json', 'old');
    expect((await vmexit(`compare no-such-guest --json -o ${path}`)).status).toBe(2);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['result.json']);
  });

  it.each([
    ['run', '-o'],
    ['run', '--save'],
    ['record', '-o'],
    ['compare', '--timeline'],
    ['sweep', '--html'],
  ])('%s %s does not write over the guest, whatever its name', async (command, option) => {
    const guest = await fileWith('guest.bin', EXIT_3);
    const other = join(folder, 'another-name');
    await link(guest, other);
    const { status, stderr } = await vmexit(`${command} ${guest} ${option} ${other}`);
    expect(stderr).toMatch(
      /^vmexit: --[a-z]+: .*another-name is what is read here, and would be overwritten\n$/,
    );
    expect(status).toBe(2);
    expect(await readFile(guest)).toEqual(Buffer.from(EXIT_3));
  });

  it('writes into a device instead of replacing it', async () => {
    expect((await vmexit('run hello-16 -o /dev/null')).status).toBe(0);
    expect((await vmexit('run hello-16 -o /dev/null')).stdout).toBe('');
  });
});

it.skipIf(!existsSync('/dev/full'))('a device that is full is told in one line', async () => {
  const { status, stderr } = await vmexit('run hello-16 -o /dev/full');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'vmexit: --output: cannot write "/dev/full": no space left on device\n',
  });
});

describe('on a terminal', () => {
  const BOLD = '\x1b[1m';

  it('the header is bold, unless NO_COLOR says no', async () => {
    expect((await vmexit('compare nmi-hlt', { isTTY: true })).stdout).toContain(`${BOLD}delivery`);
    expect((await vmexit('compare nmi-hlt')).stdout).not.toContain('\x1b');
    const plain = await vmexit('compare nmi-hlt', { isTTY: true, environment: { NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\x1b');
  });

  it('progress is on stderr, gone at the end, and off with --quiet', async () => {
    const { stderr } = await vmexit('compare nmi-hlt', { isTTY: true });
    expect(stderr).toMatch(/nmi-hlt 5\/5 kvm-vnmi/);
    expect(stderr).toMatch(/\r\x1b\[K$/);
    expect((await vmexit('compare nmi-hlt --quiet', { isTTY: true })).stderr).toBe('');
  });
});

it('list names every strategy and every shipped guest', async () => {
  const { status, stdout } = await vmexit('list');
  expect(status).toBe(0);
  for (const name of [...STRATEGY_NAMES, 'hello-16', 'nmi-storm', 'watchdog'])
    expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
});

describe('assembly source', () => {
  const SOURCE = '%include "inc/exit.inc"\n org 7C00h\nstart: mov al, STATUS\n out 0F4h, al\n';

  async function sourceFile(text = SOURCE): Promise<string> {
    await mkdir(join(folder, 'inc'), { recursive: true });
    await fileWith('inc/exit.inc', 'STATUS equ 0\n');
    return fileWith('mine.asm', text);
  }

  it('runs and compares without nasm', async () => {
    const path = await sourceFile();
    const run = await vmexit(`run ${path} --quiet`);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const compared = await vmexit(`compare ${path} --nmis 0 --delivery kvm-vnmi --json`);
    expect(compared.status).toBe(0);
    expect(JSON.parse(compared.stdout)).toMatchObject({ guest: 'mine.asm' });
  });

  it('finds the includes of the shipped guests', async () => {
    const path = await fileWith(
      'hello.asm',
      '%include "boot16.inc"\nBOOT16\nPRINT "own", 10\nEXIT STATUS_OK\nEND16\n',
    );
    expect(await vmexit(`run ${path} --quiet`)).toEqual({ status: 0, stdout: 'own\n', stderr: '' });
  });

  it('is assembled to a file, listed, and its symbols are printed', async () => {
    const path = await sourceFile();
    const output = join(folder, 'mine.bin');
    expect(await vmexit(`asm ${path} -o ${output}`)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect([...(await readFile(output))]).toEqual([0xb0, 0, 0xe6, 0xf4]);
    const { stdout } = await vmexit(`asm ${path} --listing --symbols`);
    expect(stdout).toContain('00007C00  B000');
    expect(stdout).toMatch(/^00007c00 start$/m);
  });

  it('is not written over, whatever its name', async () => {
    for (const name of ['source.asm', 'source.bin']) {
      const path = await fileWith(name, 'org 100h\n nop\n');
      await symlink(path, join(folder, `link-to-${name}`));
      const outputs = [path, join(folder, '.', name), join(folder, `link-to-${name}`)];
      for (const output of outputs) {
        const { status, stderr } = await vmexit(`asm ${path} -o ${output}`);
        expect({ status, stderr }).toEqual({
          status: 2,
          stderr: `vmexit: --output: ${output} is what is read here, and would be overwritten\n`,
        });
      }
      expect(await readFile(path, 'utf8')).toBe('org 100h\n nop\n');
    }
  });

  it('with errors names each, with its place', async () => {
    const path = await sourceFile(' mov al, nowhere\n movv\n bad bad\n');
    const { status, stderr } = await vmexit(`run ${path}`);
    expect(status).toBe(2);
    expect(stderr).toContain(`${path}:1:10: error: nowhere is not defined`);
    expect(stderr).toContain(`${path}:3:2: error: there is no instruction bad`);
  });
});
