/** SVM instructions in a guest (APM vol 2 §15.4, §15.5.2, §15.17). Privilege and intercepts: intercept-order.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Efer, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { VmcbOffset, VmcbSegment } from '../../../assembly/abi/vmcb-layout.js';
import { Watch } from '../../../assembly/abi/watch.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { enterGuest, outcomeOf } from '../../helpers/outcome.js';

const VMRUN = [0x0f, 0x01, 0xd8];
const VMMCALL = [0x0f, 0x01, 0xd9];
const VMLOAD = [0x0f, 0x01, 0xda];
const VMSAVE = [0x0f, 0x01, 0xdb];
const STGI = [0x0f, 0x01, 0xdc];
const CLGI = [0x0f, 0x01, 0xdd];
const SKINIT = [0x0f, 0x01, 0xde];
const ADDRESS_SIZE = 0x67;
const NOP = 0x90;
const VMCB = 0x20000;

const INSTRUCTIONS: [string, number[]][] = [
  ['VMRUN', VMRUN],
  ['VMLOAD', VMLOAD],
  ['VMSAVE', VMSAVE],
  ['STGI', STGI],
  ['CLGI', CLGI],
  ['SKINIT', SKINIT],
];

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** 64-bit mode with SVM on and rAX at a VMCB. */
function svm(rax = BigInt(VMCB)): Machine {
  machine.long();
  machine.state.setNum('efer', machine.state.num('efer') | Efer.Svme);
  machine.state.setBig('rax', rax);
  return machine;
}

describe('gating', () => {
  const all = INSTRUCTIONS.map(([name, code]) => [name, code] as const);
  const codes = [
    ExitCode.Vmrun,
    ExitCode.Vmload,
    ExitCode.Vmsave,
    ExitCode.Stgi,
    ExitCode.Clgi,
    ExitCode.Skinit,
  ];

  it.each(all)('%s is #UD without EFER.SVME', (_name, code) => {
    machine.long(3);
    expect(outcomeOf(machine, code, codes)).toBe('#UD');
  });

  it.each(all)('%s is #UD in real mode', (_name, code) => {
    machine.real();
    machine.state.setNum('efer', Efer.Svme);
    expect(outcomeOf(machine, code, codes)).toBe('#UD');
  });

  it.each(all)('%s is #UD in virtual-8086 mode', (_name, code) => {
    machine.flat32(3);
    machine.state.setNum('efer', Efer.Svme);
    machine.rflags = BigInt(Rflags.Vm);
    expect(outcomeOf(machine, code, codes)).toBe('#UD');
  });

  it.each(all.slice(0, 3))(
    '%s wants a page-aligned physical address, before its intercept',
    (_name, code) => {
      expect(outcomeOf(svm(0x20800n), code, codes)).toBe('#GP(0)');
      expect(outcomeOf(svm(1n << 48n), code, codes)).toBe('#GP(0)');
    },
  );

  it.each(all.slice(1, 3))('%s takes rAX at the address size', (_name, code) => {
    expect(outcomeOf(svm((1n << 50n) | BigInt(VMCB)), [ADDRESS_SIZE, ...code])).toBe('completed');
  });

  it.each([
    ['VMRUN in host mode', VMRUN],
    ['SKINIT', SKINIT],
  ])('%s stops as not implemented', (_name, code) => {
    expect(svm().load(code).run(1)).toBe(Stop.Unimplemented);
    expect(machine.state.num('rip')).toBe(CODE);
  });

  it('VMMCALL that nobody intercepts is #UD at any CPL', () => {
    expect(outcomeOf(svm(), VMMCALL)).toBe('#UD');
    machine.long(3);
    expect(outcomeOf(machine, VMMCALL)).toBe('#UD');
  });
});

describe('STGI and CLGI', () => {
  // prettier-ignore
  it.each<[rule: string, code: number[], virtual: number, gif: number, virtualGif: number]>([
    ['CLGI clears the virtual GIF alone',    CLGI, 1, 1, 0],
    ['STGI sets the virtual GIF alone',      STGI, 1, 0, 1],
    ['CLGI without vGIF clears GIF itself',  CLGI, 0, 0, 1],
    ['STGI without vGIF sets GIF itself',    STGI, 0, 1, 0],
  ])('%s', (_rule, code, virtual, gif, virtualGif) => {
    svm();
    const before = code === STGI ? 0 : 1;
    machine.state.set('virtualGifEnabled', virtual);
    machine.state.set('gif', before);
    machine.state.set('virtualGif', before);
    expect(outcomeOf(machine, code)).toBe('completed');
    expect([machine.state.get('gif'), machine.state.get('virtualGif')]).toEqual([gif, virtualGif]);
  });

  it('STGI is a boundary for whoever waits for the interrupt state', () => {
    svm();
    enterGuest(machine);
    machine.state.set('virtualGifEnabled', 1);
    machine.state.set('watch', Watch.InterruptState);
    machine.load([...STGI, NOP, NOP]);
    expect(machine.run(3)).toBe(Stop.Boundary);
    expect(machine.state.num('rip')).toBe(CODE + 3);
  });
});

describe('VMSAVE and VMLOAD', () => {
  const MSRS = [
    ['star', VmcbOffset.Star],
    ['lstar', VmcbOffset.Lstar],
    ['cstar', VmcbOffset.Cstar],
    ['sfmask', VmcbOffset.Sfmask],
    ['kernelGsBase', VmcbOffset.KernelGsBase],
    ['sysenterCs', VmcbOffset.SysenterCs],
    ['sysenterEsp', VmcbOffset.SysenterEsp],
    ['sysenterEip', VmcbOffset.SysenterEip],
  ] as const;
  const SEGMENTS = [
    [Seg.Fs, VmcbOffset.Fs],
    [Seg.Gs, VmcbOffset.Gs],
    [Seg.Ldtr, VmcbOffset.Ldtr],
    [Seg.Tr, VmcbOffset.Tr],
  ] as const;

  it('VMSAVE stores FS, GS, LDTR, TR and the system-call registers', () => {
    svm();
    MSRS.forEach(([name], i) => machine.state.setNum(name, 0x1000 + i));
    SEGMENTS.forEach(([seg], i) =>
      machine.state.setSegment(seg, {
        selector: 8 * i,
        attributes: 0x80 + i,
        limit: 0x100 + i,
        base: BigInt(i),
      }),
    );
    expect(outcomeOf(machine, VMSAVE)).toBe('completed');
    const { words } = machine.core;
    MSRS.forEach(([, offset], i) => expect(words.getBigUint64(VMCB + offset, true)).toBe(BigInt(0x1000 + i)));
    SEGMENTS.forEach(([, offset], i) => {
      expect(words.getUint16(VMCB + offset + VmcbSegment.Selector, true)).toBe(8 * i);
      expect(words.getUint16(VMCB + offset + VmcbSegment.Attributes, true)).toBe(0x80 + i);
      expect(words.getUint32(VMCB + offset + VmcbSegment.Limit, true)).toBe(0x100 + i);
      expect(words.getBigUint64(VMCB + offset + VmcbSegment.Base, true)).toBe(BigInt(i));
    });
  });

  it('VMLOAD loads them, and makes bases canonical', () => {
    svm();
    const { words } = machine.core;
    MSRS.forEach(([, offset], i) => words.setBigUint64(VMCB + offset, BigInt(0x2000 + i), true));
    words.setUint16(VMCB + VmcbOffset.Gs, 0x33, true);
    words.setBigUint64(VMCB + VmcbOffset.Gs + VmcbSegment.Base, 0x0000_8000_0000_0000n, true);
    expect(outcomeOf(machine, VMLOAD)).toBe('completed');
    MSRS.forEach(([name], i) => expect(machine.state.num(name)).toBe(0x2000 + i));
    expect(machine.state.segment(Seg.Gs).selector).toBe(0x33);
    expect(machine.state.segment(Seg.Gs).base).toBe(0xffff_8000_0000_0000n);
  });

  it('of a page outside of memory: VMSAVE stores nowhere, VMLOAD stops', () => {
    expect(outcomeOf(svm(1n << 40n), VMSAVE)).toBe('completed');
    expect(outcomeOf(svm(1n << 40n), VMLOAD)).toBe('unimplemented');
  });
});
