/** What VMRUN loads and #VMEXIT stores, and what neither touches (APM vol 2 §15.5.1, §15.6). */
import { beforeAll, describe, expect, it } from 'vitest';
import { Seg } from '../../assembly/abi/register.js';
import { intercept } from '../../src/svm/intercepts.js';
import { maskInterruptsVirtually } from '../../src/svm/vintr.js';
import type { VmcbFieldName, VmcbSegmentName } from '../../src/svm/vmcb.js';
import { BareGuest, CODE, DATA_SELECTOR, GDT, STACK } from '../helpers/bare-guest.js';

let guest: BareGuest;
beforeAll(async () => {
  guest = await BareGuest.create();
});

const VMMCALL = [0x0f, 0x01, 0xd9];

describe('the guest', () => {
  // prettier-ignore
  it.each<[field: VmcbFieldName, value: bigint | number]>([
    ['rax', 0x1122_3344_5566_7788n], ['rsp', 0x7ff0n], ['rflags', 0x8d7n], ['cr2', 0xdead_0000n],
    ['cr3', 0x10000n], ['cr4', 0x20n], ['efer', 0x1d01n], ['cr0', 0x8001_0013n],
    ['dr6', 0xffff_4ff1n], ['dr7', 0x700n], ['gdtrLimit', 0x27], ['idtrBase', 0xffff_8000_0000_0000n],
    ['csSelector', 8], ['ssSelector', DATA_SELECTOR], ['dsBase', 0x1234n], ['dsLimit', 0xfff], ['esSelector', 0x2b],
  ])('%s goes in and comes out', (field, value) => {
    guest.long(VMMCALL);
    guest.vmcb.set(field, value as never);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(guest.vmcb.get(field)).toBe(value);
  });

  it.each<[why: string, field: VmcbFieldName, given: bigint | number, shown: bigint | number]>([
    ['EFER.LMA follows from LME and PG', 'efer', 0x1100n, 0x1500n],
    ['bit 1 of RFLAGS is always set', 'rflags', 0x40n, 0x42n],
    ['bases of data segments have 32 bits', 'dsBase', 0x5_0000_1000n, 0x1000n],
    ['other bases are sign-extended from bit 47', 'gdtrBase', 0x8000_0000_1000n, 0xffff_8000_0000_1000n],
    ['CR0.ET is always set', 'cr0', 0x8000_0001n, 0x8000_0011n],
    ['reserved bits of DR6 read as they always do', 'dr6', 0n, 0xffff_0ff0n],
    ['attributes have 12 bits', 'dsAttributes', 0xfc93, 0xc93],
  ])('%s', (_why, field, given, shown) => {
    guest.long(VMMCALL);
    guest.vmcb.set(field, given as never);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(guest.vmcb.get(field)).toBe(shown);
  });

  it('the CPL byte decides, not CS.DPL; after the exit CS.DPL agrees', () => {
    guest.long(VMMCALL);
    guest.vmcb.set('cpl', 3);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(guest.vmcb.get('cpl')).toBe(3);
    expect((guest.vmcb.get('csAttributes') >> 5) & 3).toBe(3);
  });

  it('CS.DPL agrees with CPL after an exit from conforming code too', () => {
    guest.long([0x48, 0xcb, ...VMMCALL]); // retfq
    const { words } = guest.processor;
    words.setBigUint64(GDT + 0x28, 0x00af_9f00_0000_ffffn, true);
    words.setBigUint64(STACK, BigInt(CODE + 2), true);
    words.setBigUint64(STACK + 8, 0x2bn, true);
    guest.vmcb.set('gdtrLimit', 0x2f);
    guest.vmcb.set('cpl', 3);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(guest.vmcb.get('csSelector')).toBe(0x2b);
    expect(guest.vmcb.get('csAttributes')).toBe(0xaff);
  });

  it('the CPL byte is 0 in real mode and 3 in virtual-8086 mode, whatever it says', () => {
    guest.real(VMMCALL);
    guest.vmcb.set('cpl', 3);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.get('cpl')).toBe(0);
    guest.real(VMMCALL);
    guest.vmcb.set('cr0', 0x11n);
    guest.vmcb.set('rflags', 0x2_0002n);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.get('cpl')).toBe(3);
  });

  it('V_TPR is CR8 of the guest', () => {
    guest.long([0x44, 0x0f, 0x20, 0xc0, 0xb1, 0x05, 0x44, 0x0f, 0x22, 0xc1, ...VMMCALL]); // rax = cr8; cr8 = 5
    guest.vmcb.set('virtualInterrupt', 9n);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.get('rax')).toBe(9n);
    expect(guest.vmcb.low('virtualInterrupt')).toBe(5);
  });

  it('TSC_OFFSET is added to what RDTSC reads, and only in the guest', () => {
    guest.long([0x0f, 0x31, ...VMMCALL]);
    guest.vmcb.set('tscOffset', 0x1000_0000n);
    const clock = guest.processor.clock;
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.getNumber('rax')).toBe(0x1000_0000 + clock);
    expect(guest.processor.core.state.num('tscOffset')).toBe(0);
  });

  it('its PAT is G_PAT under nested paging only', () => {
    const host = guest.processor.core.state.big('pat');
    guest.long([0xb9, 0x77, 0x02, 0, 0, 0x0f, 0x32, ...VMMCALL]); // mov ecx, 277h; rdmsr
    guest.vmcb.set('guestPat', 0x0101_0101_0101_0101n);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.low('rax')).toBe(Number(host & 0xffff_ffffn));
    expect(guest.processor.core.state.big('pat')).toBe(host);
  });

  it('what it writes to the PAT reaches the host without nested paging, for there is one PAT', () => {
    const { state } = guest.processor.core;
    const host = state.big('pat');
    guest.long([0xb9, 0x77, 0x02, 0, 0, 0x0f, 0x30, ...VMMCALL]); // mov ecx, 277h; wrmsr
    guest.vmcb.set('rax', 0x0004_0506n);
    guest.processor.registers.set('rdx', 0x0001_0406n);
    guest.processor.vmrun(guest.vmcb);
    expect(state.big('pat')).toBe(0x0001_0406_0004_0506n);
    state.setBig('pat', host);
  });
});

describe('VMLOAD and VMSAVE', () => {
  const FIELDS: VmcbFieldName[] = [
    'star',
    'lstar',
    'cstar',
    'sfmask',
    'sysenterCs',
    'sysenterEsp',
    'sysenterEip',
  ];

  it('move the state that VMRUN does not', () => {
    guest.long(VMMCALL);
    FIELDS.forEach((field, i) => guest.vmcb.set(field, BigInt(0x1000 + i) as never));
    const names: VmcbSegmentName[] = ['fs', 'gs', 'ldtr', 'tr'];
    names.forEach((name, i) =>
      guest.vmcb.setSegment(name, {
        selector: 8 * i,
        attributes: 0x93 + i,
        limit: i,
        base: BigInt(i) << 40n,
      }),
    );
    guest.vmcb.set('kernelGsBase', 0x8000_0000_0000n);
    guest.processor.vmload(guest.vmcb);
    const other = guest.processor.vmcb(0x30000);
    guest.processor.vmsave(other);
    for (const field of FIELDS) expect(other.get(field)).toBe(guest.vmcb.get(field));
    for (const name of names) expect(other.segment(name)).toEqual(guest.vmcb.segment(name));
    expect(other.get('kernelGsBase'), 'made canonical').toBe(0xffff_8000_0000_0000n);
  });

  it('VMRUN and #VMEXIT leave FS and GS as they are', () => {
    guest.long(VMMCALL);
    guest.vmcb.set('fsBase', 0x5000n);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.processor.core.state.segment(Seg.Fs).base).toBe(0n);
    expect(guest.vmcb.get('fsBase')).toBe(0x5000n);
  });
});

describe('the host', () => {
  it('gets back everything that VMRUN saved', () => {
    guest.real(VMMCALL);
    const { state } = guest.processor.core;
    const names = ['cr0', 'cr3', 'cr4', 'efer', 'rip', 'rsp', 'rax', 'gdtrBase', 'idtrBase'];
    const shown = (): unknown => [
      names.map((name) => state.big(name)),
      [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds].map((seg) => state.segment(seg)),
      guest.processor.core.exports.rflags(),
      state.get('cpl'),
      state.get('mode'),
    ];
    const before = shown();
    guest.processor.vmrun(guest.vmcb);
    expect(shown()).toEqual(before);
  });

  it('has its breakpoints off after an exit, and keeps the DR6 and CR2 of the guest', () => {
    guest.long(VMMCALL);
    guest.vmcb.set('dr7', 0x4ffn);
    guest.vmcb.set('dr6', 0xffff_0ff3n);
    guest.vmcb.set('cr2', 0x1234n);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.processor.core.state.num('dr7')).toBe(0x400);
    expect(guest.processor.core.state.num('dr6')).toBe(0xffff_0ff3);
    expect(guest.processor.core.state.num('cr2')).toBe(0x1234);
  });

  it('GIF is 1 in the guest and 0 after the exit', () => {
    guest.long([0xeb, 0xfe]);
    guest.processor.vmrun(guest.vmcb, { maxInstructions: 1 });
    expect(guest.processor.gif).toBe(true);
    guest.processor.leave();
    expect(guest.processor.gif).toBe(false);
    guest.processor.stgi();
    expect(guest.processor.gif).toBe(true);
  });

  it('keeps its CR8 under V_INTR_MASKING', () => {
    guest.long([0xb1, 0x05, 0x44, 0x0f, 0x22, 0xc1, ...VMMCALL]); // mov cl, 5; mov cr8, rcx
    guest.processor.core.state.set('cr8', 3);
    maskInterruptsVirtually(guest.vmcb, true);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.processor.core.state.get('cr8')).toBe(3);
  });
});

describe('#VMEXIT', () => {
  it("keeps the bits of 060h that are the hypervisor's", () => {
    guest.long(VMMCALL);
    const bits = 0x7_0315_0000n; // priority, V_IGN_TPR, masking, vGIF enable, vector
    guest.vmcb.set('virtualInterrupt', bits | 0x200n);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.get('virtualInterrupt')).toBe(bits | 0x200n);
  });

  it('writes no ASID, TLB_CONTROL, N_CR3, intercepts or clean bits', () => {
    guest.long(VMMCALL);
    guest.vmcb.set('guestAsid', 0x12345678);
    guest.vmcb.set('tlbControl', 1);
    guest.vmcb.set('clean', 0xffff_ffff);
    guest.processor.vmrun(guest.vmcb);
    expect(guest.vmcb.get('guestAsid')).toBe(0x12345678);
    expect(guest.vmcb.get('tlbControl')).toBe(1);
    expect(guest.vmcb.get('clean')).toBe(0xffff_ffff);
    expect(guest.vmcb.get('intercept4')).toBe(3);
  });

  it('loads from memory whatever the clean bits say', () => {
    guest.long([0x90, ...VMMCALL]);
    guest.processor.vmrun(guest.vmcb);
    guest.vmcb.set('cr2', 0x5555n);
    guest.vmcb.set('clean', 0xffff_ffff);
    guest.vmcb.set('rip', BigInt(CODE));
    guest.processor.vmrun(guest.vmcb);
    expect(guest.processor.core.state.num('cr2')).toBe(0x5555);
  });

  it('does not see what somebody writes to the VMCB while the guest runs', () => {
    guest.long([0x90, 0x90, 0xf4]);
    guest.processor.vmrun(guest.vmcb, { maxInstructions: 1 });
    intercept(guest.vmcb, 'hlt', 'nmi');
    guest.processor.raiseInterrupt(0x20);
    expect(guest.processor.resume().kind).toBe('halted');
    guest.processor.leave();
  });
});

it('a guest in real mode wraps nothing around: RIP beyond CS.limit is #GP in the guest, not INVALID', () => {
  guest.real(VMMCALL);
  guest.vmcb.set('rip', 0x1_0000n);
  intercept(guest.vmcb, 'gp');
  expect(guest.processor.vmrun(guest.vmcb)).toMatchObject({ kind: 'exception', vector: 13 });
});
