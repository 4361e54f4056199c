/** Whole programs in both tiers: the same registers, flags, memory and clock wherever they are stopped. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Stop } from '../../assembly/abi/stop.js';
import { KERNEL_NAMES } from '../../bench/kernels.js';
import { compare } from '../../src/lab/compare.js';
import { listShippedGuests, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { MOST_REGIONS } from '../../src/jit/compiler.js';
import { hex } from '../decode/decoding.js';
import { CODE, Machine } from '../helpers/machine.js';
import { enterGuest } from '../helpers/outcome.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const KERNEL = 0x100000;
const MEMORY = 8 << 20;
const HOT = { hotThreshold: 10 };

async function pair(memoryBytes = MEMORY): Promise<[Machine, Machine]> {
  return [await Machine.create(memoryBytes, { jit: false }), await Machine.create(memoryBytes, HOT)];
}

describe('kernels, stopped at random', () => {
  it.each(KERNEL_NAMES)('%s', { timeout: 60_000 }, async (name) => {
    const random = new Random(SEED);
    const machines = await pair();
    const code = readFileSync(`bench/kernels/${name}.bin`);
    for (const machine of machines) machine.long().load(code, KERNEL);
    for (let i = 0; i < 12; i++) {
      const instructions = 1 + random.below(random.chance(0.5) ? 40 : 60_000);
      const [interpreted, compiled] = machines.map((machine) => {
        machine.run(instructions);
        return visibleState(machine.core);
      });
      expect(compiled).toEqual(interpreted);
    }
    // Something was compiled.
    expect(machines[1].core.functionCount).toBeGreaterThan(machines[0].core.functionCount);
  });
});

/** Runs 64-bit code in both tiers and expects the same of them. */
async function agree(bytes: string, instructions: number): Promise<void> {
  const [interpreted, compiled] = await pair(1 << 20);
  for (const machine of [interpreted, compiled]) {
    machine.long().load(hex(bytes));
    machine.run(instructions);
  }
  expect(visibleState(compiled.core)).toBe(visibleState(interpreted.core));
}

describe('code that changes itself', () => {
  it('from within its own loop', async () => {
    // The immediate of ADD at CODE+7 counts up: inc dword [rip-relative to it]; add eax, imm; dec ecx; jnz
    await agree('b9e8030000' + 'ff0502000000' + '81c000000000' + 'ffc9' + '75f0' + 'f4', 3500);
  });

  it('in a function that was compiled before', async () => {
    // Calls a function 200 times, then changes the constant that it returns, and again.
    const body =
      'b9c8000000' + // start: mov ecx, 200
      'e815000000' + // again: call function
      '01c3' + // add ebx, eax
      'ffc9' + // dec ecx
      '75f5' + // jnz again
      '83050900000001' + // add dword [constant], 1
      'ebe5' + // jmp start
      '90909090' +
      'b801000000' + // function: mov eax, constant
      'c3';
    await agree(body, 9000);
  });
});

describe('branches to one of many places', () => {
  const bytesOf = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
  const agreeOften = async (code: string): Promise<void> => {
    for (const instructions of [5000, 20_011, 60_007]) await agree(code, instructions);
  };

  it('an interpreter of 16 operations, each of which jumps to the next', async () => {
    const operation = (n: number): string =>
      '81c3' +
      bytesOf(n) + // add ebx, n
      '69c00d661900' + // imul eax, eax, 1664525
      '055ff36e3c' + // add eax, 1013904223
      '89c2c1ea1cc1e206' + // edx = 64 * (eax >> 28)
      '81c2' +
      bytesOf(CODE) + // add edx, CODE
      'ffc97402ffe2' + // dec ecx; jz on; jmp rdx
      'b988130000ffe2'; // on: mov ecx, 5000; jmp rdx
    const code = Array.from({ length: 16 }, (_, n) => operation(n).padEnd(128, '0')).join('');
    await agreeOften(code);
  });

  it('a loop that is entered in its middle', async () => {
    const code =
      'b932000000' + // start: mov ecx, 50
      'ffc6f7c601000000' + // inc esi; test esi, 1
      '7406' + // jz middle
      '01cb' + // again: add ebx, ecx
      'ffc978ed' + // dec ecx; js start
      '01ca' + // middle: add edx, ecx
      'ffc979f4' + // dec ecx; jns again
      'ebe5'; // jmp start
    await agreeOften(code);
  });

  it('a function that many loops call', async () => {
    const loops = 6;
    // mov ecx, 10; again: call function; dec ecx; jnz again
    const loop = (n: number): string => {
      const distance = (loops - n) * 14 + 5 - 10;
      return 'b90a000000' + 'e8' + bytesOf(distance) + 'ffc975f7';
    };
    const code = Array.from({ length: loops }, (_, n) => loop(n)).join('');
    const back = 'e9' + bytesOf(-(loops * 14 + 5));
    // function: add ebx, 3; test bl, 4; jnz on; xor edx, ebx; on: ret
    await agreeOften(code + back + '83c303f6c3047502' + '31da' + 'c3');
  });

  it('functions that call each other through pointers', async () => {
    const code =
      '488d351c000000' + // lea rsi, [rip + one]
      '488d3d19000000' + // lea rdi, [rip + two]
      'ffc0' + // again: inc eax
      'a803' + // test al, 3
      '7503' + // jnz on
      '4887fe' + // xchg rsi, rdi
      'ffd6' + // on: call rsi
      'ebf3' + // jmp again
      '90909090' +
      '9090' +
      '9090' +
      '83c301c3' + // one: add ebx, 1; ret
      'ffd7' + // two: call rdi
      '83c205c3'; // add edx, 5; ret
    await agreeOften(code);
  });
});

it('a loop whose stores reach the page of its own code', async () => {
  // mov ecx, 3000; lea rdi, [rip + 80h]; again: inc dword [rdi]; add edi, 4; dec ecx; jnz again; hlt
  await agree('b9b80b0000' + '488d3d80000000' + 'ff07' + '83c704' + 'ffc9' + '75f7' + 'f4', 9000);
});

it('a page that moves to other memory while its code is hot', async () => {
  const [interpreted, compiled] = await pair(1 << 20);
  const outcomes = [interpreted, compiled].map((machine) => {
    machine.long();
    const { core } = machine;
    // 4 KiB pages for the second 2 MiB of linear addresses: page 0 there is CODE + 1000h or CODE + 2000h.
    const [directory, table] = [0x72000, 0x75000];
    core.words.setBigUint64(directory + 8, BigInt(table + 7), true);
    const map = (page: number): void => core.words.setBigUint64(table, BigInt(page + 7), true);
    map(CODE + 0x1000);
    core.write(CODE + 0x1000, hex('83c001' + 'c3')); // add eax, 1; ret
    core.write(CODE + 0x2000, hex('83c010' + 'c3')); // add eax, 16; ret
    // mov ebx, 200000h; again: call rbx; dec ecx; jnz again; hlt
    machine.load(hex('bb00002000' + 'ffd3' + 'ffc9' + '75fa' + 'f4'));
    machine.state.setNum('rcx', 1000);
    machine.run(3000);
    map(CODE + 0x2000);
    core.exports.flushTlb();
    machine.run(2000);
    return visibleState(machine.core);
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(interpreted.state.big('rax') & 0xffn).not.toBe(0n);
});

it('a loop with an instruction that begins in one page and ends in another, which moves', async () => {
  const [interpreted, compiled] = await pair(1 << 20);
  const outcomes = [interpreted, compiled].map((machine) => {
    machine.long();
    const { core } = machine;
    const [directory, table] = [0x72000, 0x75000];
    core.words.setBigUint64(directory + 8, BigInt(table + 7), true);
    const map = (page: number, physical: number): void =>
      core.words.setBigUint64(table + 8 * page, BigInt(physical + 7), true);
    map(0, CODE + 0x1000);
    map(1, CODE + 0x3000);
    // again: add ebx, 1; add edx, 01000010h or 02000010h; dec ecx; jnz again; hlt
    core.write(CODE + 0x1ff5, hex('81c301000000' + '81c2100000'));
    core.write(CODE + 0x3000, hex('01' + 'ffc9' + '75f0' + 'f4'));
    core.write(CODE + 0x5000, hex('02' + 'ffc9' + '75f0' + 'f4'));
    machine.load(hex('b8f50f2000' + 'ffe0')); // mov eax, 200FF5h; jmp rax
    machine.state.setNum('rcx', 1000);
    machine.state.setNum('rdx', 0);
    machine.run(3002);
    map(1, CODE + 0x5000);
    core.exports.flushTlb();
    machine.run(2000);
    return visibleState(machine.core);
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
  const [clock, rcx, rdx] = ['clock', 'rcx', 'rdx'].map((name) => interpreted.state.big(name));
  expect([clock, rcx]).toEqual([4003n, 0n]);
  // 750 times 1 and 250 times 2, each in the upper byte, and the carries of 1,000 times 10h.
  expect(rdx).toBe(BigInt.asUintN(32, 750n * 0x01000010n + 250n * 0x02000010n));
});

it('more loops than may be compiled at a time', async () => {
  const loops = 1200;
  // mov ecx, 20; again: dec ecx; jnz again; … ; jmp to the first
  const code = 'b914000000ffc975fc'.repeat(loops);
  const back = new DataView(new ArrayBuffer(4));
  back.setInt32(0, -(code.length / 2 + 5), true);
  const jump = 'e9' + Buffer.from(back.buffer).toString('hex');
  const [interpreted, compiled] = await pair(1 << 20);
  const before = compiled.core.functionCount;
  for (const machine of [interpreted, compiled])
    machine
      .long()
      .load(hex(code + jump))
      .run(100_000);
  expect(visibleState(compiled.core)).toBe(visibleState(interpreted.core));
  expect(compiled.core.functionCount - before).toBe(MOST_REGIONS);
});

describe('shipped guests under every delivery', async () => {
  const guests = await listShippedGuests();
  it.each(guests.map((guest) => [guest.name, guest] as const))(
    '%s',
    { timeout: 120_000 },
    async (name, guest) => {
      const image = loadShippedGuest(guest, await readShippedGuest(guest), 16 << 20);
      const schedule = { kind: 'every', period: 997, count: 200 } as const;
      const options = { name, guest: image, schedule, maxInstructions: 300_000 };
      expect(await compare({ ...options, jit: true })).toEqual(await compare({ ...options, jit: false }));
    },
  );
});

it('code where there is no memory, hot at its first execution', async () => {
  const machine = await Machine.create(1 << 20, { hotThreshold: 1 });
  enterGuest(machine.long());
  // mov eax, 400000h; jmp rax: bytes of all ones, which are no instruction
  expect(machine.load(hex('b800004000' + 'ffe0')).run(10)).toBe(Stop.Exit);
  expect(machine.state.num('rip')).toBe(0x400000);
});
