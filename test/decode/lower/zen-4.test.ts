/** Encodings that iced accepts and Zen 4 refuses, or takes for others. */
import { expect, it } from 'vitest';
import { Mode } from '../../../assembly/abi/processor-bits.js';
import { lower, type ModeName } from '../decoding.js';

const AVX = Mode.Osfxsr | Mode.Avx;

it.each<[mode: ModeName, bytes: string, text: string, isRefused: boolean]>([
  ['long', '0f0dc1', 'prefetch with a register', true],
  ['long', '0f0d01', 'prefetch [rcx]', false],
  ['long', '0f18f8', 'the reserved nop 0F 18 with a register', false],
  ['flat', 'c4e3f922c105', 'vpinsrd xmm0,xmm0,ecx,5 with W, 32-bit code', true],
  ['flat', 'c4e37922c105', 'vpinsrd xmm0,xmm0,ecx,5', false],
  ['flat', 'c4e3f916c105', 'vpextrd ecx,xmm0,5 with W, 32-bit code', true],
  ['long', 'c4e3f916c105', 'vpextrq rcx,xmm0,5', false],
])('%s %s: %s', (mode, bytes, _text, isRefused) => {
  expect(lower(mode, bytes, AVX).some((uop) => uop.includes('Sys Undefined'))).toBe(isRefused);
});

it.each([
  ['f390', 'Sys Pause'],
  ['f34890', 'Sys Pause'],
  ['f34190', 'Xchg32 R8, Rax'],
  ['f34990', 'Xchg64 R8, Rax'],
  ['66f34190', 'Xchg16 R8, Rax'],
])('PAUSE is an exchange with REX.B: %s', (bytes, uop) => {
  expect(lower('long', bytes)[0]).toContain(uop);
});
