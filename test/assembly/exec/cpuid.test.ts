/** CPUID from the host's table (APM vol 3, CPUID). */
import { beforeAll, describe, expect, it } from 'vitest';
import { Cr4 } from '../../../assembly/abi/processor-bits.js';
import type { CpuidRow } from '../../../src/core/cpuid-row.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';

const CPUID = [0x0f, 0xa2];
const APIC_BIT = 0x200;
const OSXSAVE_BIT = 0x8000000;

const ROWS: readonly CpuidRow[] = [
  { leaf: 1, eax: 0xa20f10, ebx: 0x800, ecx: OSXSAVE_BIT | 1, edx: APIC_BIT | 1 },
  { leaf: 7, subleaf: 0, ebx: 0x70, ecx: 0x71, edx: 0x72 },
  { leaf: 7, subleaf: 1, eax: 0x75 },
  { leaf: 0x80000001, edx: APIC_BIT | 2 },
];

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
  machine.core.identify(ROWS);
});

/** EAX, EBX, ECX, EDX. */
function cpuid(leaf: number, subleaf = 0): number[] {
  const { state } = machine;
  state.setNum('rax', leaf);
  state.setNum('rcx', subleaf);
  expect(outcomeOf(machine, CPUID)).toBe('completed');
  return ['rax', 'rbx', 'rcx', 'rdx'].map((name) => state.num(name));
}

describe('CPUID', () => {
  it('answers from the row of leaf and subleaf', () => {
    machine.long(3);
    expect(cpuid(7, 0)).toEqual([0, 0x70, 0x71, 0x72]);
    expect(cpuid(7, 1)).toEqual([0x75, 0, 0, 0]);
    expect(cpuid(7, 2)).toEqual([0, 0, 0, 0]);
  });

  it('answers zeros for a leaf that does not exist', () => {
    machine.long();
    machine.state.setBig('rbx', 0xffff_ffff_ffff_ffffn);
    expect(cpuid(0x1234)).toEqual([0, 0, 0, 0]);
  });

  it('ignores ECX where the leaf has no subleaves, and the upper halves', () => {
    machine.long();
    machine.state.setBig('rax', 0xffff_ffff_0000_0001n);
    machine.state.setBig('rcx', 0x99n);
    expect(outcomeOf(machine, CPUID)).toBe('completed');
    expect(machine.state.num('rax')).toBe(0xa20f10);
  });

  it('shows OSXSAVE as CR4 has it, whatever the row says', () => {
    machine.long();
    expect(cpuid(1)[2]).toBe(1);
    machine.state.setNum('cr4', machine.state.num('cr4') | Cr4.Osxsave);
    expect(cpuid(1)[2]).toBe(OSXSAVE_BIT | 1);
  });

  it('shows the APIC while APIC_BASE enables it', () => {
    machine.long();
    expect(cpuid(1)[3]).toBe(APIC_BIT | 1);
    expect(cpuid(0x80000001)[3]).toBe(APIC_BIT | 2);
    machine.state.setNum('apicBase', 0xfee00100);
    expect(cpuid(1)[3]).toBe(1);
    expect(cpuid(0x80000001)[3]).toBe(2);
  });
});
