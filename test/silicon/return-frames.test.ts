/** Return frames that begin or end where memory does: which slot faults is the one that is read first. */
import { expect, it } from 'vitest';
import { differences } from './differences.js';
import { CODE_START, WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';
import { NativeProcessor } from './native.js';
import type { Bits, Snippet } from './record.js';
import { VmexitSubject } from './vmexit-subject.js';

const RSP = 4;
const FOUR_GIB = 2 ** 32;
/** Twelve bytes are the longest frame. */
const OFFSETS = Array.from({ length: 33 }, (_, i) => i - 16);
const subject = await VmexitSubject.create();

function withStack(bytes: readonly number[], stackPointer: number, isLong: boolean): Snippet {
  return {
    bits: 32,
    instructions: [Uint8Array.from(bytes)],
    registers: Array.from({ length: 16 }, (_, i) => (i === RSP ? BigInt(stackPointer) : 0n)),
    flags: 0x202,
    windowSeed: isLong ? 1 : 2, // by which the subject chooses its mode
    patches: [],
  };
}

const bits: Bits = 32;
const native = NativeProcessor.create(bits);
const reason = native === undefined ? ' (skipped: needs gcc-multilib on x86-64 Linux)' : '';

// prettier-ignore
it.skipIf(native === undefined).each([
  ['IRETD', [0xcf]],
  ['IRET',  [0x66, 0xcf]],
  ['RETFD', [0xcb]],
  ['RETF',  [0x66, 0xcb]],
])(`%s reads its frame as this processor does${reason}`, (_name, bytes) => {
  const edges = [WINDOW_ADDRESS, WINDOW_ADDRESS + WINDOW_BYTES, CODE_START, FOUR_GIB];
  const snippets = edges
    .flatMap((edge) => OFFSETS.map((offset) => (edge + offset) % FOUR_GIB))
    .flatMap((pointer) => [true, false].map((isLong) => withStack(bytes, pointer, isLong)));
  const found = (native?.run(snippets) ?? []).flatMap((expected, i) => {
    const snippet = snippets[i];
    if (snippet === undefined) return [];
    const differing = differences(expected, subject.run(snippet, expected?.selectors ?? []));
    return differing.length === 0 ? [] : [`ESP ${snippet.registers[RSP]?.toString(16) ?? ''}: ${differing.join(', ')}`];
  });
  expect(found).toEqual([]);
});
