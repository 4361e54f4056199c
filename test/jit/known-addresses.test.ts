/** Addresses that are known from blocks before: both tiers agree about programs of several blocks, near the ends of pages. */
import { describe, expect, it } from 'vitest';
import { Machine } from '../helpers/machine.js';
import { Random } from '../silicon/random.js';
import { type Bits, DATA, load, mapOnlyData, MEMORY, run, tiersAgree } from './page-ends.js';

const SEED = 20261123;
const BLOCKS = 5;

/** Accesses off registers that keep their values, move by a constant, or get another. */
const PARTS = [
  ...['mov eax, [rsi]', 'add eax, [rsi+200]', 'mov [rdi+8], eax', 'xor [rdi-16], edx', 'mov edx, [rdi+100]'],
  ...['mov eax, [rbp-8]', 'mov [rbp-200], edx', 'add eax, [rsi+rbx*2]', 'movzx edx, byte [rsi+255]'],
  ...[
    'push rax',
    'pop rdx',
    'push rsi',
    'mov eax, [rsp+16]',
    'mov [rsp-120], eax',
    'add rsp, 8',
    'sub rsp, 24',
  ],
  ...[
    'add rsi, 4',
    'sub rdi, 8',
    'lea rsi, [rdi+32]',
    'mov rdi, rsi',
    'add rsi, 120',
    'sub rdi, 150',
    'lea rsi, [rdi+90]',
    'add esi, 64',
    'sub rsp, 200',
    'mov [rsp-250], eax',
    'mov eax, [rdi+250]',
    'mov rbp, rsp',
    'and rdi, -4',
  ],
  ...['bsf rax, rbx', 'mov rdx, [rsi]', 'add dl, 3'],
];
/** The last two are of this program: a call that returns, and one whose return address has been looked at. */
const CALLS = ['call leaf', 'call frame'];

/** Blocks that go on to any of those behind them, again and again, and two functions. */
function someProgram(random: Random, bits: Bits): string {
  const block = (number: number): string => {
    const parts = Array.from({ length: 1 + random.below(5) }, () =>
      random.chance(0.15) ? random.pick(CALLS) : random.pick(PARTS),
    );
    const target = number + 1 + random.below(BLOCKS - number);
    const branch = random.chance(0.7) ? `test al, ${1 << random.below(3)}\njz block${target}` : '';
    return `block${number}: ${parts.join('\n')}\n${branch}`;
  };
  const blocks = Array.from({ length: BLOCKS }, (_, number) => block(number));
  const source = [
    `mov ecx, 0x11223344\nturn:\n${blocks.join('\n')}`,
    `block${BLOCKS}: sub ecx, 1\njnz turn\nhlt`,
    'leaf: add eax, [rsi+8]\nret',
    `frame: push rbp\npush rbx\n${random.pick(PARTS.slice(0, 9))}\njc over\ncall leaf\nover: pop rbx\npop rbp\nret`,
  ].join('\n');
  return bits === 64 ? source : source.replace(/\br(?=(?:ax|bx|cx|dx|si|di|bp|sp)\b)/g, 'e');
}

describe.each([64, 32] as const)('random programs, %i bits', (bits) => {
  it.each([true, false])('what is around the data is mapped: %s', { timeout: 60_000 }, async (isMapped) => {
    await tiersAgree(new Random(SEED + bits), bits, isMapped, 30, someProgram);
  });
});

describe('64 bits, in both tiers, what is not known', () => {
  it.each([
    [
      'where a register has moved',
      'mov eax, [rsi]\nadd rsi, 200\ntest ecx, ecx\njz over\nmov eax, [rsi+100]\nsub rsi, 200\nover:',
      300,
    ],
    [
      'where it has moved back',
      'mov eax, [rsi]\nsub rsi, 200\ntest ecx, ecx\njz over\nadd rsi, 200\nmov eax, [rsi+280]\nover:',
      290,
    ],
    ['where another way leads', 'test ecx, 1\njz over\nmov eax, [rsi+4]\nover: mov edx, [rsi]', 2],
    [
      'where a register has another value',
      'mov eax, [rdi]\nmov rdx, rdi\nmov rdi, rsi\ntest ecx, ecx\njz over\nmov eax, [rdi]\nover: mov rdi, rdx',
      2,
    ],
    ['beyond what was looked at', 'mov eax, [rsi]\ntest ecx, ecx\njz over\nmov eax, [rsi+300]\nover:', 300],
  ] as const)('%s', async (_, body, fromEnd) => {
    const [interpreted, compiled] = await Promise.all(
      [{ jit: false }, { hotThreshold: 2 }].map(async (options) => {
        const machine = await Machine.create(MEMORY, options);
        await load(machine, 64, `mov ecx, 0x11223344\nturn: ${body}\nsub ecx, 1\njnz turn\nhlt`);
        mapOnlyData(machine, 64);
        // Where all is well, until the loop has been compiled with its runs of pages.
        const registers = { rsp: DATA, rsi: MEMORY - 1024, rdi: MEMORY - 2048, rbp: 0, rbx: 0, rcx: 2000 };
        for (let i = 0; i < 12; i++) run(machine, { registers, instructions: 100_000 });
        return run(machine, { registers: { ...registers, rsi: MEMORY - fromEnd }, instructions: 100_000 });
      }),
    );
    expect(compiled).toBe(interpreted);
  });
});
