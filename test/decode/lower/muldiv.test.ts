/** Multiplication, division and decimal adjustment: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', 'f6e1', 'mul cl', ['Mul8 Rcx']],
  ['long', '48f728', 'imul qword [rax]', ['Load64 T0, Ds:[Rax + 0]', 'Imul64 T0']],
  ['long', '0fafc1', 'imul eax,ecx', ['Imul2RR32 Rax, Rcx']],
  ['long', '666b0205', 'imul ax,[rdx],5', ['Load16 T0, Ds:[Rdx + 0]', 'Imul3RI16 Rax, T0, 5']],
  ['long', '4869ca6079feff', 'imul rcx,rdx,0FFFFFFFFFFFE7960h', ['Imul3RI64 Rcx, Rdx, -100000']],
  ['long', 'f73424', 'div dword [rsp]', ['Load32 T0, Ss:[Rsp + 0]', 'Div32 T0']],
  ['long', 'f6fc', 'idiv ah', ['Idiv8 Rax.1']],
  ['flat', 'd40a', 'aam', ['Aam 10']],
  ['flat', 'd510', 'aad 10h', ['Aad 16']],
  ['real', '27', 'daa', ['Daa']],
  ['real', '3f', 'aas', ['Aas']],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});
