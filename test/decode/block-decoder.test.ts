/** Where blocks end, what truncated, invalid and too long instructions give, and that no bytes break the decoder. */
import { expect, it } from 'vitest';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { UOP_BYTES, Uop } from '../../assembly/abi/uop.js';
import { type DecodedBlock } from '../../src/decode/block-decoder.js';
import { decoder, hex, lower, MODES, type ModeName } from './decoding.js';
import { randomBytes } from './random-bytes.js';

function decode(mode: ModeName, bytes: Uint8Array, extraMode = 0, maxInstructions = 64): DecodedBlock {
  return decoder.decode(bytes, 0, bytes.length, MODES[mode] | extraMode, maxInstructions);
}

function shape(block: DecodedBlock): object {
  const { instructionCount, byteLength, needsMoreBytes } = block;
  return { instructionCount, byteLength, needsMoreBytes };
}

const NOP = 0x90;

it('ends at a branch', () => {
  const block = decode('long', hex('90 75fe 90'));
  expect(shape(block)).toEqual({ instructionCount: 2, byteLength: 3, needsMoreBytes: false });
});

it('ends where the bytes end, with the continuation at the next instruction', () => {
  expect(lower('flat', '01c8 89c1')).toEqual([
    '0: AddRR32 Rax, Rcx',
    '2: MovRR32 Rcx, Rax',
    '4: Next 4 (4), c2',
  ]);
});

it('leaves an instruction that runs over the end to the next block', () => {
  const block = decode('long', hex('90 e811'));
  expect(shape(block)).toEqual({ instructionCount: 1, byteLength: 1, needsMoreBytes: false });
});

it('needs more bytes if not even the first instruction is complete', () => {
  const block = decode('long', hex('48b811'));
  expect(shape(block)).toEqual({ instructionCount: 0, byteLength: 0, needsMoreBytes: true });
  expect(block.uopCount).toBe(0);
});

it('never looks past what is available', () => {
  const bytes = hex('90 90 75fe');
  const block = decoder.decode(bytes, 0, 2, MODES.long, 64);
  expect(shape(block)).toEqual({ instructionCount: 2, byteLength: 2, needsMoreBytes: false });
});

it('starts at the offset', () => {
  const block = decoder.decode(hex('cc cc 90 ebfe'), 2, 3, MODES.long, 64);
  expect(shape(block)).toEqual({ instructionCount: 2, byteLength: 3, needsMoreBytes: false });
});

it('takes at most 64 instructions, or as many as it is told', () => {
  const nops = new Uint8Array(200).fill(NOP);
  expect(decode('long', nops).instructionCount).toBe(64);
  expect(decode('long', nops, 0, 5).instructionCount).toBe(5);
});

it('takes one instruction when stepping, and keeps its flags', () => {
  const block = lower('long', '01c8 29c8', Mode.Step);
  expect(block).toEqual(['0: AddRR32 Rax, Rcx', '2: Next 2 (2), c3']);
});

it('gives every instruction a micro-op, from which the core counts', () => {
  expect(lower('long', '90 90')).toEqual(['0: MovRR64 T0, T0', '1: MovRR64 T0, T0', '2: Next 2 (2), c3']);
});

// prettier-ignore
it.each<[name: string, bytes: string]>([
  ['sti', 'fb'], ['cli', 'fa'], ['popf', '9d'], ['iret', 'cf'], ['hlt', 'f4'], ['int', 'cd80'], ['int3', 'cc'],
  ['mov ss', '8ed0'], ['mov ds', '8ed8'], ['pop fs', '0fa1'], ['mov cr3', '0f22d8'], ['mov dr7', '0f23f8'],
  ['wrmsr', '0f30'], ['lmsw', '0f01f0'], ['invlpg', '0f0138'],
  ['syscall', '0f05'], ['sysret', '0f07'], ['retf', 'cb'], ['in', 'e460'], ['out', 'e660'], ['insb', '6c'],
  ['vmrun', '0f01d8'], ['vmmcall', '0f01d9'], ['stgi', '0f01dc'], ['clgi', '0f01dd'], ['swapgs', '0f01f8'],
  ['clac', '0f01ca'], ['ud2', '0f0b'],
])('ends after %s', (_name, bytes) => {
  const padded = new Uint8Array([...hex(bytes), NOP]);
  expect(decode('long', padded).instructionCount).toBe(1);
});

it.each<[name: string, mode: ModeName, bytes: string, op: string]>([
  ['an undefined opcode', 'long', '06 00', 'Undefined'],
  ['LOCK on a register', 'long', 'f0 01c8', 'Undefined'],
  ['LOCK on a load', 'long', 'f0 0300', 'Undefined'],
  ['LOCK on an instruction that has none', 'long', 'f0 8900', 'Undefined'],
  ['LOCK CMP', 'flat', 'f0 3900', 'Undefined'],
  ['MOV CS', 'flat', '8ec8', 'Undefined'],
  ['LLDT in real mode', 'real', '0f00d0', 'Undefined'],
  ['VMCALL', 'long', '0f01c1', 'Undefined'],
  ['15 bytes, invalid', 'long', `${'66'.repeat(12)} 0f0400`, 'Undefined'],
  ['15 bytes up to an opcode that is undefined by itself', 'long', `${'64'.repeat(14)} d6`, 'Undefined'],
  ['a 16th byte that such an opcode does not have', 'flat', `${'66'.repeat(13)} 0f36d3`, 'Undefined'],
  ['16 bytes up to such an opcode', 'flat', `${'66'.repeat(14)} 0f36`, 'TooLong'],
  ['such an opcode where the bytes end', 'flat', '0f36', 'Undefined'],
  ['16 bytes', 'long', `${'66'.repeat(15)} 90`, 'TooLong'],
  ['16 bytes, the last ones missing', 'long', '66'.repeat(15), 'TooLong'],
  ['CMPSD of SSE2 without CR4.OSFXSR, not the string instruction', 'long', 'f20fc2c100', 'Undefined'],
  ['AVX-512, which no model has', 'long', '62f17d48fec0', 'Undefined'],
  ['3DNow!, which no model has', 'long', '0f0fc09e', 'Undefined'],
  ['INVPCID, which no model has', 'long', '660f388200', 'Undefined'],
  ['RDPRU, which no model has', 'long', '0f01fd', 'Undefined'],
])('%s', (_name, mode, bytes, op) => {
  const uops = lower(mode, bytes);
  expect(uops).toHaveLength(2);
  expect(uops[0]).toMatch(new RegExp(`^0: Sys ${op} `));
});

it.each(['06 00', 'f0 01c8'])('ends a block before %s', (bytes) => {
  const block = decode('long', hex(`90 ${bytes}`));
  expect(shape(block)).toEqual({ instructionCount: 1, byteLength: 1, needsMoreBytes: false });
});

it('allows 15 bytes', () => {
  expect(shape(decode('long', hex(`${'66'.repeat(14)} 90`)))).toMatchObject({ byteLength: 15 });
});

it('keeps branch targets that do not fit 32 bits', () => {
  // jz +7FFFFFFFh: from the start of the block the target is 2^31 + 5.
  expect(lower('long', '0f84 ffffff7f')).toEqual([
    '0: Lea64 T0, [BlockRip + 6]',
    '0: Lea64 T1, [BlockRip + 0_80000005h]',
    '0: Cmov64 T0, T1, cc4',
    '0: JmpReg T0, c3',
  ]);
});

it('follows AMD where 66h meets a near branch in 64-bit mode: 16 bits', () => {
  expect(lower('long', '66 e9 0010')).toEqual(['0: Jmp 4100 (4), c1']);
});

it.each(Object.keys(MODES) as ModeName[])('any bytes give a well-formed block: %s', (mode) => {
  for (let seed = 0; seed < 1_500; seed++) {
    const block = decode(mode, randomBytes(seed, 40));
    if (block.needsMoreBytes) continue;
    expect(block.byteLength).toBeLessThanOrEqual(40);
    expect(block.instructionCount).toBeGreaterThan(0);
    checkRecords(block);
  }
});

/** Offsets rise by instruction, every code exists, and the last micro-op goes on somewhere. */
function checkRecords({ uops, uopCount, instructionCount, byteLength }: DecodedBlock): void {
  const view = new DataView(uops.buffer, uops.byteOffset);
  const offsets = new Set<number>();
  let previous = 0;
  for (let i = 0; i < uopCount; i++) {
    const offset = view.getUint16(i * UOP_BYTES + 6, true);
    expect(offset).toBeGreaterThanOrEqual(previous);
    expect(Uop[view.getUint16(i * UOP_BYTES, true)]).toBeDefined();
    if (offset < byteLength) offsets.add(offset);
    previous = offset;
  }
  expect(offsets.size).toBe(instructionCount);
  const last = view.getUint16((uopCount - 1) * UOP_BYTES, true);
  expect(last).toBeGreaterThanOrEqual(Uop.Next);
  expect(last).toBeLessThan(Uop.Sys);
}
