/** POPCNT, LZCNT, BMI1, BMI2, ADX, MOVBE and CMPXCHG16B: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

// prettier-ignore
it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', 'f30fb8c1',       'popcnt eax,ecx',         ['Popcnt32 Rax, Rcx']],
  ['long', 'f3480fbdc1',     'lzcnt rax,rcx',          ['Lzcnt64 Rax, Rcx']],
  ['long', '66f30fbc01',     'tzcnt ax,[rcx]',         ['Load16 T0, Ds:[Rcx + 0]', 'Tzcnt16 Rax, T0']],
  ['real', 'f30fbcc1',       'tzcnt ax,cx',            ['Tzcnt16 Rax, Rcx']],
  ['long', 'c4e270f2c2',     'andn eax,ecx,edx',       ['Andn32 Rax, Rcx, Rdx']],
  ['flat', 'c4e270f202',     'andn eax,ecx,[edx]',     ['LoadWrap32 T0, Ds:[Rdx + 0]', 'Andn32 Rax, Rcx, T0']],
  ['long', 'c4e2f8f3d9',     'blsi rax,rcx',           ['Blsi64 Rax, Rcx']],
  ['long', 'c4e268f7c1',     'bextr eax,ecx,edx',      ['Bextr32 Rax, Rcx, Rdx']],
  ['long', 'c4e2f3f6c3',     'mulx rax,rcx,rbx',       ['Mulx64 Rax, Rcx, Rbx']],
  ['long', 'c4e37bf0c125',   'rorx eax,ecx,25h',       ['Rorx32 Rax, Rcx, n5']],
  ['long', '66480f38f6c1',   'adcx rax,rcx',           ['Adcx64 Rax, Rcx']],
  ['long', '0f38f001',       'movbe eax,[rcx]',        ['Load32 T0, Ds:[Rcx + 0]', 'MovRR32 T1, T0', 'Bswap32 T1', 'MovRR32 Rax, T1']],
  ['long', '660f38f101',     'movbe [rcx],ax',         ['Movbe16 T1, Rax', 'Store16 T1, Ds:[Rcx + 0]']],
  ['long', '480fc709',       'cmpxchg16b [rcx]',       ['Lea64 Address, [Rcx + 0]', 'Sys Cmpxchg16b a240 b0 c0 n4 3 0']],
  ['long', 'f20f38f0c5',     'crc32 eax,ch',           ['Crc32Of8 Rax, Rcx.1']],
  ['long', 'f2480f38f101',   'crc32 rax,qword [rcx]',  ['Load64 T0, Ds:[Rcx + 0]', 'Crc32Of64 Rax, T0']],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});

it('knows no VEX encoding in real mode', () => {
  expect(loweringOf('real', 'c4e270f2c2').uops).toEqual(['Sys Undefined a0 b0 c0 n5 0 0']);
});
