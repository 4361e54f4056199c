/** The field table of the VMCB (APM vol 2 App. B). */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { CleanBit, Vmcb, VMCB_FIELDS, type VmcbFieldName } from '../../src/svm/vmcb.js';

const PAGE = 4096;
const NAMES = Object.keys(VMCB_FIELDS) as VmcbFieldName[];

function emptyVmcb(): { vmcb: Vmcb; bytes: Uint8Array } {
  const bytes = new Uint8Array(PAGE);
  return { vmcb: new Vmcb(new DataView(bytes.buffer), 0x1000), bytes };
}

describe('table', () => {
  it('has no two fields that overlap, and none outside of the page', () => {
    const owner = new Map<number, string>();
    for (const name of NAMES) {
      const [offset, bits] = VMCB_FIELDS[name];
      for (let at = offset; at < offset + bits / 8; at++) {
        expect(owner.get(at), `${name} at ${at.toString(16)}h`).toBeUndefined();
        owner.set(at, name);
      }
      expect(offset + bits / 8).toBeLessThanOrEqual(PAGE);
    }
  });

  it.each(NAMES)('%s is at a multiple of its size', (name) => {
    const [offset, bits] = VMCB_FIELDS[name];
    expect(offset % (bits / 8)).toBe(0);
  });

  // Offsets as KVM, Xen and the manual agree on them.
  // prettier-ignore
  it.each<[name: VmcbFieldName, offset: number, bits: number]>([
    ['intercept3',       0x00c, 32], ['intercept4',     0x010, 32], ['pauseFilterCount', 0x03e, 16],
    ['iopmBase',         0x040, 64], ['guestAsid',      0x058, 32], ['tlbControl',       0x05c,  8],
    ['virtualInterrupt', 0x060, 64], ['exitCode',       0x070, 64], ['exitIntInfo',      0x088, 64],
    ['nestedControl',    0x090, 64], ['eventInjection', 0x0a8, 64], ['nestedCr3',        0x0b0, 64],
    ['clean',            0x0c0, 32], ['nextRip',        0x0c8, 64], ['csSelector',       0x410, 16],
    ['csBase',           0x418, 64], ['gdtrLimit',      0x464, 32], ['trAttributes',     0x492, 16],
    ['cpl',              0x4cb,  8], ['efer',           0x4d0, 64], ['cr0',              0x558, 64],
    ['rflags',           0x570, 64], ['rip',            0x578, 64], ['rsp',              0x5d8, 64],
    ['rax',              0x5f8, 64], ['star',           0x600, 64], ['cr2',              0x640, 64],
    ['guestPat',         0x668, 64],
  ])('%s is at %i', (name, offset, bits) => {
    expect(VMCB_FIELDS[name].slice(0, 2)).toEqual([offset, bits]);
  });
});

describe('access', () => {
  it('names a field that does not exist', () => {
    const { vmcb } = emptyVmcb();
    const name = 'guestRip' as VmcbFieldName;
    const accesses = [
      () => vmcb.get(name),
      () => vmcb.set(name, 1 as never),
      () => vmcb.getNumber(name),
      () => vmcb.setNumber(name, 1),
      () => vmcb.low(name),
    ];
    for (const access of accesses) expect(access).toThrow(new UsageError('a VMCB has no field "guestRip"'));
  });

  it.each(NAMES)('%s reads back what was written, and writes nothing else', (name) => {
    const { vmcb, bytes } = emptyVmcb();
    const [offset, bits, cleanBit] = VMCB_FIELDS[name];
    const value = (1n << BigInt(bits)) - 2n;
    vmcb.set('clean', 0xffff_ffff);
    vmcb.set(name, (bits === 64 ? value : Number(value)) as never);
    expect(BigInt(vmcb.get(name))).toBe(value);
    if (name === 'clean') return;
    const expectedClean = cleanBit === null ? 0xffff_ffff : (0xffff_ffff & ~(1 << cleanBit)) >>> 0;
    expect(vmcb.get('clean')).toBe(expectedClean);
    vmcb.set('clean', 0);
    const changed = [...bytes.keys()].filter((at) => bytes[at] !== 0);
    expect(changed).toEqual(Array.from({ length: bits / 8 }, (_, i) => offset + i));
  });

  it('reads and writes 64-bit fields as numbers', () => {
    const { vmcb } = emptyVmcb();
    vmcb.setNumber('rip', 0x1234_5678_9abc);
    expect(vmcb.get('rip')).toBe(0x1234_5678_9abcn);
    expect(vmcb.getNumber('rip')).toBe(0x1234_5678_9abc);
    vmcb.setNumber('cpl', 3);
    expect(vmcb.getNumber('cpl')).toBe(3);
  });

  it('reads and writes the low half alone', () => {
    const { vmcb } = emptyVmcb();
    vmcb.set('virtualInterrupt', 0xff_0000_0000n);
    vmcb.set('clean', 0xffff);
    vmcb.setLow('virtualInterrupt', 0x8000_0001);
    expect(vmcb.get('virtualInterrupt')).toBe(0xff_8000_0001n);
    expect(vmcb.low('virtualInterrupt')).toBe(0x8000_0001);
    expect(vmcb.get('clean')).toBe(0xffff & ~(1 << CleanBit.VirtualInterrupt));
  });

  it('moves segments as wholes', () => {
    const { vmcb } = emptyVmcb();
    const image = { selector: 0x18, attributes: 0xc93, limit: 0xffff_ffff, base: 0x1_0000n };
    vmcb.setSegment('gs', image);
    expect(vmcb.segment('gs')).toEqual(image);
    expect(vmcb.get('gsBase')).toBe(0x1_0000n);
  });

  it('gives the instruction bytes that were fetched', () => {
    const { vmcb, bytes } = emptyVmcb();
    bytes.set([3, 0x8b, 0x00, 0x90, 0xff], 0xd0);
    expect([...vmcb.instructionBytes()]).toEqual([0x8b, 0x00, 0x90]);
  });

  it('is at a multiple of its size', () => {
    expect(() => new Vmcb(new DataView(new ArrayBuffer(PAGE)), 0x1800)).toThrow(UsageError);
  });
});
