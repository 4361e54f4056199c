/** RESET (APM vol 2 §14.1.3, Table 14-1). */
import { beforeAll, expect, it } from 'vitest';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Machine } from '../helpers/machine.js';

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** Registers that RESET does not leave at zero. */
const AT_RESET: Record<string, bigint> = {
  cr0: 0x60000010n,
  rip: 0xfff0n,
  dr6: 0xffff0ff0n,
  dr7: 0x400n,
  pat: 0x0007_0406_0007_0406n,
  apicBase: 0xfee00900n,
  hwcr: 0x1000010n,
};
const ZERO = [
  ...[
    'rax',
    'rbx',
    'rcx',
    'rsp',
    'rsi',
    'rdi',
    'rbp',
    'r8',
    'r15',
    'cr2',
    'cr3',
    'cr4',
    'efer',
    'dr0',
    'dr3',
  ],
  ...[
    'star',
    'lstar',
    'sfmask',
    'kernelGsBase',
    'sysenterCs',
    'tscBase',
    'clock',
    'vmCr',
    'vmHsavePa',
    'gdtrBase',
  ],
];

it('puts every register at its power-up value', () => {
  for (const name of [...ZERO, ...Object.keys(AT_RESET)]) machine.state.setBig(name, 0x5555n);
  machine.rflags = 0xffffn;
  machine.core.exports.reset();
  for (const name of ZERO) expect([name, machine.state.big(name)]).toEqual([name, 0n]);
  for (const [name, value] of Object.entries(AT_RESET)) {
    expect([name, machine.state.big(name)]).toEqual([name, value]);
  }
  expect(machine.rflags).toBe(2n);
  expect(machine.state.get('gif')).toBe(1);
  expect([machine.state.get('gdtrLimit'), machine.state.get('idtrLimit')]).toEqual([0xffff, 0xffff]);
});

it('starts in real mode 16 bytes below 4 GiB', () => {
  machine.long();
  machine.core.exports.reset();
  expect(machine.state.get('mode')).toBe(Mode.RealOrV86 | Mode.Code16);
  expect(machine.state.segment(Seg.Cs)).toEqual({
    selector: 0xf000,
    attributes: 0x9b,
    limit: 0xffff,
    base: 0xffff0000n,
  });
});

// prettier-ignore
it.each<[name: string, seg: Seg, attributes: number]>([
  ['ES', Seg.Es, 0x93], ['SS', Seg.Ss, 0x93], ['DS', Seg.Ds, 0x93], ['FS', Seg.Fs, 0x93], ['GS', Seg.Gs, 0x93],
  ['LDTR', Seg.Ldtr, 0x82], ['TR', Seg.Tr, 0x83],
])('%s covers the first 64 KiB', (_name, seg, attributes) => {
  machine.core.exports.reset();
  expect(machine.state.segment(seg)).toEqual({ selector: 0, attributes, limit: 0xffff, base: 0n });
});

it('keeps physical memory and where it is', () => {
  const { state, core } = machine;
  const [bytes, base] = [state.get('memoryBytes'), state.get('memoryBase')];
  core.memory[0x1234] = 0x56;
  core.exports.reset();
  expect([state.get('memoryBytes'), state.get('memoryBase')]).toEqual([bytes, base]);
  expect(core.memory[0x1234]).toBe(0x56);
});
