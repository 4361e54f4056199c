/** MSR policy: what the guest reads and writes, and what raises #GP(0). */
import { describe, expect, it } from 'vitest';
import { VMCB_BYTES } from '../../assembly/abi/vmcb-layout.js';
import { fillPermissionMap, type MsrContext, readMsr, writeMsr } from '../../src/hypervisor/msr.js';
import { MSRPM_BYTES, MsrPermissionMap } from '../../src/svm/permission-maps.js';
import { Vmcb } from '../../src/svm/vmcb.js';

const EFER = 0xc000_0080;
const SVME = 0x1000n;
const LME = 0x100n;
const LMA = 0x400n;
const SCE = 0x1n;
const PAT = 0x277;
const TSC = 0x10;
const CR0_PG = 0x8000_0000n;

function context(): MsrContext & { tsc: bigint } {
  const vmcb = new Vmcb(new DataView(new ArrayBuffer(VMCB_BYTES)), 0);
  vmcb.set('efer', SVME);
  return {
    vmcb,
    tsc: 0n,
    setTsc(value) {
      this.tsc = value;
    },
  };
}

describe('EFER', () => {
  it('hides SVME, and keeps it set whatever the guest writes', () => {
    const machine = context();
    expect(readMsr(machine, EFER)).toBe(0n);
    expect(writeMsr(machine, EFER, SCE)).toBe(true);
    expect(readMsr(machine, EFER)).toBe(SCE);
    expect(machine.vmcb.get('efer')).toBe(SCE | SVME);
  });

  it('leaves LMA to the processor', () => {
    const machine = context();
    machine.vmcb.set('efer', SVME | LME | LMA);
    expect(writeMsr(machine, EFER, LME)).toBe(true);
    expect(readMsr(machine, EFER)).toBe(LME | LMA);
  });

  it.each([
    ['SVME', SVME],
    ['a reserved bit', 1n << 9n],
    ['a bit above 31', 1n << 40n],
  ])('refuses %s', (_name, value) => {
    const machine = context();
    expect(writeMsr(machine, EFER, value)).toBe(false);
    expect(machine.vmcb.get('efer')).toBe(SVME);
  });

  it('refuses to change LME while paging is on', () => {
    const machine = context();
    machine.vmcb.set('cr0', CR0_PG);
    expect(writeMsr(machine, EFER, LME)).toBe(false);
    expect(writeMsr(machine, EFER, SCE)).toBe(true);
  });
});

describe('PAT', () => {
  it('takes the six memory types there are', () => {
    const machine = context();
    expect(writeMsr(machine, PAT, 0x0007_0605_0401_0006n)).toBe(true);
    expect(readMsr(machine, PAT)).toBe(0x0007_0605_0401_0006n);
  });

  it.each([0x02n, 0x03n, 0x08n, 0xffn])('refuses type %i in any byte', (type) => {
    for (let byte = 0n; byte < 8n; byte++) expect(writeMsr(context(), PAT, type << (8n * byte))).toBe(false);
  });
});

it('TSC: a write moves the counter', () => {
  const machine = context();
  expect(writeMsr(machine, TSC, 5n)).toBe(true);
  expect(machine.tsc).toBe(5n);
});

it('an MSR without a row does not exist', () => {
  for (const index of [0x1b, 0xfe, 0x1d9, 0xc000_0105, 0xc001_0114, 0xffff_ffff]) {
    expect(readMsr(context(), index)).toBeNull();
    expect(writeMsr(context(), index, 0n)).toBe(false);
  }
});

// prettier-ignore
it.each([
  ['STAR',         0xc000_0081, false, false],
  ['FS.Base',      0xc000_0100, false, false],
  ['KernelGSBase', 0xc000_0102, false, false],
  ['SYSENTER_EIP', 0x176,       false, false],
  ['TSC',          TSC,         false, true],
  ['EFER',         EFER,        true,  true],
  ['PAT',          PAT,         true,  true],
  ['VM_HSAVE_PA',  0xc001_0117, true,  true],
])('%s passes through where VMRUN or VMLOAD switches it', (_name, index, readExits, writeExits) => {
  const map = new MsrPermissionMap(new Uint8Array(MSRPM_BYTES));
  fillPermissionMap(map);
  expect([map.isIntercepted(index, 'read'), map.isIntercepted(index, 'write')]).toEqual([readExits, writeExits]);
});
