/** Breakpoints on ports, and on the memory of INS and OUTS, although the hypervisor carries the instruction out (APM vol 2 §13.1.1.4). */
import { expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { dword, exit, MEMORY_BYTES, realModeGuest, WARM_STACK } from '../helpers/real-mode-guest.js';

const DEBUG = 1;
const NOBODY = 200;
const MAIN = 0x600;
const CONSOLE = 0xe9;

/** mov eax, value; then one of: mov cr4, eax; mov dr<n>, eax. */
const loadEax = (value: number): number[] => [0x66, 0xb8, ...dword(value)];
const setCr4 = (value: number): number[] => [...loadEax(value), 0x0f, 0x22, 0xe0];
const setDr = (n: number, value: number): number[] => [...loadEax(value), 0x0f, 0x23, 0xc0 | (n << 3)];
const DE = 8;
/** DR7 with breakpoint 1 on ports, of a length. */
const dr7 = (length: number): number => 0x400 | 4 | (2 << 20) | (length << 22);
/** The same on writes of a byte, and on all accesses. */
const ON_WRITES = 0x400 | 4 | (1 << 20);
const ON_DATA = 0x400 | 4 | (3 << 20);
/** mov eax, dr6; out 0F4h, al */
const EXIT_WITH_DR6 = [0x0f, 0x21, 0xf0, 0x24, 0x0f, 0xe6, 0xf4];
/** pop ax; sub ax, MAIN; out 0F4h, al: how far the #DB was from the beginning. */
const EXIT_WITH_DISTANCE = [0x58, 0x2d, MAIN & 0xff, MAIN >> 8, 0xe6, 0xf4];
/** mov al, cl; out 0F4h, al */
const EXIT_WITH_CL = [0x88, 0xc8, 0xe6, 0xf4];
const IN_AL = [0xe4, CONSOLE];
const OUT_AL = [0xe6, CONSOLE];
const OUT_AX = [0xe7, CONSOLE - 1];
/** mov dx, port; mov si, MAIN; mov cx, 3; rep outsb */
const REP_OUTSB = [0xba, CONSOLE, 0, 0xbe, MAIN & 0xff, MAIN >> 8, 0xb9, 3, 0, 0xf3, 0x6e];
/** mov dx, port; mov di, BUFFER; insb */
const BUFFER = 0x720;
const INSB = [0xba, CONSOLE, 0, 0xbf, BUFFER & 0xff, BUFFER >> 8, 0x6c];

async function statusOf(main: readonly number[], handler: readonly number[]): Promise<number> {
  const vm = await createVm({
    guest: realModeGuest({ main: [...main, ...exit(NOBODY)], handlers: { [DEBUG]: handler } }),
    memoryBytes: MEMORY_BYTES,
  });
  const { stop } = vm.run({ maxInstructions: 10_000 });
  if (stop.kind !== 'exit') throw new Error(`the guest ended with ${stop.kind}`);
  return stop.status;
}

const prepare = (cr4: number, port: number, control: number): number[] => [
  ...WARM_STACK,
  ...setCr4(cr4),
  ...setDr(1, port),
  ...setDr(7, control),
];

// prettier-ignore
it.each([
  ['OUT',                                  DE, CONSOLE,     dr7(0), OUT_AL,    2],
  ['IN',                                   DE, CONSOLE,     dr7(0), IN_AL,     2],
  ['the second port of an access',         DE, CONSOLE,     dr7(0), OUT_AX,    2],
  ['the last of four ports',               DE, CONSOLE - 1, dr7(3), OUT_AL,    2],
  ['another port',                         DE, CONSOLE + 1, dr7(0), OUT_AL,    NOBODY],
  ['a breakpoint that is not enabled',     DE, CONSOLE,     dr7(0) & ~4, OUT_AL, NOBODY],
  ['a breakpoint on data',                 DE, CONSOLE,     dr7(0) | (1 << 20), OUT_AL, NOBODY],
  ['R/W = 2 without CR4.DE: reserved',      0, CONSOLE,     dr7(0), OUT_AL,    NOBODY],
  ['OUTS',                                 DE, CONSOLE,     dr7(0), REP_OUTSB, 2],
  ['the byte that OUTS reads',              0, MAIN,        ON_DATA, REP_OUTSB, 2],
  ['that byte, if only writes are watched', 0, MAIN,        ON_WRITES, REP_OUTSB, NOBODY],
  ['the byte that INS writes',              0, BUFFER,      ON_WRITES, INSB,   2],
])('%s', async (_what, cr4, port, control, access, status) => {
  expect(await statusOf([...prepare(cr4, port, control), ...access], EXIT_WITH_DR6)).toBe(status);
});

it('the #DB is after the instruction', async () => {
  const start = prepare(DE, CONSOLE, dr7(0));
  const status = await statusOf([...start, ...OUT_AL], EXIT_WITH_DISTANCE);
  expect(status).toBe(start.length + OUT_AL.length);
});

it.each([
  ['the first element', DE, CONSOLE, dr7(0), 2],
  ['the element that is watched', 0, MAIN + 1, ON_DATA, 1],
])('of a repeated instruction it is after %s', async (_what, cr4, address, control, left) => {
  expect(await statusOf([...prepare(cr4, address, control), ...REP_OUTSB], EXIT_WITH_CL)).toBe(left);
});
