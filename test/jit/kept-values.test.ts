/** Loads of what has been stored or loaded before: which those are, and that they see what is in memory. */
import { describe, expect, it } from 'vitest';
import { Access } from '../../assembly/abi/access.js';
import { Activity } from '../../assembly/abi/stop.js';
import { assemble } from '../../src/asm/assemble.js';
import { StateAddresses } from '../../src/jit/core-layout.js';
import { Emitter } from '../../src/jit/emitter.js';
import { keptValues } from '../../src/jit/kept-values.js';
import { mergedChecks } from '../../src/jit/merged-checks.js';
import { Reach, type RegionReach } from '../../src/jit/reach.js';
import { discoverRegion } from '../../src/jit/region.js';
import { useOfRegion } from '../../src/jit/region-use.js';
import { CODE, Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';

const SEED = 20261123;
const PAGE = 4096;
const MEMORY = 4 << 20;
/** The last page of memory: what goes beyond it is not there. */
const DATA = MEMORY - PAGE;
const CR4_OSFXSR = 0x200n;

type Bits = 32 | 64;

async function load(machine: Machine, bits: Bits, source: string): Promise<void> {
  if (bits === 64) machine.long();
  else machine.flat32();
  machine.state.setBig('cr4', machine.state.big('cr4') | CR4_OSFXSR);
  machine.core.exports.updateMode();
  const { bytes } = await assemble(`bits ${bits}\n${source}`, { origin: CODE });
  machine.load(bytes);
}

/** How many loads of a block take what is kept. */
async function knownLoads(bits: Bits, body: string): Promise<number> {
  const machine = await Machine.create(MEMORY, { jit: false });
  await load(machine, bits, `${body}\nhlt`);
  machine.run(1);
  const { core, state } = machine;
  const region = discoverRegion(core, core.exports.findDecoded(CODE, state.get('mode')), new Set())!;
  const reach: RegionReach = {
    usual: Reach.Runs,
    runOf: (_uop, _access, usual) => usual,
    hasMissedAgain: () => false,
    wasUnusual: () => false,
  };
  const emitter = new Emitter(new StateAddresses(core), region, useOfRegion(region), reach);
  const [block] = region.blocks;
  return keptValues(block!.uops, mergedChecks(emitter, block!)).known.size;
}

describe('what is loaded again', () => {
  it.each([
    [32, 'mov [esp+8], eax\nmov ecx, [esp+8]', 1],
    [32, 'mov eax, [esp+8]\nmov ecx, [esp+8]\nadd edx, [esp+8]', 2],
    [64, 'add [rsp+8], eax\nadd ecx, [rsp+8]', 1],
    [64, 'mov [rsp+8], rax\nmov [rsp+16], rcx\nmov rdx, [rsp+8]\nmov rsi, [rsp+16]', 2],
    [64, 'mov [rsp+8], al\nmov cl, [rsp+8]', 1],
    [32, 'mov eax, [esp+8]\nmov eax, [ecx]\nmov edx, [esp+8]', 1],
    [32, 'mov eax, [esi+8]\nlea ebx, [esi+4]\nmov edx, [ebx+4]', 1],
    [64, 'mov [rsp+8], eax\npush rax\nmov edx, [rsp+16]', 0],
    [64, 'mov [rsp+8], eax\nmov edx, [rsp+9]', 0],
    [64, 'mov [rsp+8], eax\nmov dl, [rsp+8]', 0],
    [64, 'mov [rsp+8], eax\nmov [rsp+11], al\nmov edx, [rsp+8]', 0],
    [64, 'mov [rsp+8], eax\nmov [rsp+7], ax\nmov edx, [rsp+8]', 0],
    [64, 'mov [rsp+8], eax\nmov [rsi], al\nmov edx, [rsp+8]', 0],
    [64, 'mov [rsp+8], eax\nmovdqu [rsp+32], xmm0\nmov edx, [rsp+8]', 0],
    [64, 'mov [rsp+8], eax\nmovsb\nmov edx, [rsp+8]', 0],
    [64, 'mov [rsp+8], eax\nadd rsp, rax\nmov edx, [rsp+8]', 0],
  ] as const)('%i bits: %s: %i', async (bits, body, count) => {
    expect(await knownLoads(bits, body)).toBe(count);
  });

  it('is kept for no more values at a time than there are locals', async () => {
    const places = Array.from({ length: 12 }, (_, i) => 8 * i);
    const stores = places.map((at) => `mov [rsp+${at}], rax`);
    const loads = places.map((at) => `add rax, [rsp+${at}]`);
    expect(await knownLoads(64, [...stores, ...loads].join('\n'))).toBe(8);
    expect(await knownLoads(64, stores.map((store, i) => `${store}\n${loads[i]}`).join('\n'))).toBe(12);
  });
});

/** Instructions that read and write the same few bytes at several widths, through several registers. */
const BODY = [
  ...['mov eax, [rsp+8]', 'mov [rsp+8], eax', 'add [rsp+8], ecx', 'mov al, [rsp+8]', 'mov [rsp+8], cl'],
  ...[
    'mov ax, [rsp+10]',
    'mov [rsp+10], dx',
    'movzx edx, byte [rsp+9]',
    'add edx, [rsp+12]',
    'inc dword [rsp+12]',
  ],
  ...['mov [rsi+8], edx', 'mov eax, [rsi+4]', 'mov [rsi+5], dl', 'xor [rsi+12], eax', 'mov rdx, [rsp+8]'],
  ...[
    'push rax',
    'pop rdx',
    'mov [rsp+4], rax',
    'movdqu xmm0, [rsp]',
    'movdqu [rsi], xmm0',
    'add eax, 0x01010101',
  ],
  ...[
    'lea rbx, [rsp+4]',
    'mov [rbx], edx',
    'mov edx, [rbx+4]',
    'xchg [rsp+12], edx',
    'shl eax, 5',
    'adc edx, [rsp+8]',
  ],
];

function someLoop(random: Random, bits: Bits): string {
  const body = Array.from({ length: 4 + random.below(14) }, () => random.pick(BODY));
  const turn = 'mov rbx, rsi\nmov rsp, rdi';
  const source = `nop\nturn: ${turn}\n${body.join('\n')}\nsub ecx, 1\njnz turn\nhlt`;
  return bits === 64 ? source : source.replace(/\br(?=[a-z][a-z]\b)/g, 'e').replaceAll('qword', 'dword');
}

describe.each([64, 32] as const)('random loops, %i bits', (bits) => {
  it('agree with the interpreter', { timeout: 60_000 }, async () => {
    const random = new Random(SEED + bits);
    const machines = [
      await Machine.create(MEMORY, { jit: false }),
      await Machine.create(MEMORY, { hotThreshold: 2 }),
    ] as const;
    for (let program = 0; program < 50; program++) {
      const source = someLoop(random, bits);
      for (const machine of machines) await load(machine, bits, source);
      for (let start = 0; start < 8; start++) {
        // The stack, and what RSI points to: not far apart, sometimes at the end of memory.
        const rsp = DATA + (random.chance(0.2) ? PAGE - 16 : 512 + 8 * random.below(8));
        const rsi = rsp - 8 + random.below(16);
        const instructions = random.chance(0.3) ? 1 + random.below(400) : 10_000;
        const registers = { rsp, rdi: rsp, rbp: 0, rsi, rbx: rsi, rax: 0x1234567, rdx: 99, rcx: 40 };
        const [interpreted, compiled] = machines.map((machine) => {
          const { core, state } = machine;
          // HLT ended the run before.
          state.set('activity', Activity.Running);
          state.setNum('rip', CODE);
          for (const [name, value] of Object.entries(registers)) state.setNum(name, value);
          for (const access of [Access.Read, Access.Write]) core.exports.chooseExtent(BigInt(DATA), access);
          return `${machine.run(instructions)} ${visibleState(core, { memory: [[DATA, MEMORY]] })}`;
        });
        expect(compiled, source).toBe(interpreted);
      }
    }
    expect(machines[1].core.functionCount).toBeGreaterThan(machines[0].core.functionCount);
  });
});
