/** INVLPG, INVLPGA, INVD, WBINVD, CLZERO. Privilege and intercepts are in intercept-order.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Efer } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Machine } from '../../helpers/machine.js';
import { exitInformation, outcomeOf } from '../../helpers/outcome.js';

const INVLPG_RDX = [0x0f, 0x01, 0x3a];
const INVLPGA = [0x0f, 0x01, 0xdf];
/** mov rbx, [rdx] */
const LOAD = [0x48, 0x8b, 0x1a];
const FIRST_PAGE_TABLE_ENTRY = 0x72000;
const FS = 0x64;
const ADDRESS_SIZE = 0x67;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

describe('INVLPG', () => {
  it.each([
    ['INVLPG', INVLPG_RDX],
    ['INVLPGA', INVLPGA],
  ])('%s of any address in a large page drops the whole page', (_name, code) => {
    machine.long();
    const { state, core } = machine;
    state.setNum('efer', state.num('efer') | Efer.Svme);
    core.words.setBigUint64(0x9000, 0x1122n, true);
    state.setNum('rdx', 0x9000);
    expect(outcomeOf(machine, LOAD)).toBe('completed');
    // The first 2 MiB are no longer writable: still readable. Then not present at all.
    core.words.setBigUint64(FIRST_PAGE_TABLE_ENTRY, 0n, true);
    expect(outcomeOf(machine, LOAD)).toBe('completed');
    state.setNum('rdx', 0x1f_0000);
    state.setNum('rax', 0x1f_0000);
    expect(outcomeOf(machine, code)).toBe('completed');
    state.setNum('rdx', 0x9000);
    expect(outcomeOf(machine, LOAD)).toBe('#PF(0)');
  });

  // prettier-ignore
  it.each<[rule: string, code: number[], linear: bigint]>([
    ['the linear address',                  INVLPG_RDX,                  0x1_2345_6789_abcdn],
    ['with the base of FS',                 [FS, ...INVLPG_RDX],         0x1_2345_6789_bbcdn],
    ['at the address size',                 [ADDRESS_SIZE, ...INVLPG_RDX], 0x6789_abcdn],
  ])('reports %s', (_rule, code, linear) => {
    machine.long();
    machine.state.setBig('rdx', 0x1_2345_6789_abcdn);
    machine.state.setSegment(Seg.Fs, { ...machine.state.segment(Seg.Fs), base: 0x1000n });
    expect(outcomeOf(machine, code, [ExitCode.Invlpg])).toBe('exit 79h');
    expect(exitInformation(machine).info1).toBe(linear);
  });

  it('does nothing for an address that is not canonical', () => {
    machine.long();
    machine.state.setBig('rdx', 1n << 60n);
    expect(outcomeOf(machine, INVLPG_RDX)).toBe('completed');
  });
});

describe('INVLPGA', () => {
  it.each([
    ['without EFER.SVME', 'long' as const, 0],
    ['in real mode', 'real' as const, Efer.Svme],
  ])('is #UD %s, before its intercept', (_rule, mode, efer) => {
    machine[mode]();
    machine.state.setNum('efer', machine.state.num('efer') | efer);
    expect(outcomeOf(machine, INVLPGA, [ExitCode.Invlpga])).toBe('#UD');
  });
});

it.each([
  ['INVD', [0x0f, 0x08]],
  ['WBINVD', [0x0f, 0x09]],
])('%s loses nothing that was stored', (_name, code) => {
  machine.long();
  machine.core.words.setBigUint64(0x9000, 0x1122n, true);
  expect(outcomeOf(machine, code)).toBe('completed');
  expect(machine.core.words.getBigUint64(0x9000, true)).toBe(0x1122n);
});

describe('CLZERO', () => {
  const CLZERO = [0x0f, 0x01, 0xfc];
  const LINE = 0x4040;

  function clear(rax: bigint, prefixes: readonly number[] = []): string {
    machine.core.memory.fill(0x77, LINE - 64, LINE + 128);
    machine.state.setBig('rax', rax);
    return outcomeOf(machine, [...prefixes, ...CLZERO]);
  }

  function clearedBytes(): number[] {
    const bytes = [...machine.core.read(LINE - 64, 192)].flatMap((byte, i) => (byte === 0 ? [i - 64] : []));
    return [bytes[0] ?? NaN, bytes.length];
  }

  it.each([LINE, LINE + 1, LINE + 63])('clears the line of 64 bytes that %i lies in', (address) => {
    machine.long(3);
    expect(clear(BigInt(address))).toBe('completed');
    expect(clearedBytes()).toEqual([0, 64]);
  });

  it('takes the address at the address size, in the segment of a prefix', () => {
    machine.long();
    machine.state.setBig('fsBase', 0x40n);
    expect(clear(0xff_0000_4000n, [FS, ADDRESS_SIZE])).toBe('completed');
    expect(clearedBytes()).toEqual([0, 64]);
  });

  it('faults as a write of the line', () => {
    machine.long(3);
    machine.core.words.setBigUint64(FIRST_PAGE_TABLE_ENTRY, 0xe5n, true);
    machine.core.exports.flushTlb();
    expect(clear(BigInt(LINE + 5))).toBe('#PF(7)');
    expect(machine.state.num('exitInfo2')).toBe(LINE);
  });
});
