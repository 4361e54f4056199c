/** INS and OUTS: bytes, directions, counts, and what stops them. */
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type { RunResult } from '../../src/hypervisor/run-result.js';
import { exit, MEMORY_BYTES, NMI_COUNT, realModeGuest, UNEXPECTED } from '../helpers/real-mode-guest.js';

const TEXT_AT = 0x720;
/** mov dx, port */
const PORT = (port: number): number[] => [0xba, port & 0xff, port >> 8];
/** mov si, address; mov di, address; mov cx, count */
const SI = (address: number): number[] => [0xbe, address & 0xff, address >> 8];
const DI = (address: number): number[] => [0xbf, address & 0xff, address >> 8];
const CX = (count: number): number[] => [0xb9, count & 0xff, count >> 8];
const REP_OUTSB = [0xf3, 0x6e];
const OUTSB = [0x6e];
const OUTSW = [0x6f];
const REP_OUTSW = [0xf3, 0x6f];
const REP_INSW = [0xf3, 0x6d];
const STD = [0xfd];
/** mov word [address], ab */
const STORE = (address: number, low: string, high: string): number[] => [
  0xc7, 0x06, address & 0xff, address >> 8, low.charCodeAt(0), high.charCodeAt(0),
]; // prettier-ignore
const ABCD = [...STORE(TEXT_AT, 'a', 'b'), ...STORE(TEXT_AT + 2, 'c', 'd')];
const CONSOLE = 0xe9;
/** mov ax, si; sub ax, imm; out 0F4h, al: how far SI went. */
const EXIT_WITH_SI = [0x89, 0xf0, 0x2d, TEXT_AT & 0xff, TEXT_AT >> 8, 0xe6, 0xf4];
/** mov al, cl; out 0F4h, al */
const EXIT_WITH_CL = [0x88, 0xc8, 0xe6, 0xf4];

async function run(main: readonly number[], handlers = {}): Promise<RunResult> {
  const vm = await createVm({ guest: realModeGuest({ main, handlers }), memoryBytes: MEMORY_BYTES });
  return vm.run({ maxInstructions: 1_000_000 });
}

describe('OUTS', () => {
  // prettier-ignore
  it.each([
    ['one byte',                 [...SI(TEXT_AT), ...OUTSB],                        'a',    1],
    ['one word, lowest first',   [...SI(TEXT_AT), ...OUTSW],                        'ab',   2],
    ['a string',                 [...SI(TEXT_AT), ...CX(4), ...REP_OUTSB],          'abcd', 4],
    ['backwards with DF',        [...SI(TEXT_AT + 3), ...CX(3), ...STD, ...REP_OUTSB], 'dcb', 0],
    ['nothing with a count of 0',[...SI(TEXT_AT), ...CX(0), ...REP_OUTSB],          '',     0],
  ])('prints %s', async (_what, code, text, si) => {
    const { serialText, stop } = await run([...ABCD, ...PORT(CONSOLE), ...code, ...EXIT_WITH_SI]);
    expect(serialText).toBe(text);
    expect(stop).toEqual({ kind: 'exit', status: si });
  });

  it('repeats beyond one burst, and uses its count up', async () => {
    const { serial, stop, exits } = await run([
      ...PORT(CONSOLE),
      ...SI(0),
      ...CX(5000),
      ...REP_OUTSB,
      ...EXIT_WITH_CL,
    ]);
    expect(serial).toHaveLength(5000);
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    expect(exits.find(({ name }) => name === 'ioio')?.count).toBeGreaterThan(2);
  });

  it('raises #GP where the word does not fit in the segment, and prints none of it', async () => {
    const GENERAL_PROTECTION = 13;
    const { stop, serial } = await run([...PORT(CONSOLE), ...SI(0xffff), ...OUTSW, ...exit(0)]);
    expect(stop).toEqual({ kind: 'exit', status: UNEXPECTED + GENERAL_PROTECTION });
    expect(serial).toHaveLength(0);
  });

  it('wraps SI from FFFEh to 0', async () => {
    const { stop, serial } = await run([...PORT(CONSOLE), ...SI(0xfffe), ...CX(2), ...REP_OUTSW, ...exit(0)]);
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    expect(serial).toHaveLength(4);
  });

  it('ends at the exit port in the middle of a string', async () => {
    const { stop } = await run([...ABCD, ...PORT(0xf4), ...SI(TEXT_AT), ...CX(4), ...REP_OUTSB]);
    expect(stop).toEqual({ kind: 'exit', status: 'a'.charCodeAt(0) });
  });
});

it('INS writes what the port gives to ES:DI', async () => {
  /** mov al, [address + 3]; out 0F4h, al */
  const readBack = [0xa0, (NMI_COUNT + 3) & 0xff, NMI_COUNT >> 8, 0xe6, 0xf4];
  const NOBODY = 0x80;
  const { stop } = await run([...PORT(NOBODY), ...DI(NMI_COUNT), ...CX(2), ...REP_INSW, ...readBack]);
  expect(stop).toEqual({ kind: 'exit', status: 0xff });
});

describe('the guest that debugs', () => {
  const DEBUG = 1;
  /** pushf; mov bp, sp; or byte [bp+1], 1; popf: sets TF. */
  const SET_TF = [0x9c, 0x89, 0xe5, 0x80, 0x4e, 0x01, 0x01, 0x9d];

  it('gets a #DB after the first element of a repeated instruction', async () => {
    const code = [...ABCD, ...PORT(CONSOLE), ...SI(TEXT_AT), ...CX(4), ...SET_TF, ...REP_OUTSB];
    const { stop, serialText } = await run([...code, ...exit(9)], { [DEBUG]: EXIT_WITH_CL });
    expect(serialText).toBe('a');
    expect(stop).toEqual({ kind: 'exit', status: 3 });
  });
});
