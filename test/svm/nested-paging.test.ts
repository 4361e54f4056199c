/** Nested page tables: building them, and what a guest meets in them (APM vol 2 §15.25). */
import { beforeAll, describe, expect, it } from 'vitest';
import { InvariantError, UsageError } from '../../src/errors.js';
import { ALL_ACCESS, NestedPageTables } from '../../src/svm/nested-paging.js';
import { BareGuest, CODE, FREE, IDT, MEMORY_BYTES, PAGE_TABLES, STACK } from '../helpers/bare-guest.js';

const PAGE = 0x1000;
const LARGE = 0x20_0000;
const READ_ONLY = { isWritable: false, isExecutable: true };
const NOT_EXECUTABLE = { isWritable: true, isExecutable: false };

describe('tables', () => {
  function tables(bytes = 1 << 20): { tables: NestedPageTables; memory: DataView } {
    const memory = new DataView(new ArrayBuffer(bytes));
    let next = 0;
    return { memory, tables: new NestedPageTables(memory, () => (next += PAGE) - PAGE) };
  }

  it('map pages one by one where addresses do not allow large ones', () => {
    const { tables: nested } = tables();
    nested.map(0x5000, 0x9000, 2 * PAGE);
    expect(nested.lookup(0x5123)).toEqual({ spa: 0x9123, pageBytes: PAGE, ...ALL_ACCESS });
    expect(nested.lookup(0x6fff)?.spa).toBe(0xafff);
    expect(nested.lookup(0x4fff)).toBeUndefined();
    expect(nested.lookup(0x7000)).toBeUndefined();
  });

  it('map 2 MiB pages where both addresses and the length allow', () => {
    const { tables: nested } = tables();
    nested.map(0, 4 * LARGE, LARGE + PAGE);
    expect(nested.lookup(0x1234)).toMatchObject({ pageBytes: LARGE, spa: 4 * LARGE + 0x1234 });
    expect(nested.lookup(LARGE)).toMatchObject({ pageBytes: PAGE, spa: 5 * LARGE });
  });

  it('reach beyond 4 GiB and 512 GiB', () => {
    const { tables: nested } = tables();
    nested.map(0x80_1234_5000, 0x12_3456_7000, PAGE);
    expect(nested.lookup(0x80_1234_5678)?.spa).toBe(0x12_3456_7678);
    expect(nested.lookup(0x1234_5678)).toBeUndefined();
  });

  it('split a large page to change one page of it', () => {
    const { tables: nested } = tables();
    nested.map(0, 0, LARGE);
    nested.protect(0x3000, PAGE, READ_ONLY);
    nested.unmap(0x5000, PAGE);
    expect(nested.lookup(0x3000)).toMatchObject({ isWritable: false, pageBytes: PAGE, spa: 0x3000 });
    expect(nested.lookup(0x4000)).toMatchObject({ isWritable: true, pageBytes: PAGE, spa: 0x4000 });
    expect(nested.lookup(0x5000)).toBeUndefined();
    expect(nested.lookup(LARGE - 1)?.spa).toBe(LARGE - 1);
  });

  it('leave pages alone that are not mapped', () => {
    const { tables: nested } = tables();
    nested.protect(0x3000, PAGE, READ_ONLY);
    nested.unmap(0x3000, PAGE);
    expect(nested.lookup(0x3000)).toBeUndefined();
  });

  it('refuse parts of pages, and pages for tables that are not in memory', () => {
    const { tables: nested, memory } = tables();
    expect(() => nested.map(0x10, 0, PAGE)).toThrow(UsageError);
    expect(() => nested.map(0, 0, 100)).toThrow(UsageError);
    expect(() => new NestedPageTables(memory, () => memory.byteLength)).toThrow(InvariantError);
  });
});

describe('a guest', () => {
  const VMMCALL = [0x0f, 0x01, 0xd9];
  /** mov [6000h], eax; vmmcall */
  const STORE = [0x89, 0x04, 0x25, 0x00, 0x60, 0x00, 0x00, ...VMMCALL];
  /** mov eax, [6000h]; vmmcall */
  const LOAD = [0x8b, 0x04, 0x25, 0x00, 0x60, 0x00, 0x00, ...VMMCALL];
  const DATA = 0x6000;
  let guest: BareGuest;
  let nested: NestedPageTables;
  beforeAll(async () => {
    guest = await BareGuest.create();
  });

  function start(code: readonly number[]): void {
    guest.long(code);
    let next = FREE;
    nested = new NestedPageTables(guest.processor.words, () => (next += PAGE) - PAGE);
    nested.map(0, 0, MEMORY_BYTES);
    guest.vmcb.set('nestedControl', 1n);
    guest.vmcb.setNumber('nestedCr3', nested.root);
  }

  function exit(): object {
    const result = guest.processor.vmrun(guest.vmcb);
    return { ...result, info1: guest.vmcb.get('exitInfo1'), info2: guest.vmcb.get('exitInfo2') };
  }

  /** Sets bits of the last-level nested entry of a page. */
  function changeEntry(gpa: number, change: (entry: bigint) => bigint): void {
    const { words } = guest.processor;
    let table = BigInt(nested.root);
    for (const shift of [39, 30, 21]) {
      const entry = words.getBigUint64(Number(table) + 8 * (Math.floor(gpa / 2 ** shift) % 512), true);
      table = entry & 0x000f_ffff_ffff_f000n;
    }
    const at = Number(table) + 8 * (Math.floor(gpa / PAGE) % 512);
    words.setBigUint64(at, change(words.getBigUint64(at, true)), true);
  }

  it('reads and writes through both tables', () => {
    start(STORE);
    nested.unmap(DATA, PAGE);
    nested.map(DATA, 0x7_0000, PAGE);
    guest.vmcb.set('rax', 0x1234n);
    expect(exit()).toMatchObject({ kind: 'vmmcall' });
    expect(guest.processor.words.getUint32(0x7_0000, true)).toBe(0x1234);
    expect(guest.processor.words.getUint32(DATA, true)).toBe(0);
  });

  // EXITINFO1 as kvm-unit-tests finds it on silicon.
  // prettier-ignore
  it.each<[what: string, code: number[], change: () => void, info1: bigint, info2: number]>([
    ['a read of a page that is not present',   LOAD,  () => nested.unmap(DATA, PAGE),                     0x1_0000_0004n, DATA],
    ['a read of a page without U',             LOAD,  () => changeEntry(DATA, (e) => e & ~4n),            0x1_0000_0005n, DATA],
    ['a write to a page without W',            STORE, () => nested.protect(DATA, PAGE, READ_ONLY),        0x1_0000_0007n, DATA],
    ['a fetch from a page with NX',            LOAD,  () => nested.protect(CODE, PAGE, NOT_EXECUTABLE),   0x1_0000_0015n, CODE],
    ['a read of a page with a reserved bit',   LOAD,  () => changeEntry(DATA, (e) => e | (1n << 51n)),    0x1_0000_000dn, DATA],
    ['guest page tables on a page without W',  LOAD,  () => nested.protect(PAGE_TABLES, PAGE, READ_ONLY), 0x2_0000_0007n, PAGE_TABLES],
    ['guest page tables that are not present', LOAD,  () => nested.unmap(PAGE_TABLES + PAGE, PAGE),       0x2_0000_0006n, PAGE_TABLES + PAGE],
  ])('%s is a nested page fault with its error', (_what, code, change, info1, info2) => {
    start(code);
    change();
    const result = exit();
    expect(result).toMatchObject({ kind: 'nested-page-fault', info1 });
    expect(Math.floor(guest.vmcb.getNumber('exitInfo2') / PAGE) * PAGE).toBe(info2);
    expect(guest.rip).toBe(CODE);
    expect(guest.vmcb.getNumber('nextRip')).toBe(0);
  });

  it('gives the instruction bytes of a data access, and none of a fetch', () => {
    start(STORE);
    nested.protect(DATA, PAGE, READ_ONLY);
    exit();
    expect([...guest.vmcb.instructionBytes()].slice(0, STORE.length)).toEqual(STORE);
    start(STORE);
    nested.unmap(CODE, PAGE);
    exit();
    expect(guest.vmcb.get('instructionBytesFetched')).toBe(0);
  });

  it('goes on after a fault is repaired, without a flush', () => {
    start(STORE);
    nested.unmap(DATA, PAGE);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault' });
    nested.map(DATA, DATA, PAGE);
    guest.vmcb.set('tlbControl', 0);
    expect(exit()).toMatchObject({ kind: 'vmmcall' });
  });

  it.each([1, 3, 7])('a flush by TLB_CONTROL %i makes it see a mapping that is gone', (command) => {
    start([...LOAD.slice(0, 7), ...VMMCALL, ...LOAD]);
    expect(exit()).toMatchObject({ kind: 'vmmcall' });
    guest.vmcb.set('rip', guest.vmcb.get('nextRip'));
    nested.unmap(DATA, PAGE);
    guest.vmcb.set('tlbControl', command);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault', gpa: DATA });
  });

  it('another ASID never meets the translations of the first', () => {
    start(LOAD);
    expect(exit()).toMatchObject({ kind: 'vmmcall' });
    guest.vmcb.set('tlbControl', 0);
    guest.vmcb.set('rip', BigInt(CODE));
    nested.unmap(DATA, PAGE);
    guest.vmcb.set('guestAsid', 2);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault', gpa: DATA });
  });

  it('another ASID never runs the code of the first, in a loop that never leaves the interpreter either', () => {
    // l: call DATA; dec ecx; jnz l; vmmcall
    start([0xe8, 0xfb, 0x4f, 0, 0, 0xff, 0xc9, 0x75, 0xf7, ...VMMCALL]);
    const { processor, vmcb } = guest;
    const elsewhere = 0x2_8000;
    processor.write(DATA, Uint8Array.of(0x80, 0xc3, 1, 0xc3)); // add bl, 1; ret
    processor.write(elsewhere, Uint8Array.of(0x80, 0xc3, 16, 0xc3)); // add bl, 16; ret
    let next = FREE + 0x1_0000;
    const other = new NestedPageTables(processor.words, () => (next += PAGE) - PAGE);
    other.map(0, 0, MEMORY_BYTES);
    other.unmap(DATA, PAGE);
    other.map(DATA, elsewhere, PAGE);
    for (const [asid, { root }] of [nested, other, nested, other].entries()) {
      vmcb.set('guestAsid', 1 + (asid & 1));
      vmcb.setNumber('nestedCr3', root);
      vmcb.set('rip', BigInt(CODE));
      processor.registers.setNumber('rcx', 3);
      expect(exit()).toMatchObject({ kind: 'vmmcall' });
      vmcb.set('tlbControl', 0);
    }
    expect(processor.registers.getNumber('rbx')).toBe(2 * 3 * (1 + 16));
  });

  it('in real mode its linear addresses are guest-physical ones', () => {
    guest.real([0xa1, 0x00, 0x60, ...VMMCALL]); // mov ax, [6000h]
    let next = FREE;
    nested = new NestedPageTables(guest.processor.words, () => (next += PAGE) - PAGE);
    nested.map(0, 0, MEMORY_BYTES);
    nested.unmap(DATA, PAGE);
    guest.vmcb.set('nestedControl', 1n);
    guest.vmcb.setNumber('nestedCr3', nested.root);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault', info1: 0x1_0000_0004n, gpa: DATA });
  });

  it('an access that crosses into a page that is not mapped changes nothing', () => {
    start([0x89, 0x04, 0x25, 0xfe, 0x6f, 0x00, 0x00, ...VMMCALL]); // mov [6ffeh], eax
    nested.unmap(0x7000, PAGE);
    guest.vmcb.set('rax', 0xffff_ffffn);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault', gpa: 0x7000 });
    expect(guest.processor.words.getUint16(0x6ffe, true)).toBe(0);
  });

  it('a push onto a stack that is not mapped leaves RSP as it was', () => {
    start([0x50, ...VMMCALL]);
    nested.unmap(STACK - PAGE, PAGE);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault', gpa: STACK - 8 });
    expect(guest.vmcb.getNumber('rsp')).toBe(STACK);
  });

  it('an interrupt whose frame faults keeps its vector in EXITINTINFO', () => {
    start([0x90, ...VMMCALL]);
    guest.handler(0x30, VMMCALL);
    nested.unmap(IDT, PAGE);
    guest.vmcb.set('rflags', 0x202n);
    guest.processor.raiseInterrupt(0x30);
    expect(exit()).toMatchObject({ kind: 'nested-page-fault', gpa: IDT + 16 * 0x30 });
    expect(guest.vmcb.get('exitIntInfo')).toBe(0x8000_0030n);
    expect(guest.processor.isInterruptPending, 'acknowledged: not undone').toBe(false);
  });
});
