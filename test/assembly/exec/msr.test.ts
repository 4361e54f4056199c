/** RDMSR, WRMSR and the MSR permission map (APM vol 2 §15.11, App. A). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Msr, VmCr } from '../../../assembly/abi/msr.js';
import { Efer } from '../../../assembly/abi/processor-bits.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { exitInformation, outcomeOf } from '../../helpers/outcome.js';

const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];
const LOW = 0xffff_ffffn;
const PERMISSION_MAP = 0x40000;
const NOT_CANONICAL = 1n << 47n;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

function write(msr: number, value: bigint, intercepts: readonly number[] = []): string {
  const { state } = machine;
  // The upper halves do not count.
  state.setBig('rcx', (0xffff_ffffn << 32n) | BigInt(msr >>> 0));
  state.setBig('rax', (0xdead_beefn << 32n) | (value & LOW));
  state.setBig('rdx', (0xdead_beefn << 32n) | (value >> 32n));
  return outcomeOf(machine, WRMSR, intercepts);
}

/** The MSR's value, or what went wrong. */
function read(msr: number, intercepts: readonly number[] = []): bigint | string {
  const { state } = machine;
  state.setBig('rcx', BigInt(msr >>> 0));
  const outcome = outcomeOf(machine, RDMSR, intercepts);
  return outcome === 'completed' ? (state.big('rdx') << 32n) | state.big('rax') : outcome;
}

describe('registers', () => {
  // prettier-ignore
  it.each<[name: keyof typeof Msr, value: bigint, stored: bigint]>([
    ['Star',         0x0123_4567_89ab_cdefn,      0x0123_4567_89ab_cdefn],
    ['Lstar',        0xffff_8000_0000_1234n,      0xffff_8000_0000_1234n],
    ['Cstar',        0x7fff_0000_1234n,           0x7fff_0000_1234n],
    ['Sfmask',       0xffff_ffff_0004_7700n,      0x0004_7700n],
    ['FsBase',       0xffff_8000_0000_0000n,      0xffff_8000_0000_0000n],
    ['GsBase',       0x7fff_ffff_ffffn,           0x7fff_ffff_ffffn],
    ['KernelGsBase', 0x1000n,                     0x1000n],
    ['SysenterCs',   0x1_0010n,                   0x10n],
    ['SysenterEsp',  0x1_2345_6789n,              0x2345_6789n],
    ['SysenterEip',  0x1_2345_6789n,              0x2345_6789n],
    ['TscAux',       0x1_0000_0007n,              7n],
    ['Pat',          0x0007_0406_0105_0400n,      0x0007_0406_0105_0400n],
    ['ApicBase',     0xfec0_0000n,                0xfec0_0100n],
    ['Hwcr',         0x200_0008n,                 0x300_0008n],
    ['DebugCtl',     0x3cn,                       0x3cn],
    ['VmCr',         BigInt(VmCr.RedirectInit),   BigInt(VmCr.RedirectInit)],
    ['VmHsavePa',    0x1234_5000n,                0x1234_5000n],
    ['Xss',          0n,                          0n],
  ])('%s keeps what was written', (name, value, stored) => {
    machine.long();
    expect(write(Msr[name], value)).toBe('completed');
    expect(read(Msr[name])).toBe(stored);
  });

  // prettier-ignore
  it.each<[rule: string, msr: number, value: bigint]>([
    ['LSTAR: not canonical',           Msr.Lstar,        NOT_CANONICAL],
    ['CSTAR: not canonical',           Msr.Cstar,        NOT_CANONICAL],
    ['FS base: not canonical',         Msr.FsBase,       NOT_CANONICAL],
    ['GS base: not canonical',         Msr.GsBase,       NOT_CANONICAL],
    ['KERNEL_GS_BASE: not canonical',  Msr.KernelGsBase, NOT_CANONICAL],
    ['PAT: type 2',                    Msr.Pat,          0x0200n],
    ['PAT: type 3',                    Msr.Pat,          0x0300_0000_0000_0000n],
    ['PAT: type 8',                    Msr.Pat,          8n],
    ['APIC_BASE: x2APIC',              Msr.ApicBase,     0xfee0_0c00n],
    ['APIC_BASE: beyond memory',       Msr.ApicBase,     1n << 48n],
    ['HWCR: unknown bit',              Msr.Hwcr,         1n << 20n],
    ['DEBUGCTL: reserved bit',         Msr.DebugCtl,     0x40n],
    ['VM_CR: reserved bit',            Msr.VmCr,         0x20n],
    ['VM_HSAVE_PA: not a page',        Msr.VmHsavePa,    0x800n],
    ['VM_HSAVE_PA: beyond memory',     Msr.VmHsavePa,    1n << 48n],
    ['EFER: reserved bit',             Msr.Efer,         0x700n],
    ['EFER: LMA cleared',              Msr.Efer,         BigInt(Efer.Lme)],
    ['EFER: LME cleared under paging', Msr.Efer,         BigInt(Efer.Lma)],
    ['XSS: there is no such state',    Msr.Xss,          1n],
    ['no such register',               0x1234,           0n],
    ['a canonical value for none',     0xc0000200,       0n],
  ])('%s faults', (_rule, msr, value) => {
    machine.long();
    expect(write(msr, value)).toBe('#GP(0)');
    expect(machine.state.num('rip')).toBe(CODE);
  });

  it('a register that does not exist cannot be read', () => {
    machine.long();
    machine.state.setNum('rax', 7);
    expect(read(0x1234)).toBe('#GP(0)');
    expect(machine.state.num('rax')).toBe(7);
  });

  it('XSS exists in models with XSAVES', async () => {
    const level3 = (await Machine.create(1 << 20, { cpu: 'v3' })).long();
    level3.state.setNum('rcx', Msr.Xss);
    expect(outcomeOf(level3, RDMSR)).toBe('#GP(0)');
    expect(outcomeOf(level3, WRMSR)).toBe('#GP(0)');
  });

  it('branch tracing stops as not implemented', () => {
    machine.long();
    expect(write(Msr.DebugCtl, 1n)).toBe('unimplemented');
  });

  it('a write to the TSC sets the time, whatever TSC_OFFSET', () => {
    machine.long();
    machine.state.setBig('tscOffset', 0x1000n);
    machine.state.setNum('clock', 50);
    expect(write(Msr.Tsc, 0x5_0000_0000n)).toBe('completed');
    expect(read(Msr.Tsc)).toBe(0x5_0000_1001n);
  });
});

describe('EFER', () => {
  it('LME changes while paging is off; LMA cannot be written', () => {
    machine.flat32();
    expect(write(Msr.Efer, BigInt(Efer.Lme | Efer.Sce))).toBe('completed');
    expect(write(Msr.Efer, BigInt(Efer.Lme | Efer.Lma))).toBe('#GP(0)');
    expect(machine.state.num('efer')).toBe(Efer.Lme | Efer.Sce);
  });

  it('SVME needs VM_CR.SVMDIS clear, and SVMDIS needs SVME clear', () => {
    machine.long();
    const long = BigInt(Efer.Lme | Efer.Lma);
    expect(write(Msr.VmCr, BigInt(VmCr.SvmDisable))).toBe('completed');
    expect(write(Msr.Efer, long | BigInt(Efer.Svme))).toBe('#GP(0)');
    expect(write(Msr.VmCr, 0n)).toBe('completed');
    expect(write(Msr.Efer, long | BigInt(Efer.Svme))).toBe('completed');
    expect(write(Msr.VmCr, BigInt(VmCr.SvmDisable))).toBe('#GP(0)');
  });

  it('VM_CR.LOCK freezes LOCK and SVMDIS', () => {
    machine.long();
    expect(write(Msr.VmCr, BigInt(VmCr.Lock | VmCr.SvmDisable))).toBe('completed');
    expect(write(Msr.VmCr, BigInt(VmCr.DebugPortDisable))).toBe('completed');
    expect(read(Msr.VmCr)).toBe(BigInt(VmCr.Lock | VmCr.SvmDisable | VmCr.DebugPortDisable));
  });

  it('the write trap exits after the write', () => {
    machine.long();
    const value = BigInt(Efer.Lme | Efer.Lma | Efer.Nxe);
    expect(write(Msr.Efer, value, [ExitCode.EferWriteTrap])).toBe('exit 8fh');
    expect(machine.state.big('efer')).toBe(value);
    expect(machine.state.num('rip')).toBe(CODE + 2);
    expect(exitInformation(machine).info1).toBe(value);
  });
});

describe('the permission map', () => {
  beforeAll(() => {
    machine.state.set('msrpmBase', PERMISSION_MAP);
  });

  /** A guest under MSR_PROT whose map has one bit set. */
  function guarded(byte: number, bit: number): Machine {
    machine.long();
    machine.state.set('msrpmBase', PERMISSION_MAP);
    machine.core.memory.fill(0, PERMISSION_MAP, PERMISSION_MAP + 0x2000);
    machine.core.memory[PERMISSION_MAP + byte] = 1 << bit;
    return machine;
  }

  // prettier-ignore
  it.each<[name: string, msr: number, byte: number, bit: number]>([
    ['SYSENTER_CS, first range',  Msr.SysenterCs,  (0x174 * 2) >> 3,           0],
    ['SYSENTER_ESP',              Msr.SysenterEsp, (0x175 * 2) >> 3,           2],
    ['STAR, second range',        Msr.Star,        0x800 + ((0x81 * 2) >> 3),  2],
    ['VM_HSAVE_PA, third range',  Msr.VmHsavePa,   0x1000 + ((0x117 * 2) >> 3), 6],
  ])('%s: the low bit intercepts reads, the high bit writes', (_name, msr, byte, bit) => {
    guarded(byte, bit);
    expect(read(msr, [ExitCode.Msr])).toBe('exit 7ch');
    expect(exitInformation(machine)).toEqual({ info1: 0n, info2: 0n, nextRip: CODE + 2 });
    expect(write(msr, 0x1000n, [ExitCode.Msr])).toBe('completed');
    guarded(byte, bit + 1);
    expect(write(msr, 0x1000n, [ExitCode.Msr])).toBe('exit 7ch');
    expect(exitInformation(machine).info1).toBe(1n);
    expect(read(msr, [ExitCode.Msr])).not.toBe('exit 7ch');
  });

  it('does not matter while MSR_PROT is clear', () => {
    guarded((0x174 * 2) >> 3, 0);
    expect(read(Msr.SysenterCs)).toBe(0n);
  });

  it.each([0x2000, 0xc0002000, 0xc0012000, 0x4b564d00])(
    'intercepts %s, outside of its ranges, always',
    (msr) => {
      guarded(0, 0);
      expect(read(msr, [ExitCode.Msr])).toBe('exit 7ch');
    },
  );

  it('comes before the checks of the value', () => {
    guarded(0x800 + ((0x82 * 2) >> 3), 5);
    expect(write(Msr.Lstar, NOT_CANONICAL, [ExitCode.Msr])).toBe('exit 7ch');
  });
});
