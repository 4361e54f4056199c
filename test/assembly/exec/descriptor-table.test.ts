/** LGDT, LIDT, SGDT, SIDT (APM vol 3). Privilege and intercepts are in intercept-order.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';

const OPERAND = 0x9000;
/** LGDT, LIDT, SGDT, SIDT of [rBX]; 16-bit code addresses with BX too. */
const LGDT = [0x0f, 0x01, 0x13];
const LIDT = [0x0f, 0x01, 0x1b];
const SGDT = [0x0f, 0x01, 0x03];
const SIDT = [0x0f, 0x01, 0x0b];
/** The same with [BX] as 16-bit code encodes it. */
const LGDT_16 = [0x0f, 0x01, 0x17];
/** LGDT [BP+0]. */
const LGDT_BP = [0x0f, 0x01, 0x56, 0x00];
const OPERAND_SIZE = 0x66;
/** Limit 1234h, base FEDC_BA98_7654_3210h. */
const IMAGE = [0x34, 0x12, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe];

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

function withOperand(image: readonly number[]): void {
  machine.state.setNum('rbx', OPERAND);
  machine.core.memory.set(image, OPERAND);
}

describe('loads', () => {
  // prettier-ignore
  it.each<[rule: string, mode: 'real' | 'flat32' | 'long', code: number[], base: bigint]>([
    ['24 bits of base with a 16-bit operand',        'real',   LGDT_16,                   0x543210n],
    ['32 bits of base with a 32-bit operand',        'real',   [OPERAND_SIZE, ...LGDT_16], 0x76543210n],
    ['32 bits in 32-bit code',                       'flat32', LGDT,                      0x76543210n],
    ['24 bits in 32-bit code with the prefix',       'flat32', [OPERAND_SIZE, ...LGDT],   0x543210n],
  ])('takes %s', (_rule, mode, code, base) => {
    machine[mode]();
    withOperand(IMAGE);
    expect(outcomeOf(machine, code)).toBe('completed');
    expect(machine.state.get('gdtrLimit')).toBe(0x1234);
    expect(machine.state.big('gdtrBase')).toBe(base);
  });

  it('takes 64 bits in 64-bit mode, prefix or not', () => {
    machine.long();
    withOperand([0xff, 0x0f, 0x10, 0x32, 0x54, 0x76, 0x98, 0xfa, 0xff, 0xff]);
    expect(outcomeOf(machine, [OPERAND_SIZE, ...LIDT])).toBe('completed');
    expect(machine.state.get('idtrLimit')).toBe(0xfff);
    expect(machine.state.big('idtrBase')).toBe(0xffff_fa98_7654_3210n);
  });

  it('refuses a base that is not canonical and keeps the register', () => {
    machine.long();
    withOperand(IMAGE);
    machine.state.setBig('gdtrBase', 0x5000n);
    expect(outcomeOf(machine, LGDT)).toBe('#GP(0)');
    expect(machine.state.big('gdtrBase')).toBe(0x5000n);
  });

  it.each([
    ['DS', LGDT_16, '#GP(0)'],
    ['SS, as [BP] is', LGDT_BP, '#SS(0)'],
  ])('refuses an operand beyond %s, after the intercept', (_segment, code, fault) => {
    machine.real();
    machine.state.setNum('rbx', 0xfffc);
    machine.state.setNum('rbp', 0xfffc);
    expect(outcomeOf(machine, code, [ExitCode.GdtrWrite])).toBe('exit 6bh');
    expect(outcomeOf(machine, code)).toBe(fault);
  });

  it('refuses an operand beyond the segment and keeps the register', () => {
    machine.real();
    machine.state.setNum('rbx', 0xfffc);
    machine.state.set('gdtrLimit', 0x77);
    expect(outcomeOf(machine, LGDT_16)).toBe('#GP(0)');
    expect(machine.state.get('gdtrLimit')).toBe(0x77);
  });
});

describe('stores', () => {
  it.each([
    ['6 bytes in 32-bit code', 'flat32' as const, SGDT, 6],
    ['6 bytes with a 16-bit operand too', 'flat32' as const, [OPERAND_SIZE, ...SGDT], 6],
    ['10 bytes in 64-bit mode', 'long' as const, SGDT, 10],
  ])('writes %s', (_rule, mode, code, bytes) => {
    machine[mode]();
    withOperand(new Array<number>(12).fill(0xcc));
    machine.state.set('gdtrLimit', 0x1234);
    machine.state.setBig('gdtrBase', 0xfedc_ba98_7654_3210n);
    expect(outcomeOf(machine, code)).toBe('completed');
    const expected = [...IMAGE.slice(0, bytes), ...new Array<number>(12 - bytes).fill(0xcc)];
    expect([...machine.core.memory.subarray(OPERAND, OPERAND + 12)]).toEqual(expected);
  });

  it('SIDT stores the IDTR', () => {
    machine.flat32();
    withOperand([]);
    machine.state.set('idtrLimit', 0x3ff);
    machine.state.setNum('idtrBase', 0x6000);
    expect(outcomeOf(machine, SIDT)).toBe('completed');
    expect([...machine.core.memory.subarray(OPERAND, OPERAND + 6)]).toEqual([0xff, 3, 0, 0x60, 0, 0]);
  });

  it('is open to CPL 3 without UMIP', () => {
    machine.long(3);
    withOperand([]);
    expect(outcomeOf(machine, SGDT)).toBe('completed');
  });

  it('stores nothing if the second page cannot be written', () => {
    machine.long();
    const { words } = machine.core;
    // A page table for the first 2 MiB in which the page at A000h is read-only, under CR0.WP.
    const table = 0x74000;
    for (let i = 0; i < 256; i++) words.setBigUint64(table + 8 * i, BigInt(i * 4096) | 7n, true);
    words.setBigUint64(table + 8 * 0xa, 0xa005n, true);
    words.setBigUint64(0x72000, BigInt(table) | 7n, true);
    machine.state.setBig('cr0', machine.state.big('cr0') | 0x10000n);
    machine.core.exports.flushTlb();
    machine.state.setNum('rbx', 0x9ffc);
    machine.core.memory.fill(0xcc, 0x9ff0, 0xa010);
    expect(outcomeOf(machine, SGDT)).toBe('#PF(3)');
    expect([...machine.core.memory.subarray(0x9ff0, 0xa010)]).toEqual(new Array(32).fill(0xcc));
  });
});
