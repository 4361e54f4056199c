/** Memory by linear address: through the tables that are in force, without faults and without a trace. */
import { beforeAll, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type { Vm } from '../../src/hypervisor/vm.js';

const MEMORY_BYTES = 0x20_0000;
/** A 64-bit guest that maps 400000h to its page 8000h, and 401000h beyond memory, and loops. */
const GUEST = `
bits 64
    mov rax, cr3
    and rax, -4096
    mov rax, [rax]
    and rax, -4096
    mov rax, [rax]
    and rax, -4096              ; the page directory
    lea rbx, [rel table]
    or rbx, 7
    mov [rax + 16], rbx
    mov rax, cr3
    mov cr3, rax
    mov byte [rel started], 1
spin:
    jmp spin
started: db 0
align 4096
table:
    dq 0x8000 | 7, 0x7fff000 | 7
    times 510 dq 0
`;

let vm: Vm;

beforeAll(async () => {
  vm = await createVm({ guest: { assembly: GUEST }, memoryBytes: MEMORY_BYTES });
  vm.run({ maxInstructions: 100 });
  vm.memory.write(0x8ffe, Uint8Array.of(1, 2));
});

it('translates without a trace', () => {
  const before = vm.snapshot();
  expect(vm.virtual.translate(0x40_0123n)).toBe(0x8123);
  expect(vm.virtual.translate(0x40_2000n)).toBeNull();
  expect(vm.virtual.translate(1n << 50n)).toBeNull();
  expect(vm.snapshot().processor.core.pages).toEqual(before.processor.core.pages);
});

it('reads what is there and says why there is no more', () => {
  expect(vm.virtual.read(0x40_0ffen, 2)).toEqual({ bytes: Uint8Array.of(1, 2), missing: null });
  expect(vm.virtual.read(0x40_0ffen, 5)).toEqual({
    bytes: Uint8Array.of(1, 2),
    missing: { address: 0x40_1000n, reason: 'no-memory' },
  });
  expect(vm.virtual.read(0x40_2000n, 1).missing).toEqual({ address: 0x40_2000n, reason: 'not-mapped' });
  expect(vm.virtual.read(0x8000_0000_0000n, 1).missing?.reason).toBe('not-canonical');
});

it('writes all or nothing', () => {
  expect(vm.virtual.write(0x40_0ffcn, Uint8Array.of(5, 6, 7, 8))).toBeNull();
  expect(vm.memory.read(0x8ffc, 4)).toEqual(Uint8Array.of(5, 6, 7, 8));
  expect(vm.virtual.write(0x40_0fffn, Uint8Array.of(9, 9))?.reason).toBe('no-memory');
  expect(vm.memory.read(0x8fff, 1)).toEqual(Uint8Array.of(8));
});

it('gives the code at RIP as it is now', () => {
  const { bytes, bits } = vm.codeAt(vm.registers.get('rip'));
  expect(bits).toBe(64);
  expect([...bytes.subarray(0, 2)]).toEqual([0xeb, 0xfe]);
  expect(bytes.length).toBe(15);
});
