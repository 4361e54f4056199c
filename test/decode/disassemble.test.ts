/** Instructions as text. */
import { expect, it } from 'vitest';
import { disassembler, hex } from './decoding.js';

it.each<[bits: 16 | 32 | 64, bytes: string, rip: number | bigint, text: string, length: number]>([
  [64, '488b449112', 0, 'mov rax,[rcx+rdx*4+12h]', 5],
  [64, 'e8fbffffff', 0xffff_8000_0000_1000n, 'call 0FFFF800000001000h', 5],
  [32, '0f0b', 0, 'ud2', 2],
  [16, 'cf', 0x7c00, 'iret', 1],
  [64, '0f01d9 90', 0, 'vmmcall', 3],
  [64, '06', 0, 'db 06h', 1],
])('%i-bit %s', (bits, bytes, rip, text, length) => {
  expect(disassembler.format(hex(bytes), bits, rip)).toEqual({ text, length });
});

it('survives many calls: strings are freed', () => {
  const bytes = hex('488b449112');
  for (let i = 0; i < 100_000; i++) disassembler.format(bytes, 64, i);
  expect(disassembler.format(bytes, 64, 0).text).toBe('mov rax,[rcx+rdx*4+12h]');
});
