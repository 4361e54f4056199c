/** Blocks that are made to fit what was written over them: the same micro-ops as decoding gives, the same effects as without. */
import { expect, it } from 'vitest';
import { NO_PAGE } from '../../assembly/abi/layout.js';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { UOP_BYTES } from '../../assembly/abi/uop.js';
import { assemble } from '../../src/asm/assemble.js';
import type { Core } from '../../src/core/core.js';
import type { DecodedBlock } from '../../src/decode/block-decoder.js';
import { BlockField } from '../../src/jit/region.js';
import { CODE, Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const CASES = 30_000;
const AT = 0x3100;
const ROOM = 64;
const MODES = [
  Mode.Code64 | Mode.Flat,
  Mode.Code32 | Mode.Flat | Mode.Stack32,
  Mode.Code32 | Mode.Stack32,
  Mode.Code16 | Mode.RealOrV86,
  Mode.Code64 | Mode.Flat | Mode.Exact,
];
/** Offset of `Block.region` (assembly/block.ts). */
const REGION = 40;
const PREFIXES = [0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x64, 0x40, 0x48, 0x41, 0x4c];
// Opcodes with constants of every size, and without, of one byte and of two; moves from and to absolute addresses.
// prettier-ignore
const OPCODES = [
  [0x81], [0x83], [0x80], [0x05], [0x0d], [0x15], [0x2d], [0x35], [0x3d], [0xa9], [0x04], [0xa8], [0xf7], [0xc7], [0xc6],
  [0xb8], [0xbf], [0xb0], [0x8d], [0x8b], [0x8a], [0x89], [0x88], [0xa0], [0xa1], [0xa2], [0xa3], [0x69], [0x6b], [0x68],
  [0x6a], [0xe8], [0xe9], [0xeb], [0xff], [0xc1], [0xd1], [0x00], [0x01], [0x63], [0x0f, 0xb6], [0x0f, 0xbf], [0x0f, 0xaf],
  [0x0f, 0x84], [0x0f, 0xba], [0x0f, 0x10], [0x0f, 0x6f], [0x0f, 0x1f], [0x0f, 0x44], [0xd9], [0xdd], [0x90], [0x40], [0x48],
];

/** Bytes of which many are alike, so that a part of one thing could pass for another. */
function someByte(random: Random): number {
  return random.chance(0.6) ? random.pick([0, 0xff, 1, 0x80, 0xc0, 0x83]) : random.below(256);
}

function instruction(random: Random): number[] {
  const prefixes = Array.from({ length: random.below(3) }, () => random.pick(PREFIXES));
  const same = random.chance(0.3) ? random.pick([0, 0xff]) : undefined;
  const tail = Array.from({ length: 9 }, () => same ?? someByte(random));
  return [...prefixes, ...random.pick(OPCODES), ...tail];
}

const uopsOf = ({ uops, uopCount }: DecodedBlock): string =>
  Buffer.from(uops.subarray(0, uopCount * UOP_BYTES)).toString('hex');

function uopsAt({ bytes }: Core, block: number, count: number): string {
  const start = block + BlockField.Uop;
  return Buffer.from(bytes.subarray(start, start + count * UOP_BYTES)).toString('hex');
}

it(
  'has the micro-ops that decoding gives, for any instruction and any change',
  { timeout: 60_000 },
  async () => {
    const { engine, core } = await Machine.create(1 << 20, { jit: false });
    const random = new Random(SEED);
    const { exports, memory, bytes } = core;
    let revived = 0;
    let kept = 0;
    for (let i = 0; i < CASES; i++) {
      const mode = random.pick(MODES);
      const code = [...instruction(random), ...instruction(random)].slice(0, ROOM);
      core.write(AT, Uint8Array.from(code));
      const before = engine.decoder.decode(memory, AT, code.length, mode, 2);
      if (before.needsMoreBytes) continue;
      bytes.set(before.uops.subarray(0, before.uopCount * UOP_BYTES), exports.nextBlockUops());
      const { instructionCount, uopCount, byteLength } = before;
      exports.commitBlock(AT, mode, instructionCount, uopCount, byteLength, NO_PAGE);
      const first = random.below(byteLength);
      const changed = memory.slice(AT, AT + byteLength).map((byte, at) => {
        const isChanged = at >= first && at < first + 4;
        return isChanged ? someByte(random) : byte;
      });
      memory.set(changed, AT);
      exports.invalidateCode(AT, byteLength);
      const block = exports.reviveBlock(AT, mode);
      const after = engine.decoder.decode(memory, AT, code.length, mode, 2);
      if (block !== 0) {
        revived++;
        const label = `case ${i}: ${Buffer.from(code).toString('hex')} and then ${Buffer.from(changed).toString('hex')}`;
        expect([after.instructionCount, after.byteLength, after.uopCount], label).toEqual([
          new DataView(bytes.buffer).getUint32(block + BlockField.Instructions, true),
          byteLength,
          uopCount,
        ]);
        expect(uopsAt(core, block, uopCount), label).toBe(uopsOf(after));
        // Another store: if the block lives on, it is what decoding gives again.
        const size = random.pick([1, 2, 4]);
        const at = random.below(byteLength - Math.min(size, byteLength) + 1);
        for (let k = 0; k < size; k++) memory[AT + at + k] = someByte(random);
        exports.invalidateCode(AT + at, size);
        if (exports.findDecoded(AT, mode) === block) {
          kept++;
          const now = engine.decoder.decode(memory, AT, code.length, mode, 2);
          expect(uopsAt(core, block, uopCount), `${label}, ${size} bytes at ${at}`).toBe(uopsOf(now));
        }
      }
      exports.dropAllCode();
    }
    expect(revived).toBeGreaterThan(CASES / 20);
    expect(kept).toBeGreaterThan(CASES / 100);
  },
);

/** Rewrites a function between its calls: the constant, the displacement, the whole, two versions in turn. */
const PROGRAM = `
  bits 64
  mov ecx, 300
  mov esi, function
  mov edi, 4000h
  again:
  mov [rsi + 1], ecx
  call rsi
  lea edx, [rcx * 8 + 4000h]
  mov [rsi + 7], edx
  call rsi
  mov [rsi + 2], dl
  mov [rsi + 3], cx
  call rsi
  mov [abs constant + 1], ecx
  call own
  test cl, 3
  jnz next
  xor byte [rsi], 05h ^ 35h
  next:
  test cl, 15
  jnz last
  xor dword [rsi + 11], 0c3h ^ 0f8h
  last:
  dec ecx
  jnz again
  hlt
  align 64
  function:
  add eax, 1
  mov ebx, [abs 4000h]
  adc eax, ebx
  ret
  ret
  align 64
  own:
  mov [abs constant + 1], eax
  constant:
  add eax, 1234567h
  xor byte [abs constant + 2], cl
  ret`;

it.each([
  ['interpreted', { jit: false }],
  ['compiled', { hotThreshold: 6 }],
])('does what code does that is decoded each time, %s', async (_, options) => {
  const { bytes } = await assemble(PROGRAM, { origin: CODE });
  const machines = [
    await Machine.create(1 << 20, options),
    await Machine.create(1 << 20, { jit: false }),
  ] as const;
  for (const machine of machines) {
    machine.long().load(bytes);
    for (let at = 0x4000; at < 0x5000; at += 4)
      machine.core.words.setUint32(at, Math.imul(at, 0x9e3779b1), true);
  }
  const [kept, fresh] = machines;
  const random = new Random(SEED);
  for (let stop: Stop = Stop.Budget; stop === Stop.Budget;) {
    const slice = random.pick([37, 2, 3, 5, 8]);
    stop = kept.run(slice);
    for (let i = 0; i < slice; i++) {
      fresh.core.exports.dropAllCode();
      if (fresh.run(1) !== Stop.Budget) break;
    }
    expect(visibleState(kept.core)).toBe(visibleState(fresh.core));
  }
});

it('is compiled once its constant has stayed what it is for long', async () => {
  // function: add eax, 1; ret, whose constant changes with each call, and then no more.
  const { bytes } = await assemble(
    `bits 64
    mov esi, function
    mov ecx, 2000
    changing:
    mov [rsi + 1], ecx
    call rsi
    dec ecx
    jnz changing
    mov ecx, 100000
    constant:
    call rsi
    dec ecx
    jnz constant
    mov dword [rsi + 1], 7
    call rsi
    hlt
    align 64
    function:
    add eax, 12345678h
    ret`,
    { origin: CODE },
  );
  const machine = await Machine.create(1 << 20, { hotThreshold: 100 });
  machine.long().load(bytes);
  const { core, state } = machine;
  const isCompiled = (): boolean => {
    const block = core.exports.findDecoded(CODE + 64, state.get('mode'));
    return new DataView(core.bytes.buffer).getUint32(block + REGION, true) !== 0;
  };
  machine.run(2 + 2000 * 6);
  expect(isCompiled()).toBe(false);
  machine.run(5 * 100_000);
  expect(isCompiled()).toBe(true);
  expect(machine.run(100)).toBe(Stop.Halted);
  expect(state.num('rax')).toBe(((2000 * 2001) / 2 + 100_000 + 7) % 2 ** 32);
});

it('is what it has made of itself where its rest was put aside meanwhile', async () => {
  const { bytes } = await assemble('bits 64\nnop\nnop\nmov [rdx], ecx\nadd eax, 12345678h\nnop\nhlt', {
    origin: CODE,
  });
  const constant = CODE + bytes.length - 2 - 4;
  const machine = await Machine.create(1 << 20);
  machine.long().load(bytes);
  const { core, state } = machine;
  const run = (instructions: number, ecx: number, to: number): void => {
    state.setNum('rip', CODE);
    state.setNum('rcx', ecx);
    state.setNum('rdx', to);
    state.setNum('rax', 0);
    machine.run(instructions);
  };
  // So that the block of which parts are run does not count as running.
  const runElsewhere = (): void => {
    machine.load([0x90, 0x90], 0x5000);
    machine.run(1);
  };
  // A block of which parts are run; its constant is replaced from outside, then up to its own store, then by that.
  run(2, 1, 0x4000);
  runElsewhere();
  core.write(constant, Uint8Array.of(2, 0, 0, 0));
  run(2, 1, 0x4000);
  run(3, 3, constant);
  run(4, 4, 0x4000);
  expect(state.num('rax')).toBe(3);
});
