/** Random loops in both tiers: flags that nobody in them asks for are right wherever they are left. */
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { CODE, Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const PROGRAMS = 60;
const STOPS = 40;
const MEMORY = 16 << 20;
/** Pages 4 MiB apart share an entry of the TLB: who goes to both by turns leaves compiled code each time. */
const FIRST = 0x200000n;
const SECOND = 0x600000n;

const REGISTERS = ['eax', 'edx', 'ebx', 'ebp', 'r8d', 'r9'];
const CONDITIONS = ['c', 'nc', 'z', 'nz', 'a', 'be', 's', 'o', 'p', 'l', 'ge', 'g', 'le'];

/** One instruction, or a few. */
function operation(random: Random): string {
  const register = random.pick(REGISTERS);
  const other = random.pick(register === 'r9' ? ['r9', 'r10'] : REGISTERS.filter((name) => name !== 'r9'));
  const small = random.pick([0, 1, 2, 7, 0x7f, -1, -0x80]);
  const condition = random.pick(CONDITIONS);
  return random.pick([
    () =>
      `${random.pick(['add', 'sub', 'cmp', 'and', 'or', 'xor', 'test', 'adc', 'sbb'])} ${register}, ${other}`,
    () => `${random.pick(['add', 'sub', 'cmp', 'and', 'or', 'xor', 'test', 'adc'])} ${register}, ${small}`,
    () =>
      `${random.pick(['add', 'sub', 'cmp', 'test', 'xor'])} ${random.pick(['al', 'dh', 'bx'])}, ${random.pick(['3', '1'])}`,
    () => `${random.pick(['inc', 'dec', 'neg', 'not'])} ${random.pick([register, register, 'ah', 'dx'])}`,
    () => `${random.pick(['rol', 'ror', 'shl', 'shr', 'sar'])} ${register}, ${random.pick([1, 5, 31])}`,
    () => `${random.pick(['shl', 'ror'])} ${register}, cl`,
    () => `imul ${register}, ${other}`,
    () => `bt ${register}, 3`,
    () => `mov ${register}, ${other}`,
    () => `mov edx, [rsi]`,
    () => `add eax, [rdi]`,
    () => `cmp [rsi], ebx`,
    () => `mov [rdi], ebx`,
    () => `add [rsi], eax`,
    () => `xchg rsi, rdi`,
    () => `set${condition} al`,
    () => `cmov${condition} ebx, edx`,
    () => random.pick(['lahf', 'pushfq\npop rbp', 'cmc', 'stc']),
  ])();
}

function operations(random: Random, most: number): string[] {
  return Array.from({ length: random.below(most + 1) }, () => operation(random));
}

let labels = 0;

/** A loop, whose body may branch over a part of itself and have loops of its own. */
function loop(random: Random, depth: number): string[] {
  const [again, on] = [`again${labels++}`, `on${labels++}`];
  const counter = ['ecx', 'r11d', 'r12d'][depth]!;
  const inner = depth < 2 && random.chance(0.4) ? loop(random, depth + 1) : [];
  const turn = random.pick([
    [`dec ${counter}`, `jnz ${again}`],
    [`sub ${counter}, 1`, `jnz ${again}`],
    [`add ${counter}, -1`, `cmp ${counter}, ${random.pick(['0', '1'])}`, `jg ${again}`],
    [
      `cmp ${counter}, ebx`,
      `lea ${counter}, [${counter} - 1]`,
      `test ${counter}, ${counter}`,
      `jnz ${again}`,
    ],
  ]);
  return [
    `mov ${counter}, ${1 + random.below(6)}`,
    ...operations(random, 2),
    `${again}:`,
    ...operations(random, 4),
    ...(random.chance(0.5) ? [`j${random.pick(CONDITIONS)} ${on}`, ...operations(random, 3), `${on}:`] : []),
    ...inner,
    ...operations(random, 3),
    ...turn,
  ];
}

const look = ({ core }: Machine): string =>
  visibleState(core, { memory: [FIRST, SECOND].map((word) => [Number(word), Number(word) + 8]) });

it.each(Array.from({ length: 4 }, (_, i) => i))('random programs, part %i', async (part) => {
  const random = new Random(SEED + part);
  for (let i = 0; i < PROGRAMS / 4; i++) {
    const lines = ['start:', ...loop(random, 0), ...operations(random, 2), 'jmp start'];
    const source = lines.join('\n');
    const { bytes } = await assemble(source, { bits: 64, origin: CODE });
    const [interpreted, compiled] = [
      await Machine.create(MEMORY, { jit: false }),
      await Machine.create(MEMORY, { hotThreshold: 3 }),
    ];
    for (const machine of [interpreted, compiled]) {
      machine.long().load(bytes);
      machine.state.setBig('rsi', FIRST);
      machine.state.setBig('rdi', SECOND);
      machine.state.setBig('rsp', 0x300000n);
    }
    for (let stop = 0; stop < STOPS; stop++) {
      const instructions = 1 + random.below(random.chance(0.5) ? 30 : 1500);
      for (const machine of [interpreted, compiled]) machine.run(instructions);
      expect(look(compiled), `${source}\nstop ${stop}`).toBe(look(interpreted));
    }
    expect(compiled.core.functionCount).toBeGreaterThan(interpreted.core.functionCount);
  }
});
