/** Loops whose accesses move by a constant: which those are, and that turns which do not look at them end where they have to. */
import { describe, expect, it } from 'vitest';
import { StateAddresses } from '../../src/jit/core-layout.js';
import { Emitter } from '../../src/jit/emitter.js';
import { Reach, type RegionReach } from '../../src/jit/reach.js';
import { discoverRegion } from '../../src/jit/region.js';
import { useOfRegion } from '../../src/jit/region-use.js';
import { steadyAccesses } from '../../src/jit/steady-accesses.js';
import { CODE, Machine } from '../helpers/machine.js';
import { Random } from '../silicon/random.js';
import { type Bits, DATA, load, MEMORY, run, tiersAgree } from './page-ends.js';

/** The steps of the accesses of a loop, in the order of its instructions. */
async function stepsOf(bits: Bits, body: string): Promise<(number | 'register')[]> {
  const machine = await Machine.create(MEMORY, { jit: false });
  await load(machine, bits, `turn: ${body}\njnz turn\nhlt`);
  machine.run(1);
  const { core, state } = machine;
  const block = core.exports.findDecoded(CODE, state.get('mode'));
  const region = discoverRegion(core, block, new Set())!;
  const reach: RegionReach = {
    usual: Reach.Runs,
    runOf: (_uop, _access, usual) => usual,
    hasMissedAgain: () => false,
    wasUnusual: () => false,
  };
  const emitter = new Emitter(new StateAddresses(core), region, useOfRegion(region), reach);
  emitter.block = region.blocks[0]!;
  return [...steadyAccesses(emitter, region.blocks[0]!).values()].map(({ step }) =>
    step.terms.size > 0 ? 'register' : step.offset,
  );
}

describe('an access is steady', () => {
  it.each([
    [64, 'mov eax, [rsi]\nadd rsi, 4\nmov [rdi+rcx*8], eax\nsub rcx, 1', [4, -8]],
    [64, 'add rsi, 16\nmov rbx, rsi\nmov al, [rbx-16]\nlea rsi, [rsi+rbp-3]\nsub rsi, rbp\ndec ecx', [13]],
    [64, 'add dword [rsi+rsi*2+5], 7\ninc rsi\ndec ecx', [3, 3]],
    [64, 'mov eax, [rsp+8]\nmov [rel turn], eax\ndec ecx', [0, 0]],
    [64, 'movdqu xmm0, [rsi]\nmovdqu [rsi+64], xmm0\nadd rsi, 64\ndec ecx', [64, 64]],
    [32, 'mov eax, [esi]\nadd esi, -4\nmov [edi*2+0x1000], al\nlea edi, [edi+3]\ndec ecx', [-4, 6]],
    [32, 'mov eax, [esi+ecx*4]\nxor [edi], eax\ncmp esi, edi\ndec ecx', [-4, 0, 0]],
    [32, 'movdqu xmm0, [esi+ecx*4+4]\nadd esi, 16\ndec ecx', [12]],
    [32, 'mov [edx+7], al\nadd edx, ebx\ncmp edx, edi', ['register']],
    [64, 'mov eax, [rsi]\nlea rsi, [rsi+rbx*2+1]\ndec ecx', ['register']],
    [64, 'mov eax, [rsi]\nadd esi, 4\ndec ecx', [4]],
    [64, 'mov esi, ecx\nadd ecx, edi\nmov byte [rsi+0x70000], 1\ncmp ecx, 0x7fff', ['register']],
  ] as const)('%i bits: %s', async (bits, body, steps) => {
    expect(await stepsOf(bits, body)).toEqual(steps);
  });

  it.each([
    [64, 'a register that is loaded', 'mov rsi, [rsi]\ndec ecx'],
    [64, 'a step that changes', 'mov eax, [rsi]\nadd rsi, rbx\nadd rbx, 4\ndec ecx'],
    [64, 'a step that is cut', 'mov eax, [rsi]\nadd rsi, rbx\nmov ebx, ebx\ndec ecx'],
    [64, 'a register that falls and is cut', 'mov eax, [rsi]\nsub esi, 4\ndec ecx'],
    [64, 'a part that is cut and moves otherwise', 'mov eax, [rsi+rdx]\nadd esi, 4\nadd edx, 8\ndec ecx'],
    [64, 'an address that wraps at 32 bits', 'mov eax, [esi]\nadd rsi, 4\ndec ecx'],
    [64, 'a part of a register', 'mov al, [rsi]\nadd si, 4\ndec ecx'],
    [32, 'a selected register', 'mov eax, [esi]\ncmovc esi, edi\ndec ecx'],
    [32, 'a condition in the way', 'mov eax, [esi]\njc over\nover: add esi, 4\ndec ecx'],
    [32, 'a string instruction', 'mov eax, [esi]\nadd esi, 4\nmovsb\ndec ecx'],
    [32, 'a call of the core', 'mov eax, [esi]\nadd esi, 4\nbsf ebx, eax\ndec ecx'],
  ] as const)('%i bits, not: %s', async (bits, _, body) => {
    expect(await stepsOf(bits, body)).toEqual([]);
  });
});

const SEED = 20261122;

/** Instructions of a body, in terms of registers as they are called in 64-bit mode. */
const BODY = [
  ...['mov eax, [rsi]', 'add eax, [rsi+4]', 'movzx edx, byte [rsi-1]', 'mov rdx, rsi', 'add al, [rsi+rbx*2]'],
  ...['mov [rdi], eax', 'add [rdi+8], al', 'mov [rdi+rbx], ax', 'xor [rdi-16], edx', 'mov [rbp], eax'],
  ...['movdqu xmm0, [rsi]', 'movdqu [rdi], xmm0', 'paddd xmm0, xmm0', 'movdqa xmm1, [rbp]', 'add eax, [rdx]'],
];
/** What stands in the way of knowing addresses ahead, but not of looking at several together; and the stack. */
const TWISTS = [
  'xor rsi, 64',
  'xor rdi, 8',
  'push rax',
  'pop rdx',
  'push qword [rsp+8]',
  'mov eax, [rsp-24]',
  'xor eax, [rsi+200]',
  'mov [rdi+100], eax',
];
const STEPS = [
  ...['add rsi, 4', 'sub rsi, 1', 'add rsi, 64', 'inc rsi', 'lea rsi, [rsi+3]', 'add rsi, 0x1000'],
  ...[
    'add rsi, rbx',
    'add esi, 4',
    'add edi, ebx',
    'lea ebp, [rbp+rbx*8]',
    'sub rdi, rbx',
    'mov esi, edi',
    'lea edx, [rdi+rbx]',
  ],
  ...['add rdi, 8', 'sub rdi, 16', 'dec rdi', 'inc rbx', 'sub rbx, 2', 'add rbp, 16', 'lea rdi, [rdi-4]'],
];

function someLoop(random: Random, bits: Bits): string {
  const some = (from: readonly string[], most: number): string[] =>
    Array.from({ length: 1 + random.below(most) }, () => random.pick(from));
  const twists = random.chance(0.5) ? some(TWISTS, 3) : [];
  const parts = [...some(BODY, 5), ...some(STEPS, 3), ...twists].sort(() => (random.chance(0.5) ? 1 : -1));
  const source = `mov ecx, 0x11223344\nturn: ${parts.join('\n')}\nsub ecx, 1\njnz turn\nhlt`;
  return bits === 64 ? source : source.replace(/\br(?=[a-z][a-z]\b)/g, 'e').replaceAll('qword', 'dword');
}

describe.each([64, 32] as const)('random loops, %i bits', (bits) => {
  it.each([true, false])('what is around the data is mapped: %s', { timeout: 60_000 }, async (isMapped) => {
    await tiersAgree(new Random(SEED + bits), bits, isMapped, 60, someLoop);
  });
});

describe('64 bits, in both tiers', () => {
  it.each([
    [
      'an index that passes 2^32',
      'mov eax, [rsi+rbp]\nadd esi, 4',
      { rsi: 2 ** 32 - 64, rbp: DATA + 64 - 2 ** 32 },
    ],
    ['one that begins beyond', 'add esi, 4\nmov eax, [rsi+rbp]', { rsi: 2 ** 33, rbp: DATA }],
    [
      'an index that is cut again',
      'mov edx, esi\nadd esi, ebx\nmov [rdx+rbp], cl',
      { rsi: 2 ** 32 - 64, rbp: DATA + 64 - 2 ** 32, rbx: 8 },
    ],
    ['a step of more than 32 bits', 'mov eax, [rsi]\nadd rsi, rbx', { rsi: DATA, rbx: 2 ** 32 + 4 }],
    ['a step backwards', 'mov [rsi], cl\nadd rsi, rbx', { rsi: DATA + 64, rbx: -4 }],
    ['no step', 'mov eax, [rsi]\nadd [rdi], eax\nadd rsi, rbx', { rsi: DATA, rdi: DATA + 8, rbx: 0 }],
  ] as const)('%s', async (_, body, special) => {
    const [interpreted, compiled] = await Promise.all(
      [{ jit: false }, { hotThreshold: 2 }].map(async (options) => {
        const machine = await Machine.create(MEMORY, options);
        await load(machine, 64, `mov ecx, 0x11223344\nturn: ${body}\nsub ecx, 1\njnz turn\nhlt`);
        // Where all is well, until the loop has been compiled with its runs of pages.
        const registers = { rsp: DATA, rsi: DATA, rdi: DATA, rbp: 0, rbx: 4, rcx: 2000 };
        for (let i = 0; i < 12; i++) run(machine, { registers, instructions: 100_000 });
        return run(machine, {
          registers: { rsp: DATA, rdi: DATA, rbp: 0, rbx: 0, rcx: 100, ...special },
          instructions: 100_000,
        });
      }),
    );
    expect(compiled).toBe(interpreted);
  });
});
