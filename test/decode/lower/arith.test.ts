/** Arithmetic and logic: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', '01c8', 'add eax,ecx', ['AddRR32 Rax, Rcx']],
  ['long', '4883c0ff', 'add rax,0FFFFFFFFFFFFFFFFh', ['AddRI64 Rax, -1']],
  ['long', '28e2', 'sub dl,ah', ['SubRR8 Rdx, Rax.1']],
  [
    'long',
    '110b',
    'adc [rbx],ecx',
    ['LoadRmw32 T0, Ds:[Rbx + 0]', 'AdcRR32 T0, Rcx', 'Store32 T0, Ds:[Rbx + 0]'],
  ],
  ['long', '481b5608', 'sbb rdx,[rsi+8]', ['Load64 T0, Ds:[Rsi + 8]', 'SbbRR64 Rdx, T0']],
  ['long', '807c8fff05', 'cmp byte [rdi+rcx*4-1],5', ['Load8 T0, Ds:[Rdi + Rcx*4 + -1]', 'CmpRI8 T0, 5']],
  ['long', 'a900000080', 'test eax,80000000h', ['TestRI32 Rax, -2147483648']],
  [
    'long',
    '66ff00',
    'inc word [rax]',
    ['LoadRmw16 T0, Ds:[Rax + 0]', 'Inc16 T0', 'Store16 T0, Ds:[Rax + 0]'],
  ],
  ['long', '49f7df', 'neg r15', ['Neg64 R15']],
  ['long', 'f6d1', 'not cl', ['Not8 Rcx']],
  ['long', '4825ffffff7f', 'and rax,7FFFFFFFh', ['AndRI64 Rax, 2147483647']],
  [
    'long',
    'f0483108',
    'lock xor [rax],rcx',
    ['LoadRmw64 T0, Ds:[Rax + 0]', 'XorRR64 T0, Rcx', 'Store64 T0, Ds:[Rax + 0]'],
  ],
  [
    'flat',
    '0945fc',
    'or [ebp-4],eax',
    ['LoadRmwWrap32 T0, Ss:[Rbp + -4]', 'OrRR32 T0, Rax', 'StoreWrap32 T0, Ss:[Rbp + -4]'],
  ],
  [
    'segmented',
    '0103',
    'add [ebx],eax',
    [
      'Lea32 Address, [Rbx + 0]',
      'SegmentWrite Address, Ds:Address, 4',
      'LoadRmw32 T0, Ds:[Address + 0]',
      'AddRR32 T0, Rax',
      'Store32 T0, Ds:[Address + 0]',
    ],
  ],
  [
    'segmented',
    '3b4508',
    'cmp eax,[ebp+8]',
    [
      'Lea32 Address, [Rbp + 8]',
      'SegmentRead Address, Ss:Address, 4',
      'Load32 T0, Ss:[Address + 0]',
      'CmpRR32 Rax, T0',
    ],
  ],
  [
    'real',
    '2b4202',
    'sub ax,[bp+si+2]',
    [
      'Lea16 Address, [Rbp + Rsi*1 + 2]',
      'SegmentRead Address, Ss:Address, 2',
      'Load16 T0, Ss:[Address + 0]',
      'SubRR16 Rax, T0',
    ],
  ],
  [
    'real',
    '26800501',
    'add byte [es:di],1',
    [
      'Lea16 Address, [Rdi + 0]',
      'SegmentWrite Address, Es:Address, 1',
      'LoadRmw8 T0, Es:[Address + 0]',
      'AddRI8 T0, 1',
      'Store8 T0, Es:[Address + 0]',
    ],
  ],
  [
    'flat',
    '2e0100',
    'add [cs:eax],eax',
    [
      'Lea32 Address, [Rax + 0]',
      'SegmentWrite Address, Cs:Address, 4',
      'LoadRmw32 T0, Cs:[Address + 0]',
      'AddRR32 T0, Rax',
      'Store32 T0, Cs:[Address + 0]',
    ],
  ],
  ['flat', '2e8b00', 'mov eax,[cs:eax]', ['LoadWrap32 Rax, Cs:[Rax + 0]']],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});
