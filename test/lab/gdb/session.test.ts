/** The protocol above the packets: what a session answers, also to what makes no sense. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createVm } from '../../../src/create-vm.js';
import { Debugger } from '../../../src/lab/debugger/debugger.js';
import { GdbSession } from '../../../src/lab/gdb/session.js';

const SOURCE = `
bits 64
start:
    mov eax, 0x1234
again:
    inc rbx
    jmp again
`;

let replies: string[];
let session: GdbSession;
let debugger_: Debugger;

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

async function ask(packet: string): Promise<string | undefined> {
  replies = [];
  await session.handle(bytes(packet));
  return replies.at(-1);
}

beforeEach(async () => {
  const vm = await createVm({ guest: { assembly: SOURCE }, memoryBytes: 0x20_0000 });
  debugger_ = new Debugger(vm);
  session = new GdbSession(debugger_, {
    reply: (data) => void replies.push(data),
    end: (how) => void replies.push(how),
  });
});

it('introduces itself', async () => {
  expect(await ask('qSupported:multiprocess+')).toContain('ReverseStep+');
  expect(await ask('?')).toBe('T05thread:1;');
  expect(await ask('QStartNoAckMode')).toBe('OK');
  expect(await ask('vMustReplyEmpty')).toBe('');
  const first = (await ask('qXfer:features:read:target.xml:0,100'))!;
  expect(first).toMatch(/^m<\?xml/);
  expect(await ask('qXfer:features:read:target.xml:ffff,100')).toBe('l');
});

it('reads and writes registers', async () => {
  const all = (await ask('g'))!;
  expect(await ask('P0=8877665544332211')).toBe('OK');
  expect(await ask('p0')).toBe('8877665544332211');
  expect(debugger_.vm.registers.get('rax')).toBe(0x1122334455667788n);
  expect(await ask(`G${all}`)).toBe('OK');
  expect(await ask('g')).toBe(all);
});

it('reads and writes memory', async () => {
  expect(await ask('M8000,4:01020304')).toBe('OK');
  expect(await ask('X8004,3:abc')).toBe('OK');
  expect(await ask('m8000,7')).toBe('01020304616263');
});

it('steps, goes on until it is interrupted, and goes back', async () => {
  expect(await ask('s')).toBe('T05thread:1;');
  expect(debugger_.vm.registers.get('rax')).toBe(0x1234n);
  setTimeout(() => session.interrupt(), 50);
  expect(await ask('vCont;c:1')).toBe('T02thread:1;');
  expect(await ask('bs')).toBe('T05thread:1;');
  expect(await ask('bc')).toBe('T05thread:1;replaylog:begin;');
  expect(debugger_.vm.time).toBe(0);
});

it('answers monitor commands', async () => {
  const monitor = async (line: string): Promise<string> => {
    const hex = Buffer.from(line).toString('hex');
    return Buffer.from((await ask(`qRcmd,${hex}`))!, 'hex').toString();
  };
  expect(await monitor('help')).toMatch(/monitor vmcb/);
  expect(await monitor('nmi 5000')).toBe('NMI requested at 5000\n');
  expect(await monitor('nmi-state')).toMatch(/nextRequest +5000/);
  expect(await monitor('nmi x')).toMatch(/instruction count/);
  expect(await monitor('vmcb')).toMatch(/virtualInterrupt +0x/);
  expect(await monitor('exits')).toBe('no exits yet\n');
  expect(await monitor('nonsense')).toMatch(/monitor help/);
});

it.each(['k', 'vKill;1', 'D'])('ends on %s', async (packet) => {
  await ask(packet);
  expect(replies.at(-1)).toBe(packet === 'D' ? 'detached' : 'killed');
});

describe('what makes no sense', () => {
  it.each([
    ...[
      'p',
      'pffff',
      'Pzz=0',
      'P0=12',
      'P0',
      'Gxx',
      'm',
      'm0',
      'mzz,4',
      'm0,fffff',
      'M0,2:00',
      'M0,1:zz',
      'X0,5:ab',
      'X',
    ],
    ...[
      'Z0',
      'Z2,zz,4',
      'Z9,0,1',
      'z1',
      'vCont;x',
      'vCont',
      'cxyz',
      'bx',
      'qRcmd,zz',
      'qXfer:features:read:other:0,1',
    ],
    ...['m7fffffffffff0000,10', '', '!', 'F1'],
  ])('%s is refused', async (packet) => {
    const answer = await ask(packet);
    expect(answer).toMatch(/^(E[0-9a-f]{2}|)$/);
    expect(await ask('?')).toBe('T05thread:1;');
  });
});

it.each([
  [true, 'i386:x86-64', '"rip"'],
  [false, 'i386', '"eip"'],
])('shows the registers that it was asked to show: x86-64 %s', async (isLong, architecture, pointer) => {
  session = new GdbSession(
    debugger_,
    { reply: (data) => void replies.push(data), end: () => undefined },
    isLong,
  );
  const xml = await ask('qXfer:features:read:target.xml:0,3fff');
  expect(xml).toContain(`<architecture>${architecture}</architecture>`);
  expect(xml).toContain(pointer);
  expect(xml).toContain('org.gnu.gdb.i386.sse');
});
