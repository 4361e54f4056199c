/** Exits that the workload causes: each is handled as the processor, or the lack of the feature, would have it. */
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type { RunResult } from '../../src/hypervisor/run-result.js';
import {
  dword,
  exit,
  MEMORY_BYTES,
  realModeGuest,
  UNEXPECTED,
  WARM_STACK,
} from '../helpers/real-mode-guest.js';

const INVALID_OPCODE = 6;
const GENERAL_PROTECTION = 13;

async function run(main: readonly number[], handlers = {}): Promise<RunResult> {
  const vm = await createVm({ guest: realModeGuest({ main, handlers }), memoryBytes: MEMORY_BYTES });
  return vm.run({ maxInstructions: 10_000 });
}

function countOf({ exits }: RunResult, name: string): number {
  return exits.filter((exit) => exit.name === name).reduce((sum, { count }) => sum + count, 0);
}

/** mov ecx, msr */
const MSR = (index: number): number[] => [0x66, 0xb9, ...dword(index)];
const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];

describe('an instruction the guest does not have raises #UD', () => {
  // prettier-ignore
  it.each([
    ['MONITOR', [0x0f, 0x01, 0xc8]],
    ['MWAIT',   [0x0f, 0x01, 0xc9]],
    ['XSETBV without CR4.OSXSAVE', [0x0f, 0x01, 0xd1]],
    ['VMRUN',   [0x0f, 0x01, 0xd8]],
    ['VMLOAD',  [0x0f, 0x01, 0xda]],
    ['VMSAVE',  [0x0f, 0x01, 0xdb]],
    ['STGI',    [0x0f, 0x01, 0xdc]],
    ['CLGI',    [0x0f, 0x01, 0xdd]],
    ['INVLPGA', [0x0f, 0x01, 0xdf]],
  ])('%s', async (_name, bytes) => {
    const { stop } = await run([...bytes, ...exit(0)]);
    expect(stop).toEqual({ kind: 'exit', status: UNEXPECTED + INVALID_OPCODE });
  });
});

describe('XSETBV exits, and the hypervisor executes it', () => {
  const XSETBV = [0x0f, 0x01, 0xd1];
  const OSXSAVE = 0x40000;
  /** mov eax, OSXSAVE; mov cr4, eax */
  const ENABLE = [0x66, 0xb8, ...dword(OSXSAVE), 0x0f, 0x22, 0xe0];
  /** xor ecx, ecx; xor edx, edx; mov eax, value; xsetbv */
  const write = (value: number) => [
    ...[0x66, 0x31, 0xc9],
    ...[0x66, 0x31, 0xd2],
    0x66,
    0xb8,
    ...dword(value),
    ...XSETBV,
  ];
  /** xgetbv; out 0F4h, al */
  const EXIT_WITH_XCR0 = [0x0f, 0x01, 0xd0, 0xe6, 0xf4];

  it('as it is', async () => {
    const result = await run([...ENABLE, ...write(3), ...EXIT_WITH_XCR0]);
    expect(result.stop).toEqual({ kind: 'exit', status: 3 });
    expect(countOf(result, 'xsetbv')).toBe(1);
  });

  it('with #GP for a value that is not legal', async () => {
    const { stop } = await run([...ENABLE, ...write(2), ...EXIT_WITH_XCR0]);
    expect(stop).toEqual({ kind: 'exit', status: UNEXPECTED + GENERAL_PROTECTION });
  });
});

it.each([
  ['INVD', 'invd', [0x0f, 0x08]],
  ['WBINVD', 'wbinvd', [0x0f, 0x09]],
])('%s exits and does nothing', async (_name, kind, bytes) => {
  const result = await run([...bytes, ...exit(0)]);
  expect(result.stop).toEqual({ kind: 'exit', status: 0 });
  expect(countOf(result, kind)).toBe(1);
});

it('CPUID gives all four registers', async () => {
  /** xor eax, eax; cpuid; mov al, bl; out 0F4h, al: the A of AuthenticAMD. */
  const { stop } = await run([0x66, 0x31, 0xc0, 0x0f, 0xa2, 0x88, 0xd8, 0xe6, 0xf4]);
  expect(stop).toEqual({ kind: 'exit', status: 'A'.charCodeAt(0) });
});

describe('MSRs', () => {
  it('EFER reads without SVME', async () => {
    /** mov al, ah; out 0F4h, al: EFER bits 15:8 */
    const { stop } = await run([...MSR(0xc000_0080), ...RDMSR, 0x88, 0xe0, 0xe6, 0xf4]);
    expect(stop).toEqual({ kind: 'exit', status: 0 });
  });

  it.each([
    ['RDMSR', RDMSR],
    ['WRMSR', WRMSR],
  ])('%s of one that does not exist raises #GP', async (_name, bytes) => {
    const { stop } = await run([...MSR(0x1234), ...bytes, ...exit(0)]);
    expect(stop).toEqual({ kind: 'exit', status: UNEXPECTED + GENERAL_PROTECTION });
  });

  it('a write of TSC moves what RDTSC reads', async () => {
    /** mov eax, 1000; xor edx, edx; wrmsr; rdtsc; sub eax, 1000; out 0F4h, al: instructions since the write. */
    const write = [0x66, 0xb8, ...dword(1000), 0x66, 0x31, 0xd2, ...MSR(0x10), ...WRMSR];
    const { stop } = await run([...write, 0x0f, 0x31, 0x66, 0x2d, ...dword(1000), 0xe6, 0xf4]);
    expect(stop).toMatchObject({ kind: 'exit', status: expect.toSatisfy((since: number) => since <= 2) });
  });
});

describe('the guest that single-steps over an emulated instruction', () => {
  /** pushf; mov bp, sp; or byte [bp+1], 1; popf: sets TF. */
  const SET_TF = [0x9c, 0x89, 0xe5, 0x80, 0x4e, 0x01, 0x01, 0x9d];
  const DEBUG = 1;
  /** pop ax; sub ax, imm; out 0F4h, al: how far from `main` the #DB was. */
  const EXIT_WITH_RETURN_ADDRESS = [0x58, 0x2d, 0x00, 0x06, 0xe6, 0xf4];

  it('gets its #DB after it', async () => {
    const CPUID = [0x0f, 0xa2];
    const main = [...WARM_STACK, ...SET_TF, ...CPUID, ...exit(0)];
    const { stop } = await run(main, { [DEBUG]: EXIT_WITH_RETURN_ADDRESS });
    expect(stop).toEqual({ kind: 'exit', status: WARM_STACK.length + SET_TF.length + CPUID.length });
  });

  it('may use the debug registers in its handler although DR7.GD was set', async () => {
    /** mov eax, 2400h; mov dr7, eax */
    const SET_GD = [0x66, 0xb8, 0x00, 0x24, 0x00, 0x00, 0x0f, 0x23, 0xf8];
    /** mov eax, dr6; mov al, ah; and al, 20h; out 0F4h, al: whether reading DR6 was an event of its own. */
    const EXIT_WITH_BD = [0x0f, 0x21, 0xf0, 0x88, 0xe0, 0x24, 0x20, 0xe6, 0xf4];
    const main = [...WARM_STACK, ...SET_GD, ...SET_TF, 0x0f, 0xa2, ...exit(1)];
    const { stop } = await run(main, { [DEBUG]: EXIT_WITH_BD });
    expect(stop).toEqual({ kind: 'exit', status: 0 });
  });
});

it('pages are mapped at their first touch, each with one exit', async () => {
  /** mov ax, [4000h]; mov ax, [4ff0h]; mov ax, [5000h] */
  const touch = [0xa1, 0x00, 0x40, 0xa1, 0xf0, 0x4f, 0xa1, 0x00, 0x50];
  const result = await run([...touch, ...exit(0)]);
  const IMAGE_PAGE = 1;
  expect(countOf(result, 'nested-page-fault')).toBe(IMAGE_PAGE + 2);
});

describe('a task switch', () => {
  /**
   * 32-bit, at 100000h. Loads a GDT with two TSSs, calls the second (call 20h:0), whose task stores 20h and returns
   * by IRET with NT; then ends with 20h + 7, the 7 kept in EBX across both switches.
   *
   *     mov esp,90000h / lgdt [gdtr] / jmp 8:.cs / .cs: load DS, ES, SS with 10h / ltr 18h / fill tss2 / mov ebx,7
   *     call 20h:0 / mov al,[result] / add al,bl / out 0F4h,al
   *     task2: mov byte [result],20h / iretd
   *     result, GDT, GDTR; two TSSs of zeros follow
   */
  const CODE =
    'bc000009000f0115b8001000ea13001000080066b810008e' +
    'd88ec08ed066b818000f00d8c705480110007f001000c705' +
    '4c01100002000000c7056001100000000800c70570011000' +
    '10000000c7057401100008000000c7057801100010000000' +
    'c7057c01100010000000bb070000009a000000002000a088' +
    '00100000d8e6f4c6058800100020cff40090909090909090' +
    '0000000000000000ffff0000009bcf00ffff00000093cf00' +
    '6700c0001089000067002801108900002700900010009090';
  const BYTES_WITH_TSS = 400;

  it('exits, and is done by the processor', async () => {
    const image = new Uint8Array(BYTES_WITH_TSS);
    image.set(Uint8Array.from(Buffer.from(CODE, 'hex')));
    const vm = await createVm({ guest: image, format: 'flat', bits: 32, load: 0x10_0000 });
    const result = vm.run({ maxInstructions: 1000 });
    expect(result.stop).toEqual({ kind: 'exit', status: 0x20 + 7 });
    expect(countOf(result, 'task-switch')).toBe(1);
  });
});
