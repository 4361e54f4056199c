/** What compiled code leaves to the interpreter, and that it does more by itself where that is often. */
import { expect, it } from 'vitest';
import { hex } from '../decode/decoding.js';
import { CODE, Machine } from '../helpers/machine.js';

const MEMORY = 16 << 20;
/** Pages 4 MiB apart share an entry of the TLB. */
const FIRST = 0x200000n;
const SECOND = 0x600000n;
/** A loop of 1,000 turns: mov eax,[rsi]; add eax,1; mov [rdi],eax; sub ecx,1; jnz; and then for ever: jmp $ */
const LOOP = 'b9 e8 03 00 00  8b 06  83 c0 01  89 07  83 e9 01  75 f4  eb fe';
const INSTRUCTIONS = 1 + 5 * 1000;

async function run(options: { jit?: boolean; hotThreshold?: number }, rsi: bigint, rdi: bigint) {
  const machine = await Machine.create(MEMORY, options);
  machine.long().load(hex(LOOP));
  machine.state.setBig('rsi', rsi);
  machine.state.setBig('rdi', rdi);
  machine.run(INSTRUCTIONS);
  const { state, core } = machine;
  const fields = ['rip', 'clock', 'rax', 'rcx', 'rsi', 'rdi'].map((name) => state.big(name));
  return {
    seen: [...fields, machine.rflags, core.words.getUint32(Number(rdi), true)],
    asksForMore: core.exports.isHotAgain.value,
  };
}

it('goes on as it is where it seldom leaves', async () => {
  const interpreted = await run({ jit: false }, FIRST, FIRST);
  const compiled = await run({ hotThreshold: 10 }, FIRST, FIRST);
  expect(interpreted.seen[0]).toBe(BigInt(CODE + 17));
  expect(compiled.seen).toEqual(interpreted.seen);
  expect(compiled.asksForMore).toBe(0);
});

it('is compiled again once it has left often', async () => {
  const interpreted = await run({ jit: false }, FIRST, SECOND);
  const compiled = await run({ hotThreshold: 10 }, FIRST, SECOND);
  expect(compiled.seen).toEqual(interpreted.seen);
  expect(compiled.asksForMore).toBe(1);
});
