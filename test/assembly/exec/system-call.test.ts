/** SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS (APM vol 2 §6.1, vol 3). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Debug, Efer, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Vector } from '../../../assembly/abi/vector.js';
import { Watch } from '../../../assembly/abi/watch.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { enterGuest, outcomeOf } from '../../helpers/outcome.js';

const SYSCALL = [0x0f, 0x05];
const SYSRET = [0x0f, 0x07];
const SYSRETQ = [0x48, 0x0f, 0x07];
const SYSENTER = [0x0f, 0x34];
const SYSEXIT = [0x0f, 0x35];
const SWAPGS = [0x0f, 0x01, 0xf8];

/** STAR: SYSRET selectors from 1Bh, SYSCALL selectors from 0Bh (its RPL is dropped), legacy EIP 5000h. */
const STAR = 0x001b_000b_0000_5000n;
const LSTAR = 0xffff_8000_0000_2000n;
const CSTAR = 0x3000n;
/** In the processor a canonical address that nothing maps is fine as long as nobody fetches from it. */
const UPPER = 0xffff_ffff_0000_0000n;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

function withStar(mode: 'flat32' | 'long', cpl: number): Machine {
  machine[mode](cpl);
  const { state } = machine;
  state.setNum('efer', state.num('efer') | Efer.Sce);
  state.setBig('star', STAR);
  state.setBig('lstar', LSTAR);
  state.setBig('cstar', CSTAR);
  return machine;
}

/** Makes the present long mode compatibility mode. */
function compatibility(): void {
  const cs = machine.state.segment(Seg.Cs);
  machine.state.setSegment(Seg.Cs, { ...cs, attributes: (cs.attributes & ~0x200) | 0x400 });
  machine.core.exports.updateMode();
}

const selectorAndAttributes = (seg: Seg) => {
  const { selector, attributes } = machine.state.segment(seg);
  return [selector, attributes];
};

describe('SYSCALL', () => {
  it('in 64-bit mode goes to LSTAR, RFLAGS masked, return address and RFLAGS in RCX and R11', () => {
    withStar('long', 3);
    machine.rflags = BigInt(Rflags.If | Rflags.Df | Rflags.Cf | Rflags.Rf);
    machine.state.setNum('sfmask', Rflags.If | Rflags.Df);
    expect(outcomeOf(machine, SYSCALL)).toBe('completed');
    const { state } = machine;
    expect(state.big('rip')).toBe(LSTAR);
    expect(state.num('rcx')).toBe(CODE + 2);
    expect(state.num('r11')).toBe(Rflags.If | Rflags.Df | Rflags.Cf | Rflags.Always1);
    expect(Number(machine.rflags)).toBe(Rflags.Cf | Rflags.Always1);
    expect(state.get('cpl')).toBe(0);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x8, 0xa9b]);
    expect(selectorAndAttributes(Seg.Ss)).toEqual([0x13, 0xc93]);
  });

  it('in compatibility mode goes to CSTAR, in 64-bit mode from there on', () => {
    withStar('long', 3);
    compatibility();
    expect(outcomeOf(machine, SYSCALL)).toBe('completed');
    expect(machine.state.big('rip')).toBe(CSTAR);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x8, 0xa9b]);
  });

  it('in legacy mode goes to STAR.EIP, IF cleared, return address in ECX', () => {
    withStar('flat32', 3);
    machine.rflags = BigInt(Rflags.If | Rflags.Cf);
    machine.state.setNum('r11', 7);
    expect(outcomeOf(machine, SYSCALL)).toBe('completed');
    expect(machine.state.num('rip')).toBe(0x5000);
    expect(machine.state.num('rcx')).toBe(CODE + 2);
    expect(machine.state.num('r11')).toBe(7);
    expect(Number(machine.rflags)).toBe(Rflags.Cf | Rflags.Always1);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x8, 0xc9b]);
    expect(selectorAndAttributes(Seg.Ss)).toEqual([0x13, 0xc93]);
  });

  it('is a boundary for whoever waits for the interrupt state', () => {
    withStar('long', 3);
    machine.state.set('watch', Watch.InterruptState);
    expect(machine.load(SYSCALL).run(2)).toBe(Stop.Boundary);
  });

  it.each([
    ['SYSCALL', SYSCALL],
    ['SYSRET', SYSRET],
  ])('%s is #UD without EFER.SCE', (_name, code) => {
    machine.long(3);
    expect(outcomeOf(machine, code)).toBe('#UD');
  });
});

describe('SYSRET', () => {
  it('to 64-bit code: RIP from RCX, RFLAGS from R11, SS keeps its attributes', () => {
    withStar('long', 0);
    const ss = machine.state.segment(Seg.Ss);
    machine.state.setBig('rcx', 0x7fff_0000_1234n);
    machine.state.setBig('r11', UPPER | BigInt(Rflags.If | Rflags.Zf | Rflags.Rf | Rflags.Vm));
    expect(outcomeOf(machine, SYSRETQ)).toBe('completed');
    expect(machine.state.big('rip')).toBe(0x7fff_0000_1234n);
    expect(Number(machine.rflags)).toBe(Rflags.If | Rflags.Zf | Rflags.Always1);
    expect(machine.state.get('cpl')).toBe(3);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x2b, 0xafb]);
    expect(selectorAndAttributes(Seg.Ss)).toEqual([0x23, ss.attributes]);
  });

  it('to compatibility mode: EIP from ECX', () => {
    withStar('long', 0);
    machine.state.setBig('rcx', UPPER | 0x1234n);
    expect(outcomeOf(machine, SYSRET)).toBe('completed');
    expect(machine.state.big('rip')).toBe(0x1234n);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x1b, 0xcfb]);
  });

  it('takes an RCX that is not canonical: the fault comes at CPL 3', () => {
    withStar('long', 0);
    machine.state.setBig('rcx', 1n << 47n);
    expect(outcomeOf(machine, SYSRETQ)).toBe('completed');
    expect(machine.state.get('cpl')).toBe(3);
    expect(machine.run(1)).toBe(Stop.Exit);
    expect(machine.state.num('exitCode')).toBe(0x4d);
    expect(machine.state.big('rip')).toBe(1n << 47n);
  });

  it('in legacy mode sets IF and keeps the other flags', () => {
    withStar('flat32', 0);
    machine.rflags = BigInt(Rflags.Cf);
    machine.state.setNum('rcx', 0x4000);
    expect(outcomeOf(machine, SYSRET)).toBe('completed');
    expect(machine.state.num('rip')).toBe(0x4000);
    expect(Number(machine.rflags)).toBe(Rflags.Cf | Rflags.If | Rflags.Always1);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x1b, 0xcfb]);
  });

  it('is #GP(0) outside of CPL 0 and in real mode', () => {
    expect(outcomeOf(withStar('long', 3), SYSRET)).toBe('#GP(0)');
    machine.real();
    machine.state.setNum('efer', Efer.Sce);
    expect(outcomeOf(machine, SYSRET)).toBe('#GP(0)');
  });
});

describe('single-stepping', () => {
  const NOP = 0x90;
  const step = (code: number[]) => {
    enterGuest(machine);
    return machine.load(code).run(1) === Stop.Exit ? machine.state.num('exitCode') : 'no trap';
  };

  it('goes by the TF that SYSCALL leaves', () => {
    withStar('long', 3).rflags = BigInt(Rflags.Tf);
    machine.state.setNum('sfmask', Rflags.Tf);
    expect(step(SYSCALL)).toBe('no trap');
    withStar('long', 3).rflags = BigInt(Rflags.Tf);
    expect(step(SYSCALL)).toBe(ExitCode.Exception0 + Vector.Db);
    expect(machine.state.big('rip')).toBe(LSTAR);
  });

  it('goes by the TF that SYSRET loads', () => {
    withStar('long', 0).state.setNum('rcx', 0x4000);
    machine.state.setNum('r11', Rflags.Tf);
    expect(step(SYSRETQ)).toBe(ExitCode.Exception0 + Vector.Db);
    expect(machine.state.num('rip')).toBe(0x4000);
    expect(machine.state.num('dr6') & Debug.Dr6Bs).toBe(Debug.Dr6Bs);
  });

  it('goes on with the next instruction as ever', () => {
    withStar('long', 3).rflags = BigInt(Rflags.Tf);
    machine.state.setNum('sfmask', Rflags.Tf);
    step(SYSCALL);
    machine.rflags = BigInt(Rflags.Tf);
    expect(step([NOP])).toBe(ExitCode.Exception0 + Vector.Db);
  });
});

describe('SYSENTER and SYSEXIT', () => {
  function withSysenter(cpl: number): Machine {
    machine.flat32(cpl);
    machine.state.setNum('sysenterCs', 0x9);
    machine.state.setNum('sysenterEsp', 0x7000);
    machine.state.setNum('sysenterEip', 0x6000);
    return machine;
  }

  it('SYSENTER goes to CPL 0 with IF clear', () => {
    withSysenter(3);
    machine.rflags = BigInt(Rflags.If | Rflags.Zf);
    expect(outcomeOf(machine, SYSENTER)).toBe('completed');
    const { state } = machine;
    expect([state.num('rip'), state.num('rsp'), state.get('cpl')]).toEqual([0x6000, 0x7000, 0]);
    expect(Number(machine.rflags)).toBe(Rflags.Zf | Rflags.Always1);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x8, 0xc9b]);
    expect(selectorAndAttributes(Seg.Ss)).toEqual([0x10, 0xc93]);
  });

  it('SYSEXIT goes to CPL 3 at EDX with the stack of ECX', () => {
    withSysenter(0);
    machine.state.setNum('rdx', 0x4000);
    machine.state.setNum('rcx', 0x5000);
    expect(outcomeOf(machine, SYSEXIT)).toBe('completed');
    const { state } = machine;
    expect([state.num('rip'), state.num('rsp'), state.get('cpl')]).toEqual([0x4000, 0x5000, 3]);
    expect(selectorAndAttributes(Seg.Cs)).toEqual([0x1b, 0xcfb]);
    expect(selectorAndAttributes(Seg.Ss)).toEqual([0x23, 0xcf3]);
  });

  it.each([
    ['SYSENTER', SYSENTER],
    ['SYSEXIT', SYSEXIT],
  ])('%s: #UD in long mode, #GP(0) in real mode or with a null selector', (_name, code) => {
    machine.long();
    machine.state.setNum('sysenterCs', 8);
    expect(outcomeOf(machine, code)).toBe('#UD');
    compatibility();
    expect(outcomeOf(machine, code)).toBe('#UD');
    machine.real();
    machine.state.setNum('sysenterCs', 8);
    expect(outcomeOf(machine, code)).toBe('#GP(0)');
    withSysenter(0).state.setNum('sysenterCs', 3);
    expect(outcomeOf(machine, code)).toBe('#GP(0)');
  });

  it('SYSEXIT is #GP(0) outside of CPL 0', () => {
    expect(outcomeOf(withSysenter(3), SYSEXIT)).toBe('#GP(0)');
  });
});

describe('SWAPGS', () => {
  it('exchanges GS base and KERNEL_GS_BASE', () => {
    machine.long();
    machine.state.setBig('gsBase', 0x1000n);
    machine.state.setBig('kernelGsBase', UPPER);
    expect(outcomeOf(machine, SWAPGS)).toBe('completed');
    expect([machine.state.big('gsBase'), machine.state.big('kernelGsBase')]).toEqual([UPPER, 0x1000n]);
  });

  it('is #GP(0) at CPL 3 and #UD outside of 64-bit mode', () => {
    machine.long(3);
    expect(outcomeOf(machine, SWAPGS)).toBe('#GP(0)');
    machine.flat32(3);
    expect(outcomeOf(machine, SWAPGS)).toBe('#UD');
  });
});
