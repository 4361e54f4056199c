/**
 * Every intercept that an instruction can meet, provoked: exit code, information fields, RIP and nRIP (APM vol 2 §15.7.1,
 * App. C). Guests are in 64-bit mode at CPL 0 unless a row says otherwise; the instruction is the guest's first.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { exitName, intercept, type InterceptName } from '../../src/svm/intercepts.js';
import { MsrPermissionMap } from '../../src/svm/permission-maps.js';
import { BareGuest, CODE, handlerAddress, IOPM, MSRPM, STACK } from '../helpers/bare-guest.js';

let guest: BareGuest;
beforeAll(async () => {
  guest = await BareGuest.create();
});

const MOV = 1n << 63n;
/** Values that MOV takes in 64-bit mode: paging and protection on; PAE. */
const CR0_LONG = 0x8000_0011n;
const CR4_PAE = 0x20n;
const UD2 = [0x0f, 0x0b];

interface Row {
  readonly bytes: readonly number[];
  readonly by: InterceptName;
  /** rAX; 0 unless given. rCX is 0 and rSI what CR4 may hold. */
  readonly rax?: bigint;
  readonly info1?: bigint;
  readonly info2?: bigint;
  /** nRIP is zero: not an instruction intercept. */
  readonly hasNoNextRip?: boolean;
}

// prettier-ignore
const INSTRUCTIONS: readonly (readonly [name: string, row: Row])[] = [
  ['mov rdx, cr0',   { by: 'cr0-read',   bytes: [0x0f, 0x20, 0xc2], info1: MOV | 2n }],
  ['mov r9, cr3',    { by: 'cr3-read',   bytes: [0x41, 0x0f, 0x20, 0xd9], info1: MOV | 9n }],
  ['mov rdi, cr8',   { by: 'cr8-read',   bytes: [0x44, 0x0f, 0x20, 0xc7], info1: MOV | 7n }],
  ['smsw eax',       { by: 'cr0-read',   bytes: [0x0f, 0x01, 0xe0] }],
  ['mov cr0, rax',   { by: 'cr0-write',  bytes: [0x0f, 0x22, 0xc0], rax: CR0_LONG, info1: MOV }],
  ['mov cr3, rbx',   { by: 'cr3-write',  bytes: [0x0f, 0x22, 0xdb], info1: MOV | 3n }],
  ['mov cr4, rsi',   { by: 'cr4-write',  bytes: [0x0f, 0x22, 0xe6], info1: MOV | 6n }],
  ['mov cr8, rcx',   { by: 'cr8-write',  bytes: [0x44, 0x0f, 0x22, 0xc1], info1: MOV | 1n }],
  ['clts',           { by: 'cr0-write',  bytes: [0x0f, 0x06] }],
  ['lmsw ax',        { by: 'cr0-write',  bytes: [0x0f, 0x01, 0xf0] }],
  ['lmsw ax, sel.',  { by: 'cr0-selective-write', bytes: [0x0f, 0x01, 0xf0] }],
  ['mov rcx, dr6',   { by: 'dr6-read',   bytes: [0x0f, 0x21, 0xf1], info1: 1n }],
  ['mov dr7, rdx',   { by: 'dr7-write',  bytes: [0x0f, 0x23, 0xfa], info1: 2n }],
  ['sidt [rsp]',     { by: 'idtr-read',  bytes: [0x0f, 0x01, 0x0c, 0x24] }],
  ['sgdt [rsp]',     { by: 'gdtr-read',  bytes: [0x0f, 0x01, 0x04, 0x24] }],
  ['sldt eax',       { by: 'ldtr-read',  bytes: [0x0f, 0x00, 0xc0] }],
  ['str eax',        { by: 'tr-read',    bytes: [0x0f, 0x00, 0xc8] }],
  ['lidt [rsp]',     { by: 'idtr-write', bytes: [0x0f, 0x01, 0x1c, 0x24] }],
  ['lgdt [rsp]',     { by: 'gdtr-write', bytes: [0x0f, 0x01, 0x14, 0x24] }],
  ['lldt ax',        { by: 'ldtr-write', bytes: [0x0f, 0x00, 0xd0] }],
  ['ltr ax',         { by: 'tr-write',   bytes: [0x0f, 0x00, 0xd8] }],
  ['rdtsc',          { by: 'rdtsc',      bytes: [0x0f, 0x31] }],
  ['rdpmc',          { by: 'rdpmc',      bytes: [0x0f, 0x33] }],
  ['pushf',          { by: 'pushf',      bytes: [0x9c] }],
  ['popf',           { by: 'popf',       bytes: [0x9d] }],
  ['cpuid',          { by: 'cpuid',      bytes: [0x0f, 0xa2] }],
  ['rsm',            { by: 'rsm',        bytes: [0x0f, 0xaa] }],
  ['iretq',          { by: 'iret',       bytes: [0x48, 0xcf] }],
  ['int 80h',        { by: 'software-interrupt', bytes: [0xcd, 0x80], info1: 0x80n }],
  ['invd',           { by: 'invd',       bytes: [0x0f, 0x08] }],
  ['pause',          { by: 'pause',      bytes: [0xf3, 0x90] }],
  ['hlt',            { by: 'hlt',        bytes: [0xf4] }],
  ['hlt, idle',      { by: 'idle-hlt',   bytes: [0xf4] }],
  ['invlpg [rsp+8]', { by: 'invlpg',     bytes: [0x0f, 0x01, 0x7c, 0x24, 0x08], info1: BigInt(STACK + 8) }],
  ['invlpga',        { by: 'invlpga',    bytes: [0x0f, 0x01, 0xdf] }],
  ['in al, 60h',     { by: 'ioio',       bytes: [0xe4, 0x60], info1: 0x0060_0211n, info2: BigInt(CODE + 2) }],
  ['out dx, eax',    { by: 'ioio',       bytes: [0xef], info1: 0x0000_0240n, info2: BigInt(CODE + 1) }],
  ['rdmsr',          { by: 'msr',        bytes: [0x0f, 0x32], info1: 0n }],
  ['wrmsr',          { by: 'msr',        bytes: [0x0f, 0x30], info1: 1n }],
  ['vmmcall',        { by: 'vmmcall',    bytes: [0x0f, 0x01, 0xd9] }],
  ['vmrun',          { by: 'vmrun',      bytes: [0x0f, 0x01, 0xd8] }],
  ['vmload',         { by: 'vmload',     bytes: [0x0f, 0x01, 0xda] }],
  ['vmsave',         { by: 'vmsave',     bytes: [0x0f, 0x01, 0xdb] }],
  ['stgi',           { by: 'stgi',       bytes: [0x0f, 0x01, 0xdc] }],
  ['clgi',           { by: 'clgi',       bytes: [0x0f, 0x01, 0xdd] }],
  ['skinit',         { by: 'skinit',     bytes: [0x0f, 0x01, 0xde] }],
  ['rdtscp',         { by: 'rdtscp',     bytes: [0x0f, 0x01, 0xf9] }],
  ['int1',           { by: 'icebp',      bytes: [0xf1] }],
  ['wbinvd',         { by: 'wbinvd',     bytes: [0x0f, 0x09] }],
  ['int3',           { by: 'bp',         bytes: [0xcc] }],
  ['ud2',            { by: 'ud',         bytes: [0x0f, 0x0b], hasNoNextRip: true }],
  ['div al (0)',     { by: 'de',         bytes: [0xf6, 0xf0], rax: 0x1200n, hasNoNextRip: true }],
  ['mov ds, ax (GP)',{ by: 'gp',         bytes: [0x8e, 0xd8], rax: 0x1234n, info1: 0x1234n, hasNoNextRip: true }],
];

describe.each(INSTRUCTIONS)('%s', (_name, row) => {
  function provoke(): void {
    guest.long([...row.bytes, ...UD2]);
    intercept(guest.vmcb, row.by);
    guest.vmcb.set('rax', row.rax ?? 0n);
    guest.processor.registers.set('rsi', CR4_PAE);
  }

  it('exits with its code, before it has done anything', () => {
    provoke();
    const before = guest.vmcb.get('rflags');
    const start = guest.processor.clock;
    const exit = guest.processor.vmrun(guest.vmcb);
    expect('code' in exit && exitName(exit.code)).toBe(row.by);
    expect(guest.rip).toBe(CODE);
    expect(guest.vmcb.getNumber('rsp')).toBe(STACK);
    expect(guest.vmcb.get('rflags')).toBe(before);
    expect(guest.processor.clock).toBe(start);
  });

  it('gives its information and nRIP', () => {
    provoke();
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.get('exitInfo1')).toBe(row.info1 ?? 0n);
    expect(guest.vmcb.get('exitInfo2')).toBe(row.info2 ?? 0n);
    expect(guest.vmcb.getNumber('nextRip')).toBe(row.hasNoNextRip ? 0 : CODE + row.bytes.length);
    expect(guest.vmcb.get('exitIntInfo')).toBe(0n);
    expect(guest.vmcb.get('instructionBytesFetched')).toBe(0);
  });
});

describe('exceptions', () => {
  it('#PF: error code, address, CR2 not written, instruction bytes', () => {
    guest.long([0x48, 0xa3, 0, 0, 0, 0x40, 0, 0, 0, 0, ...UD2]); // mov [40000000h], rax
    intercept(guest.vmcb, 'pf');
    guest.vmcb.set('cr2', 0x77n);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({
      vector: 14,
      errorCode: 2,
      address: 0x4000_0000n,
    });
    expect(guest.vmcb.get('cr2')).toBe(0x77n);
    expect([...guest.vmcb.instructionBytes().slice(0, 6)]).toEqual([0x48, 0xa3, 0, 0, 0, 0x40]);
    expect(guest.vmcb.get('instructionBytesFetched')).toBe(15);
  });

  it('#PF of a fetch: no instruction bytes', () => {
    guest.long([0xff, 0xe0]); // jmp rax
    guest.vmcb.set('rax', 0x4000_0000n);
    intercept(guest.vmcb, 'pf');
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ vector: 14, address: 0x4000_0000n });
    expect(guest.rip).toBe(0x4000_0000);
    expect(guest.vmcb.get('instructionBytesFetched')).toBe(0);
  });

  it('#DB after a single step: a trap, RIP is the next instruction, DR6.BS is set', () => {
    guest.long([0x90, 0x90, ...UD2]);
    intercept(guest.vmcb, 'db');
    guest.vmcb.set('rflags', 0x102n);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ vector: 1, errorCode: null });
    expect(guest.rip).toBe(CODE + 1);
    expect(guest.vmcb.low('dr6')).toBe(0xffff_4ff0);
  });

  it('a single step over an intercepted instruction traps nothing', () => {
    guest.long([0x0f, 0x01, 0xd9]);
    intercept(guest.vmcb, 'db');
    guest.vmcb.set('rflags', 0x102n);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(guest.vmcb.low('dr6')).toBe(0xffff_0ff0);
  });

  it('#DF is intercepted after combination, and #GP before', () => {
    guest.long([0xcc]);
    guest.vmcb.set('idtrLimit', 0);
    intercept(guest.vmcb, 'df');
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ vector: 8 });
    guest.long([0xcc]);
    guest.vmcb.set('idtrLimit', 0);
    intercept(guest.vmcb, 'df', 'gp');
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ vector: 13, errorCode: 0x1a });
    expect(guest.vmcb.get('exitIntInfo')).toBe(0x8000_0303n);
  });

  it('a triple fault is SHUTDOWN', () => {
    guest.long([0xcc]);
    guest.vmcb.set('idtrLimit', 0);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('shutdown');
  });

  it('INT3 intercepted by #BP in a handler run leaves the INT3 unexecuted', () => {
    guest.long([0xcd, 0x03, ...UD2]).handler(3, [0x0f, 0x01, 0xd9]);
    intercept(guest.vmcb, 'bp');
    // INT 3 of two bytes is a software interrupt: the exception intercept does not see it (§15.13).
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(guest.rip).toBe(handlerAddress(3));
  });
});

describe('write traps', () => {
  it.each([
    ['cr0-write-trap', [0x0f, 0x22, 0xc0], CR0_LONG | 2n, 'cr0'],
    ['cr4-write-trap', [0x0f, 0x22, 0xe0], CR4_PAE | 0x80n, 'cr4'],
  ] as const)('%s: after the instruction, with the new value', (name, bytes, value, field) => {
    guest.long([...bytes, ...UD2]);
    intercept(guest.vmcb, name);
    guest.vmcb.set('rax', value);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ kind: 'cr-write-trap', value });
    expect(guest.vmcb.get(field)).toBe(value);
    expect(guest.rip).toBe(CODE + bytes.length);
  });

  it('efer-write-trap', () => {
    guest.long([0x0f, 0x30, ...UD2]); // wrmsr
    intercept(guest.vmcb, 'efer-write-trap');
    guest.processor.registers.set('rcx', 0xc000_0080n);
    guest.vmcb.set('rax', 0x1d01n);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ kind: 'efer-write-trap', value: 0x1d01n });
    expect(guest.vmcb.get('efer')).toBe(0x1d01n);
    expect(guest.rip).toBe(CODE + 2);
  });
});

describe('string I/O', () => {
  // prettier-ignore
  it.each<[what: string, bytes: number[], info: object]>([
    ['insb',             [0x6c],             { isInput: true, bytes: 1, isRepeated: false, addressBits: 64, segment: 0 }],
    ['rep outsd',        [0xf3, 0x6f],       { isInput: false, bytes: 4, isRepeated: true, addressBits: 64, segment: 3 }],
    ['fs outsw, 32-bit', [0x66, 0x64, 0x67, 0x6f], { isInput: false, bytes: 2, isRepeated: false, addressBits: 32, segment: 4 }],
  ])('%s gives port, size, direction, segment and address size', (_what, bytes, info) => {
    guest.long([...bytes, ...UD2]);
    intercept(guest.vmcb, 'ioio');
    guest.processor.registers.set('rdx', 0x1f0n);
    guest.processor.registers.set('rcx', 5n);
    const nextRip = BigInt(CODE + bytes.length);
    const exit = guest.processor.vmrun(guest.vmcb);
    expect(exit).toMatchObject({ kind: 'ioio', port: 0x1f0, isString: true, ...info, nextRip });
    expect(guest.rip).toBe(CODE);
  });
});

describe('the pause filter', () => {
  const PAUSE = [0xf3, 0x90];

  it.each([
    [0, 0],
    [1, 1],
    [9, 9],
  ])('of count %i lets %i PAUSEs by', (count, passed) => {
    guest.long(Array<number[]>(20).fill(PAUSE).flat());
    intercept(guest.vmcb, 'pause');
    guest.vmcb.set('pauseFilterCount', count);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('pause');
    expect(guest.rip).toBe(CODE + 2 * passed);
    expect(guest.vmcb.get('pauseFilterCount'), 'not written back').toBe(count);
  });

  it('starts again when PAUSEs are further apart than its threshold', () => {
    const spaced = Array<number[]>(10)
      .fill([...PAUSE, 0x90, 0x90, 0x90, 0x90])
      .flat();
    guest.long([...spaced, 0x0f, 0x01, 0xd9]);
    intercept(guest.vmcb, 'pause');
    guest.vmcb.set('pauseFilterCount', 2);
    guest.vmcb.set('pauseFilterThreshold', 3);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
  });
});

describe('a task switch', () => {
  it.each([
    ['jmp far', [0xea, 0, 0, 0, 0, 0x28, 0], 'jump'],
    ['call far', [0x9a, 0, 0, 0, 0, 0x28, 0], 'call-or-event'],
  ] as const)('%s to a TSS exits before it, with the selector and the cause', (_what, bytes, cause) => {
    guest.protected([...bytes, ...UD2]);
    intercept(guest.vmcb, 'task-switch');
    expect(guest.processor.vmrun(guest.vmcb)).toEqual({
      kind: 'task-switch',
      code: 0x7d,
      selector: 0x28,
      errorCode: null,
      cause,
      resumeFlag: false,
    });
    expect(guest.rip).toBe(CODE);
    expect(guest.vmcb.getNumber('nextRip')).toBe(0);
  });
});

describe('permission maps', () => {
  it('a port whose bit is clear does not exit', () => {
    guest.long([0xe4, 0x60, 0x0f, 0x01, 0xd9]);
    intercept(guest.vmcb, 'ioio');
    guest.processor.memory[IOPM + (0x60 >> 3)] = 0;
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
  });

  it('a wider access exits for the bit of any of its bytes', () => {
    guest.long([0xe5, 0x5e, ...UD2]); // in eax, 5Eh
    intercept(guest.vmcb, 'ioio');
    guest.processor.memory.fill(0, IOPM, IOPM + 0x3000);
    guest.processor.memory[IOPM + (0x61 >> 3)] = 2;
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ kind: 'ioio', port: 0x5e, bytes: 4 });
  });

  it('an MSR exits for the direction that its bits name', () => {
    const STAR = 0xc000_0081;
    const run = (opcode: number): string => {
      guest.long([0x0f, opcode, 0x0f, 0x01, 0xd9]);
      intercept(guest.vmcb, 'msr');
      guest.processor.registers.set('rcx', BigInt(STAR));
      const map = new MsrPermissionMap(guest.processor.memory.subarray(MSRPM, MSRPM + 0x2000));
      map.allow(STAR, 'read');
      return guest.processor.vmrun(guest.vmcb).kind;
    };
    expect(run(0x32)).toBe('vmmcall');
    expect(run(0x30)).toBe('msr');
  });

  it('an MSR outside of the map always exits', () => {
    guest.long([0x0f, 0x32, ...UD2]);
    intercept(guest.vmcb, 'msr');
    guest.processor.memory.fill(0, MSRPM, MSRPM + 0x2000);
    guest.processor.registers.set('rcx', 0x4000_0000n);
    expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ kind: 'msr', isWrite: false });
  });
});
