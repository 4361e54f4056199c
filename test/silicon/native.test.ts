/** The native harness itself, on snippets whose effect everybody knows. */
import { expect, it } from 'vitest';
import { NativeProcessor } from './native.js';
import { CODE_START, WINDOW_ADDRESS } from './record.js';
import type { Bits, Snippet } from './record.js';

function snippet(bits: Bits, bytes: number[], registers: Partial<Record<number, bigint>> = {}): Snippet {
  return {
    bits,
    instructions: [Uint8Array.from(bytes)],
    registers: Array.from({ length: 16 }, (_, i) => registers[i] ?? 0n),
    flags: 0x202,
    windowSeed: 1,
    patches: [{ index: 0, value: 0x1122_3344_5566_7788n }],
  };
}

const RAX = 0;
const RCX = 1;
const CF_PF_AF_ZF = 0x55;
const STATUS_FLAGS = 0x8d5;

for (const bits of [64, 32] as const) {
  const native = NativeProcessor.create(bits);
  const reason = native === undefined ? ' (skipped: needs gcc-multilib on x86-64 Linux)' : '';

  it.skipIf(native === undefined)(`runs code natively with ${bits} bits${reason}`, () => {
    const add = snippet(bits, [0x01, 0xc8], { [RAX]: 0xffff_ffffn, [RCX]: 1n }); // add eax, ecx
    const load = snippet(bits, [0x8b, 0x01], { [RCX]: BigInt(WINDOW_ADDRESS) }); // mov eax, [rcx]
    const store = snippet(bits, [0x89, 0x01], { [RAX]: 0xabcdn, [RCX]: BigInt(WINDOW_ADDRESS) }); // mov [rcx], eax
    const wild = snippet(bits, [0x8b, 0x01], { [RCX]: 0x123n });
    const divide = snippet(bits, [0xf7, 0xf1]); // div ecx
    const [sum, loaded, stored, fault, divideError] = native?.run([add, load, store, wild, divide]) ?? [];

    expect(sum).toMatchObject({ vector: 3, rip: BigInt(CODE_START + 2) });
    expect(sum?.registers[RAX]).toBe(0n);
    expect((sum?.flags ?? 0) & STATUS_FLAGS).toBe(CF_PF_AF_ZF);
    expect(loaded?.registers[RAX]).toBe(0x5566_7788n);
    expect(stored?.changed).toEqual([{ index: 0, value: 0x1122_3344_0000_abcdn }]);
    expect(fault).toMatchObject({ vector: 14, rip: BigInt(CODE_START), faultAddress: 0x123n, errorCode: 4 });
    expect(divideError).toMatchObject({ vector: 0, rip: BigInt(CODE_START) });
  });
}
