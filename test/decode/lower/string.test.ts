/** String instructions: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', 'a4', 'movsb', ['Sys Movs a0 b0 c0 n1 51 0']],
  ['long', 'f348a5', 'rep movsq', ['Sys Movs a0 b0 c3 n3 55 0']],
  ['long', 'f2ae', 'repne scasb', ['Sys Scas a0 b0 c0 n2 59 0']],
  ['long', 'f3a7', 'repe cmpsd', ['Sys Cmps a0 b0 c2 n2 55 0']],
  ['long', '6466ad', 'fs lodsw', ['Sys Lods a0 b0 c1 n3 67 0']],
  ['long', 'f367ab', 'a32 rep stosd', ['Sys Stos a0 b0 c2 n3 54 0']],
  ['flat', '26ac', 'es lodsb', ['Sys Lods a0 b0 c0 n2 2 0']],
  ['real', 'f3a5', 'rep movsw', ['Sys Movs a0 b0 c1 n2 53 0']],
  ['real', '6667a5', 'a32 movsd', ['Sys Movs a0 b0 c2 n3 50 0']],
  ['real', 'f36e', 'rep outsb', ['Sys Outs a0 b0 c0 n2 53 0']],
  ['flat', '6d', 'insd', ['Sys Ins a0 b0 c2 n1 50 0']],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});
