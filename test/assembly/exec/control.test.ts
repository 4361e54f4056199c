/** Control registers: what may be written, what follows, what is intercepted (APM vol 2 §3.1, §14.6.2, §15.8.1). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Efer, Mode } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Watch } from '../../../assembly/abi/watch.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { exitInformation, outcomeOf } from '../../helpers/outcome.js';

const MOV_CR0_RAX = [0x0f, 0x22, 0xc0];
const MOV_CR2_RAX = [0x0f, 0x22, 0xd0];
const MOV_CR3_RAX = [0x0f, 0x22, 0xd8];
const MOV_CR4_RAX = [0x0f, 0x22, 0xe0];
const MOV_CR8_RAX = [0x44, 0x0f, 0x22, 0xc0];
const MOV_RCX_CR8 = [0x44, 0x0f, 0x20, 0xc1];
const CLTS = [0x0f, 0x06];
const LMSW_AX = [0x0f, 0x01, 0xf0];
const SMSW_ECX = [0x0f, 0x01, 0xe1];

const PG = 0x80000000n;
const PE = BigInt(Cr0.Pe);
const ET = BigInt(Cr0.Et);
const MOV = 1n << 63n;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** Runs one instruction with rAX as given. */
function withRax(rax: bigint, code: readonly number[], intercepts: readonly number[] = []): string {
  machine.state.setBig('rax', rax);
  return outcomeOf(machine, code, intercepts);
}

/** 32-bit protected mode, paging off, with EFER.LME and CR4 as given. */
function beforePaging(efer: number, cr4: number): void {
  machine.flat32();
  machine.state.setNum('efer', efer);
  machine.state.setNum('cr4', cr4);
  machine.core.exports.updateMode();
}

describe('MOV to CR0', () => {
  // prettier-ignore
  it.each<[rule: string, value: bigint]>([
    ['bits above 31',         (1n << 32n) | PG | PE],
    ['PG without PE',         PG],
    ['NW without CD',         BigInt(Cr0.Nw) | PG | PE],
    ['no PG in 64-bit mode',  PE],
  ])('refuses %s', (_rule, value) => {
    machine.long();
    const before = machine.state.big('cr0');
    expect(withRax(value, MOV_CR0_RAX)).toBe('#GP(0)');
    expect(machine.state.big('cr0')).toBe(before);
  });

  it('ignores bits that do not exist and keeps ET', () => {
    beforePaging(0, 0);
    expect(withRax(PE | 0xffc0n, MOV_CR0_RAX)).toBe('completed');
    expect(machine.state.big('cr0')).toBe(PE | ET);
  });

  it('refuses to activate long mode without PAE', () => {
    beforePaging(Efer.Lme, 0);
    expect(withRax(PG | PE, MOV_CR0_RAX)).toBe('#GP(0)');
  });

  it('refuses to activate long mode while CS.L is set', () => {
    beforePaging(Efer.Lme, Cr4.Pae);
    machine.state.setSegment(Seg.Cs, { ...machine.state.segment(Seg.Cs), attributes: 0xe9b });
    expect(withRax(PG | PE, MOV_CR0_RAX)).toBe('#GP(0)');
  });

  it('activates long mode with paging, and leaves it with paging', () => {
    machine.long();
    machine.state.setSegment(Seg.Cs, { ...machine.state.segment(Seg.Cs), attributes: 0xc9b });
    machine.core.exports.updateMode();
    expect(withRax(PE, MOV_CR0_RAX)).toBe('completed');
    expect(machine.state.num('efer')).toBe(Efer.Lme);
    expect(withRax(PG | PE, MOV_CR0_RAX)).toBe('completed');
    expect(machine.state.num('efer')).toBe(Efer.Lme | Efer.Lma);
    expect(machine.state.get('mode') & Mode.CodeSize).toBe(Mode.Code32);
  });

  it('enters protected mode', () => {
    machine.real();
    expect(withRax(PE, MOV_CR0_RAX)).toBe('completed');
    expect(machine.state.get('mode') & Mode.RealOrV86).toBe(0);
  });

  it('refuses PAE paging with a reserved bit in a PDPTE', () => {
    beforePaging(0, Cr4.Pae);
    machine.state.setNum('cr3', 0x60000);
    machine.core.words.setBigUint64(0x60008, 0x61003n, true);
    expect(withRax(PG | PE, MOV_CR0_RAX)).toBe('#GP(0)');
    machine.core.words.setBigUint64(0x60008, 0x61001n, true);
    expect(withRax(PG | PE, MOV_CR0_RAX)).toBe('completed');
  });
});

describe('CR0 intercepts', () => {
  const SELECTIVE = ExitCode.Cr0SelectiveWrite;
  // prettier-ignore
  it.each<[rule: string, code: number[], rax: bigint, intercepts: number[], outcome: string, info1: bigint]>([
    ['MOV names its register',           [0x0f, 0x22, 0xc3], 0n, [ExitCode.Cr0Write], 'exit 10h', MOV | 3n],
    ['CLTS has no register',             CLTS,        0n,             [ExitCode.Cr0Write],            'exit 10h', 0n],
    ['LMSW has no register',             LMSW_AX,     1n,             [ExitCode.Cr0Write],            'exit 10h', 0n],
    ['selective: another bit changes',   MOV_CR0_RAX, PE | 0x20n,     [SELECTIVE],                    'exit 65h', MOV],
    ['selective: only TS and MP change', MOV_CR0_RAX, PE | 0xan,      [SELECTIVE],                    'completed', 0n],
    ['selective: nothing changes',       MOV_CR0_RAX, PE,             [SELECTIVE],                    'completed', 0n],
    ['selective: LMSW always',           LMSW_AX,     1n,             [SELECTIVE],                    'exit 65h', 0n],
    ['selective: CLTS never',            CLTS,        0n,             [SELECTIVE],                    'completed', 0n],
    ['the other intercept wins',         MOV_CR0_RAX, PE | 0x20n,     [SELECTIVE, ExitCode.Cr0Write], 'exit 10h', MOV],
    ['exceptions come first',            MOV_CR0_RAX, PG,             [SELECTIVE, ExitCode.Cr0Write], '#GP(0)',   0n],
    ['SMSW has no register',             SMSW_ECX,    0n,             [ExitCode.Cr0Read],             'exit 0h',  0n],
  ])('%s', (_rule, code, rax, intercepts, outcome, info1) => {
    machine.flat32();
    machine.state.setBig('rbx', PE);
    expect(withRax(rax, code, intercepts)).toBe(outcome);
    expect(exitInformation(machine).info1).toBe(info1);
  });

  it('the write trap exits after the write, with the value', () => {
    machine.flat32();
    expect(withRax(PE | 8n, MOV_CR0_RAX, [ExitCode.Cr0WriteTrap])).toBe('exit 90h');
    expect(machine.state.big('cr0')).toBe(PE | ET | 8n);
    expect(machine.state.num('rip')).toBe(CODE + 3);
    expect(exitInformation(machine).info1).toBe(PE | ET | 8n);
    expect(machine.state.num('clock')).toBe(1);
  });
});

describe('LMSW, SMSW, CLTS', () => {
  it('LMSW loads four bits and cannot clear PE', () => {
    machine.flat32();
    expect(withRax(0xfffen, LMSW_AX)).toBe('completed');
    expect(machine.state.big('cr0')).toBe(ET | 0xfn);
    expect(withRax(0n, LMSW_AX)).toBe('completed');
    expect(machine.state.big('cr0')).toBe(ET | PE);
  });

  it.each([
    ['LMSW', [0x0f, 0x01, 0x30], ExitCode.Cr0Write],
    ['LLDT', [0x0f, 0x00, 0x10], ExitCode.LdtrWrite],
    ['LTR', [0x0f, 0x00, 0x18], ExitCode.TrWrite],
  ])('%s [rAX] checks privilege, then the intercept, then its operand', (_name, code, exit) => {
    const beyondTables = 1n << 40n;
    machine.long(3);
    expect(withRax(beyondTables, code, [exit])).toBe('#GP(0)');
    machine.long();
    expect(withRax(beyondTables, code, [exit])).toBe(`exit ${exit.toString(16)}h`);
    expect(withRax(beyondTables, code)).toBe('#PF(0)');
  });

  it('LMSW loads from memory', () => {
    machine.flat32();
    machine.core.words.setUint16(0x9000, 0xb, true);
    expect(withRax(0x9000n, [0x0f, 0x01, 0x30])).toBe('completed');
    expect(machine.state.big('cr0')).toBe(ET | 0xbn);
  });

  it('CLTS clears TS', () => {
    machine.flat32();
    machine.state.setBig('cr0', PE | ET | 0xan);
    expect(outcomeOf(machine, CLTS)).toBe('completed');
    expect(machine.state.big('cr0')).toBe(PE | ET | 2n);
  });

  it('SMSW reads CR0 at CPL 3, unless UMIP forbids it', () => {
    machine.flat32(3);
    expect(outcomeOf(machine, SMSW_ECX)).toBe('completed');
    expect(machine.state.big('rcx')).toBe(PE | ET);
    machine.state.setNum('cr4', Cr4.Umip);
    expect(outcomeOf(machine, SMSW_ECX)).toBe('#GP(0)');
  });
});

describe('MOV to CR2, CR3, CR4', () => {
  it('CR2 takes anything', () => {
    machine.long();
    expect(withRax(1n << 63n, MOV_CR2_RAX)).toBe('completed');
    expect(machine.state.big('cr2')).toBe(1n << 63n);
  });

  it('CR3 refuses addresses wider than physical memory can have', () => {
    machine.long();
    expect(withRax(1n << 48n, MOV_CR3_RAX)).toBe('#GP(0)');
  });

  /** Other tables at 50000h: what is below 1 MiB stays where it was, but for the page at 9000h, moved to A000h. */
  function movePage(): void {
    const { words } = machine.core;
    const [root, table] = [0x50000, 0x53000];
    for (const at of [root, 0x51000, 0x52000]) words.setBigUint64(at, BigInt(at + 0x1000) | 7n, true);
    for (let i = 0; i < 256; i++) words.setBigUint64(table + 8 * i, BigInt(i * 4096) | 7n, true);
    words.setBigUint64(table + 8 * 9, 0xa007n, true);
    machine.state.setNum('rax', root);
    machine.state.setNum('rdx', 0x9000);
  }

  it('CR3 drops cached translations of data', () => {
    machine.long();
    movePage();
    machine.core.words.setBigUint64(0xa000, 0x1122n, true);
    // mov rbx, [rdx]; mov cr3, rax; mov rcx, [rdx]
    machine.load([0x48, 0x8b, 0x1a, ...MOV_CR3_RAX, 0x48, 0x8b, 0x0a]);
    expect(machine.run(3)).toBe(Stop.Budget);
    expect(machine.state.big('rbx')).toBe(0n);
    expect(machine.state.big('rcx')).toBe(0x1122n);
  });

  it('CR3 drops cached translations of code', () => {
    machine.long();
    movePage();
    // mov ecx, 1; ret, and mov ebx, 2; ret
    machine.core.write(0x9000, Uint8Array.of(0xb9, 1, 0, 0, 0, 0xc3));
    machine.core.write(0xa000, Uint8Array.of(0xbb, 2, 0, 0, 0, 0xc3));
    // call rdx; mov cr3, rax; call rdx; hlt
    machine.load([0xff, 0xd2, ...MOV_CR3_RAX, 0xff, 0xd2, 0xf4]);
    expect(machine.run(100)).toBe(Stop.Halted);
    expect([machine.state.num('rcx'), machine.state.num('rbx')]).toEqual([1, 2]);
  });

  it('CR3 in PAE paging refuses a reserved bit in a PDPTE, after the intercept', () => {
    machine.flat32();
    machine.state.setNum('cr4', Cr4.Pae);
    machine.state.setNum('cr3', 0x60000);
    const { words } = machine.core;
    words.setBigUint64(0x60000, 0x61001n, true);
    words.setBigUint64(0x61000, 0xe7n, true);
    machine.state.setBig('cr0', PG | PE | ET);
    machine.core.exports.updateMode();
    words.setBigUint64(0x62000, 0x61021n, true);
    expect(withRax(0x62000n, MOV_CR3_RAX, [ExitCode.Cr0Write + 3])).toBe('exit 13h');
    expect(withRax(0x62000n, MOV_CR3_RAX)).toBe('#GP(0)');
    expect(machine.state.num('cr3')).toBe(0x60000);
  });

  // prettier-ignore
  it.each<[rule: string, value: bigint]>([
    ['a bit that does not exist',  BigInt(Cr4.Pae | 0x1000)],
    ['bits above 31',              (1n << 40n) | BigInt(Cr4.Pae)],
    ['no PAE in long mode',        0n],
  ])('CR4 refuses %s', (_rule, value) => {
    machine.long();
    expect(withRax(value, MOV_CR4_RAX)).toBe('#GP(0)');
    expect(machine.state.num('cr4')).toBe(Cr4.Pae);
  });

  it('CR4 takes every bit that exists', () => {
    machine.long();
    expect(withRax(BigInt(Cr4.Defined), MOV_CR4_RAX)).toBe('completed');
    expect(machine.state.num('cr4')).toBe(Cr4.Defined);
  });

  it('CR1 does not exist, whatever the privilege', () => {
    machine.long(3);
    expect(outcomeOf(machine, [0x0f, 0x22, 0xc8])).toBe('#UD');
  });
});

describe('CR8', () => {
  it('holds four bits', () => {
    machine.long();
    expect(withRax(0x10n, MOV_CR8_RAX)).toBe('#GP(0)');
    expect(withRax(0xfn, MOV_CR8_RAX)).toBe('completed');
    expect(outcomeOf(machine, MOV_RCX_CR8)).toBe('completed');
    expect(machine.state.big('rcx')).toBe(0xfn);
  });

  it('is a boundary for whoever waits for the interrupt state', () => {
    machine.long();
    machine.state.set('watch', Watch.InterruptState);
    machine.load([...MOV_CR8_RAX, 0x90, 0x90]);
    expect(machine.run(3)).toBe(Stop.Boundary);
    expect(machine.state.num('rip')).toBe(CODE + 4);
  });
});

it('LOCK MOV CR0 is MOV CR8 where there is no REX prefix', () => {
  machine.flat32();
  machine.state.set('cr8', 5);
  expect(outcomeOf(machine, [0xf0, 0x0f, 0x20, 0xc1])).toBe('completed');
  expect(machine.state.num('rcx')).toBe(5);
});
