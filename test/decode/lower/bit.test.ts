/** Bit tests and scans: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', '0fbae021', 'bt eax,21h', ['BtRI32 Rax, 33']],
  ['long', '480fabd1', 'bts rcx,rdx', ['BtsRR64 Rcx, Rdx']],
  [
    'long',
    '0fba3005',
    'btr dword [rax],5',
    ['LoadRmw32 T0, Ds:[Rax + 0]', 'BtrRI32 T0, 5', 'Store32 T0, Ds:[Rax + 0]'],
  ],
  [
    'long',
    'f0480fbb08',
    'lock btc [rax],rcx',
    [
      'Lea64 Address, [Rax + 0]',
      'BitAddress64 Address, Rcx',
      'LoadRmw64 T0, Ds:[Address + 0]',
      'BtcRR64 T0, Rcx',
      'Store64 T0, Ds:[Address + 0]',
    ],
  ],
  [
    'long',
    '65660fa317',
    'bt [gs:rdi],dx',
    [
      'Lea64 Address, [Rdi + 0]',
      'BitAddress16 Address, Rdx',
      'Load16 T0, Gs:[Address + GsBase*1 + 0]',
      'BtRR16 T0, Rdx',
    ],
  ],
  [
    'flat',
    '0fab08',
    'bts [eax],ecx',
    [
      'Lea32 Address, [Rax + 0]',
      'BitAddress32 Address, Rcx',
      'LoadRmwWrap32 T0, Ds:[Address + 0]',
      'BtsRR32 T0, Rcx',
      'StoreWrap32 T0, Ds:[Address + 0]',
    ],
  ],
  [
    'real',
    '0fb34702',
    'btr [bx+2],ax',
    [
      'Lea16 Address, [Rbx + 2]',
      'BitAddress16 Address, Rax',
      'Lea16 Address, [Address + 0]',
      'SegmentWrite Address, Ds:Address, 2',
      'LoadRmw16 T0, Ds:[Address + 0]',
      'BtrRR16 T0, Rax',
      'Store16 T0, Ds:[Address + 0]',
    ],
  ],
  ['long', '0fbc01', 'bsf eax,[rcx]', ['Load32 T0, Ds:[Rcx + 0]', 'Bsf32 Rax, T0']],
  ['long', '66440fbdc0', 'bsr r8w,ax', ['Bsr16 R8, Rax']],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});
