/** The native harness itself, on snippets whose effect everybody knows. */
import { expect, it } from 'vitest';
import { NativeProcessor } from './native.js';
import { defaultExtendedState, extendedDifferences } from './extended-state.js';
import { CODE_START, Extended, WINDOW_ADDRESS } from './layout.js';
import type { Bits, Snippet } from './record.js';
import { VmexitSubject } from './vmexit-subject.js';

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

/** Every byte of every component different from its neighbours and from the initial state, as far as it can be. */
function distinctState(bits: Bits): Uint8Array {
  const vectorRegisters = bits === 64 ? 16 : 8;
  const state = defaultExtendedState();
  for (let i = 0; i < vectorRegisters * 32; i++) state[Extended.ymm + i] = (i * 37 + 11) & 0xff;
  for (let i = 0; i < 8 * 16; i++) if (i % 16 < 10) state[Extended.x87 + i] = (i * 41 + 7) & 0xff;
  const view = new DataView(state.buffer);
  const [invalidUnmasked, roundUp] = [0x37e, 0x800];
  view.setUint16(Extended.control, invalidUnmasked | roundUp, true);
  // TOP = 5, C0, C3, zero divide; and IE, which is not masked, so that ES and B are set.
  view.setUint16(Extended.status, 0x8081 | (5 << 11) | 0x4100 | 4, true);
  view.setUint16(Extended.tags, 0xa5, true);
  view.setUint16(Extended.opcode, 0x5a5, true);
  view.setBigUint64(Extended.instructionPointer, 0x1234_5678n, true);
  view.setBigUint64(Extended.dataPointer, 0x9abc_def0n, true);
  const [roundDown, daz, ftz, overflow, denormalsUnmasked] = [0x2000, 0x40, 0x8000, 8, 0x100];
  view.setUint32(Extended.mxcsr, (0x1f80 ^ denormalsUnmasked) | roundDown | daz | ftz | overflow, true);
  if (bits !== 64) return state;
  view.setBigUint64(Extended.fsBase, 0x7123_4567_89abn, true);
  view.setBigUint64(Extended.gsBase, 0xffff_8000_0000_0001n, true);
  return state;
}

const subject = await VmexitSubject.create();

for (const bits of [64, 32, 16] as const) {
  const native = NativeProcessor.create(bits);
  it.skipIf(native === undefined)(`extended state goes in and comes out, ${bits} bits`, () => {
    const nop = { ...snippet(bits, [0x90]), extended: distinctState(bits) };
    const fnclex = { ...nop, instructions: [Uint8Array.of(0xdb, 0xe2)] };
    const [same, cleared, unknown] = native?.run([nop, fnclex, snippet(bits, [0x90])]) ?? [];
    expect(extendedDifferences(nop.extended, same?.extended ?? defaultExtendedState())).toEqual([]);
    // FNCLEX clears the exception flags, ES and B; the pointers are saved only while an exception is pending.
    expect(extendedDifferences(nop.extended, cleared?.extended ?? defaultExtendedState())).toEqual([
      'FSW e985 ≠ 6900',
      'FOP 05a5 ≠ 0000',
      'FIP 0000000012345678 ≠ 0000000000000000',
      'FDP 000000009abcdef0 ≠ 0000000000000000',
    ]);
    expect(unknown?.extended).toBeUndefined();

    const simulated = subject.run(nop, same?.selectors ?? []);
    expect(typeof simulated === 'string' ? simulated : simulated.extended).toEqual(nop.extended);
  });

  it.skipIf(native === undefined)(`SIGFPE is #MF or #XF, ${bits} bits`, () => {
    const pending = { ...snippet(bits, [0x9b]), extended: distinctState(bits) }; // fwait
    const divide = { ...snippet(bits, [0x0f, 0x5e, 0xc1]), extended: defaultExtendedState() }; // divps xmm0, xmm1
    new DataView(divide.extended.buffer).setUint32(Extended.mxcsr, 0, true); // nothing masked, and 0 / 0
    const [x87, sse] = native?.run([pending, divide]) ?? [];
    expect(x87?.vector).toBe(16);
    expect(sse?.vector).toBe(19);
  });
}
