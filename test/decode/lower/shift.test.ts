/** Shifts and rotates: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', 'c1e005', 'shl eax,5', ['ShlRI32 Rax, 5']],
  ['long', 'd1e0', 'shl eax,1', ['ShlRI32 Rax, 1']],
  ['long', '48d3fa', 'sar rdx,cl', ['SarRR64 Rdx, Rcx']],
  [
    'long',
    'c01003',
    'rcl byte [rax],3',
    ['LoadRmw8 T0, Ds:[Rax + 0]', 'RclRI8 T0, 3', 'Store8 T0, Ds:[Rax + 0]'],
  ],
  ['long', 'c1e921', 'shr ecx,21h', ['ShrRI32 Rcx, 1']],
  ['long', '0fa4d007', 'shld eax,edx,7', ['MovRI64 T1, 7', 'Shld32 Rax, Rdx, T1']],
  [
    'long',
    '480fad10',
    'shrd [rax],rdx,cl',
    ['LoadRmw64 T0, Ds:[Rax + 0]', 'Shrd64 T0, Rdx, Rcx', 'Store64 T0, Ds:[Rax + 0]'],
  ],
  ['real', 'd3c8', 'ror ax,cl', ['RorRR16 Rax, Rcx']],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});
