/** The debug console and the exit port, and the bus that puts them at their addresses. */
import { expect, it } from 'vitest';
import { DebugConsole } from '../../src/devices/debug-console.js';
import { ExitPort } from '../../src/devices/exit-port.js';

it('the debug console prints every byte of a wide write, lowest first, and reads E9h', () => {
  const printed: number[] = [];
  const console = new DebugConsole((byte) => printed.push(byte));
  console.write(0, 1, 0x141);
  console.write(0, 4, 0x45444342);
  expect(printed).toEqual([0x41, 0x42, 0x43, 0x44, 0x45]);
  expect(console.read()).toBe(0xe9);
});

it('the exit port reports what is written to its first port, and only that', () => {
  const statuses: number[] = [];
  const port = new ExitPort((status) => statuses.push(status));
  port.write(1, 1, 7);
  port.write(0, 4, 0xffff_ffff);
  port.write(0, 1, 3);
  expect(statuses).toEqual([0xffff_ffff, 3]);
});
