/** Debug registers (APM vol 2 §13.1.1). */
import { beforeAll, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr4, Debug } from '../../../assembly/abi/processor-bits.js';
import { Machine } from '../../helpers/machine.js';
import { exitInformation, outcomeOf } from '../../helpers/outcome.js';

const toDr = (n: number) => [0x0f, 0x23, 0xc0 | (n << 3)];
const fromDr = (n: number) => [0x0f, 0x21, 0xc1 | (n << 3)];

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

it.each([0, 1, 2, 3])('DR%i holds any address', (n) => {
  machine.long();
  machine.state.setBig('rax', 0x8000_1234_5678_9abcn);
  expect(outcomeOf(machine, toDr(n))).toBe('completed');
  expect(machine.state.big(`dr${n}`)).toBe(0x8000_1234_5678_9abcn);
  expect(outcomeOf(machine, fromDr(n))).toBe('completed');
  expect(machine.state.big('rcx')).toBe(0x8000_1234_5678_9abcn);
});

// prettier-ignore
it.each<[rule: string, n: number, value: bigint, stored: bigint]>([
  ['DR6: constant ones stay',          6, 0n,          0xffff0ff0n],
  ['DR6: status bits can be set',      6, 0xffffffffn, 0xffffefffn],
  ['DR7: bit 10 stays',                7, 0n,          0x400n],
  ['DR7: 11, 12, 14, 15 stay zero',    7, 0xffffdfffn, 0xffff07ffn],
  ['DR4 is DR6 without CR4.DE',        4, 0n,          0xffff0ff0n],
  ['DR5 is DR7 without CR4.DE',        5, 0n,          0x400n],
])('%s', (_rule, n, value, stored) => {
  machine.long();
  machine.state.setBig('rax', value);
  expect(outcomeOf(machine, toDr(n))).toBe('completed');
  expect(machine.state.big(n % 2 === 0 ? 'dr6' : 'dr7')).toBe(stored);
});

it.each([6, 7])('DR%i refuses bits above 31', (n) => {
  machine.long();
  machine.state.setBig('rax', 1n << 32n);
  expect(outcomeOf(machine, toDr(n))).toBe('#GP(0)');
});

it.each([4, 5])('DR%i does not exist under CR4.DE, whatever the privilege', (n) => {
  machine.long(3);
  machine.state.setNum('cr4', Cr4.Pae | Cr4.De);
  expect(outcomeOf(machine, fromDr(n), [ExitCode.Dr0Read + n])).toBe('#UD');
});

it('general detect is a #DB with BD set and GD clear, before the intercept', () => {
  machine.long();
  machine.state.setNum('dr7', Debug.Dr7Reset | Debug.Dr7Gd);
  expect(outcomeOf(machine, fromDr(0), [ExitCode.Dr0Read])).toBe('#DB');
  expect(machine.state.num('dr6') & Debug.Dr6Bd).toBe(Debug.Dr6Bd);
  expect(machine.state.num('dr7') & Debug.Dr7Gd).toBe(0);
});

it('the intercept names the general register', () => {
  machine.long();
  expect(outcomeOf(machine, fromDr(2), [ExitCode.Dr0Read + 2])).toBe('exit 22h');
  expect(exitInformation(machine).info1).toBe(1n);
  expect(outcomeOf(machine, [0x41, 0x0f, 0x23, 0xdd], [ExitCode.Dr0Write + 3])).toBe('exit 33h');
  expect(exitInformation(machine).info1).toBe(13n);
});
