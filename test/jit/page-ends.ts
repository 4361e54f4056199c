/** Programs whose accesses lie near the ends of pages, run in both tiers. */
import { expect } from 'vitest';
import { Access } from '../../assembly/abi/access.js';
import { Activity } from '../../assembly/abi/stop.js';
import { assemble } from '../../src/asm/assemble.js';
import { CODE, Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';
import type { Random } from '../silicon/random.js';

const PAGE = 4096;
export const MEMORY = 4 << 20;
/** The last pages of memory. */
export const DATA = MEMORY - 4 * PAGE;
const PAGE_DIRECTORY = 0x72000;
const PAGE_TABLE = 0x74000;
const PRESENT = 0x67;
const CR4_OSFXSR = 0x200n;

export type Bits = 32 | 64;

/** A program at `CODE`, with SSE. */
export async function load(machine: Machine, bits: Bits, source: string): Promise<void> {
  if (bits === 64) machine.long();
  else machine.flat32();
  machine.state.setBig('cr4', machine.state.big('cr4') | CR4_OSFXSR);
  machine.core.exports.updateMode();
  const { bytes } = await assemble(`bits ${bits}\n${source}`, { origin: CODE });
  machine.load(bytes);
}

/** Page tables that have the code, themselves and the data in them, and nothing else. */
export function mapOnlyData({ core, state }: Machine, bits: Bits): void {
  const { words } = core;
  const wide = bits === 64;
  const link = (at: number, to: number): void =>
    wide ? words.setBigUint64(at, BigInt(to | PRESENT), true) : words.setUint32(at, to | PRESENT, true);
  const [bytes, start] = wide ? [8, DATA & ~0x1fffff] : [4, 0];
  link(PAGE_DIRECTORY + (wide ? bytes : 0), PAGE_TABLE);
  for (let page = DATA; page < MEMORY; page += PAGE) link(PAGE_TABLE + ((page - start) / PAGE) * bytes, page);
  if (!wide) {
    for (let page = 0; page < 0x80000; page += PAGE) link(PAGE_TABLE + (page / PAGE) * bytes, page);
    state.setNum('cr3', PAGE_DIRECTORY);
    state.setNum('cr0', state.num('cr0') + 0x80000000);
  }
  core.exports.flushTlb();
  core.exports.updateMode();
}

/** What a program begins with: pointers near the ends of pages, more or less turns, and a deadline on the way or behind it. */
function someStart(random: Random) {
  const near = (): number =>
    DATA +
    PAGE * random.below(5) +
    random.pick([16 * (random.below(9) - 4), -random.below(512), random.below(PAGE), random.below(PAGE)]);
  const turns = 1 + random.below(random.chance(0.5) ? 20 : 3000);
  return {
    registers: {
      rsp: near() & ~7,
      rsi: near(),
      rdi: near(),
      rbp: near() & ~0xf,
      rbx: random.pick([random.below(8), random.below(8), 64, 4096, 0x7fff_fff8, 0xffff_fff8]),
      rcx: turns,
    },
    instructions: random.chance(0.3) ? 1 + random.below(3000) : 100_000,
  };
}

/** Everything that can be seen after a run from behind the first instruction of five bytes. */
export function run(machine: Machine, { registers, instructions }: ReturnType<typeof someStart>): string {
  const { state, core } = machine;
  // HLT ended the run before.
  state.set('activity', Activity.Running);
  state.setNum('rip', CODE + 5);
  for (const [name, value] of Object.entries(registers)) state.setNum(name, value);
  for (const access of [Access.Read, Access.Write]) core.exports.chooseExtent(BigInt(DATA), access);
  const stop = machine.run(instructions);
  return `${stop} ${visibleState(core, { memory: [[DATA - PAGE, MEMORY]] })}`;
}

/** Runs random programs from some twelve starts each, in both tiers. */
export async function tiersAgree(
  random: Random,
  bits: Bits,
  isMapped: boolean,
  programs: number,
  someProgram: (random: Random, bits: Bits) => string,
): Promise<void> {
  const machines = [
    await Machine.create(MEMORY, { jit: false }),
    await Machine.create(MEMORY, { hotThreshold: 2 }),
  ] as const;
  for (let program = 0; program < programs; program++) {
    const source = someProgram(random, bits);
    for (const machine of machines) {
      await load(machine, bits, source);
      if (!isMapped) mapOnlyData(machine, bits);
    }
    const starts = Array.from({ length: 12 }, () => someStart(random));
    for (const start of starts) {
      const [interpreted, compiled] = machines.map((machine) => run(machine, start));
      expect(compiled, `${source}\n${JSON.stringify(start)}`).toBe(interpreted);
    }
  }
  expect(machines[1].core.functionCount).toBeGreaterThan(machines[0].core.functionCount);
}
