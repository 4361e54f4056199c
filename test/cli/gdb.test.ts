/** `vmexit gdb` with Debian's gdb as the client: what a person does in it, in batch mode. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GdbServer, serveGdb } from '../../src/cli/gdb-server.js';
import { createVm } from '../../src/create-vm.js';
import { UsageError } from '../../src/errors.js';
import { loadAssembly } from '../../src/assembly-guest.js';
import { Debugger } from '../../src/lab/debugger/debugger.js';

const hasGdb = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'gdb')));
const suite = hasGdb ? describe : describe.skip;

const SOURCE = `
bits 64
start:
    mov ecx, 50
again:
    inc qword [rel counter]
target:
    add rbx, rcx
    dec ecx
    jnz again
    mov al, 'x'
    out 0xe9, al
spin:
    jmp spin
align 8
counter: dq 0
`;

let server: GdbServer;
let debugger_: Debugger;
let folder: string;
let at: (name: string) => string;

beforeEach(async () => {
  const guest = await loadAssembly({ assembly: SOURCE }, { memoryBytes: 0x20_0000 });
  debugger_ = new Debugger(await createVm({ guest, memoryBytes: 0x20_0000 }));
  server = await serveGdb(debugger_, 0);
  folder = mkdtempSync(join(tmpdir(), 'vmexit-gdb-'));
  at = (name) => `0x${guest.symbols.addressOf(name)!.toString(16)}`;
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** What gdb prints when it is told these things. */
function gdb(...commands: readonly string[]): Promise<string> {
  const script = join(folder, 'script.gdb');
  const all = [
    'set pagination off',
    'set confirm off',
    `target remote 127.0.0.1:${server.port}`,
    ...commands,
  ];
  writeFileSync(script, `${all.join('\n')}\n`);
  return new Promise((resolve) => {
    execFile('gdb', ['-nx', '-q', '-batch', '-x', script], { timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

suite(`gdb${hasGdb ? '' : ' (skipped: gdb is not installed)'}`, () => {
  it(
    'shows and sets registers, segments and control registers, and memory',
    { timeout: 60_000 },
    async () => {
      const shown = await gdb(
        'p/x $pc',
        'p/x $cs',
        'p/x $cr0',
        'p/x $efer',
        'set $rbx = 0x1122334455667788',
        'p/x $rbx',
        'p/x $ebx',
        'set $xmm0.v2_int64[0] = 77',
        'p $xmm0.v2_int64[0]',
        'set {int}0x8000 = 0x12345678',
        'x/xw 0x8000',
        'x/2i $pc',
        'info registers rip eflags fctrl',
      );
      expect(shown).toContain(`$1 = ${at('start')}`);
      expect(shown).toMatch(/\$3 = 0x80\w+/);
      expect(shown).toContain('= 0x1122334455667788');
      expect(shown).toContain('= 0x55667788');
      expect(shown).toContain('= 77');
      expect(shown).toMatch(/0x8000:\s+0x12345678/);
      expect(shown).toMatch(/mov +\$0x32,%ecx/);
      expect(shown).toMatch(/fctrl +0x37f/);
      expect(debugger_.vm.registers.get('rbx')).toBe(0x1122334455667788n);
    },
  );

  it('stops at breakpoints and watchpoints, steps, and goes back', { timeout: 60_000 }, async () => {
    const shown = await gdb(
      `break *${at('target')}`,
      'continue',
      'p $rcx',
      'stepi',
      'p/x $pc',
      'delete',
      `watch *(long*)${at('counter')}`,
      'continue',
      'delete',
      `hbreak *${at('spin')}`,
      'continue',
      'p "at the end", $rcx',
      `break *${at('target')}`,
      'reverse-continue',
      'p "back", $rcx',
      'reverse-stepi',
      'p/x $pc',
      'delete',
      'reverse-continue',
      'p/x $pc',
    );
    expect(shown).toContain('$1 = 50');
    expect(shown).toContain(`$2 = 0x${(BigInt(at('target')) + 3n).toString(16)}`);
    expect(shown).toMatch(/Old value = 1\s+New value = 2/);
    expect(shown).toContain('$3 = 0');
    expect(shown).toContain('$4 = 1');
    expect(shown).toContain(`$5 = ${at('again')}`);
    expect(shown).toContain('No more reverse-execution history');
    expect(shown).toContain(`$6 = ${at('start')}`);
  });

  it('runs monitor commands, detaches, and is there for the next gdb', { timeout: 60_000 }, async () => {
    const first = await gdb(
      'monitor nmi 100000',
      'monitor nmi-state',
      'monitor vmcb',
      'monitor exits',
      'stepi',
      'detach',
    );
    expect(first).toMatch(/nextRequest +100000/);
    expect(first).toMatch(/exitCode +0x/);
    const second = await gdb('p/x $pc', 'kill');
    expect(second).toContain(`$1 = 0x${(BigInt(at('start')) + 5n).toString(16)}`);
    await server.ended;
  });

  it('is interrupted', { timeout: 60_000 }, async () => {
    const script = join(folder, 'run.gdb');
    writeFileSync(
      script,
      `set pagination off\ntarget remote 127.0.0.1:${server.port}\ncontinue\np/x $pc\nkill\n`,
    );
    const client = spawn('gdb', ['-nx', '-q', '-batch', '-x', script]);
    let shown = '';
    client.stdout.on('data', (data: Buffer) => (shown += data.toString()));
    const isOver = new Promise((resolve) => client.on('close', resolve));
    while (!debugger_.isRunning) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.kill('SIGINT');
    await isOver;
    expect(shown).toMatch(/SIGINT/);
    expect(shown).toContain(`$1 = ${at('spin')}`);
  });
});

describe('the transport', () => {
  it('answers a broken packet with a request to send it again, and goes on', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const received: string[] = [];
    socket.on('data', (data) => received.push(data.toString('latin1')));
    socket.write('$g#00');
    await expect.poll(() => received.join('')).toBe('-');
    socket.write('$?#3f');
    await expect.poll(() => received.join('')).toMatch(/^-\+\$T05/);
    socket.write('-');
    await expect.poll(() => received.join('').match(/\$T05/g)?.length).toBe(2);
    socket.destroy();
  });

  it('has room for one client, and for the next when that is gone', async () => {
    const first = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => first.on('connect', resolve));
    const second = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => second.on('close', resolve));
    first.write('$vCont;c#a8');
    await expect.poll(() => debugger_.isRunning).toBe(true);
    first.destroy();
    await expect.poll(() => debugger_.isRunning).toBe(false);
    const third = connect(server.port, '127.0.0.1');
    const answer = new Promise<string>((resolve) => third.on('data', (data) => resolve(data.toString())));
    third.write('$?#3f');
    expect(await answer).toMatch(/^\+/);
    third.destroy();
  });

  it('says when the port is taken', async () => {
    await expect(serveGdb(debugger_, server.port)).rejects.toThrow(UsageError);
  });
});
