/** x87 instructions: one micro-op, and what it needs of an address. */
import { describe, expect, it } from 'vitest';
import { Mode } from '../../../assembly/abi/processor-bits.js';
import { lower, type ModeName } from '../decoding.js';
import { loweringOf } from './lowering.js';

it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', 'd8c3', 'fadd st3', ['X87 Arithmetic 3 0C3h']],
  ['long', 'dce3', 'fsubr to st3', ['X87 ArithmeticInto 35 4E3h']],
  ['long', 'ded9', 'fcompp', ['X87 ComparePopTwice 0 6D9h']],
  ['long', 'd9ed', 'fldln2', ['X87 LoadConstant 5 1EDh']],
  ['long', 'dbd2', 'fcmovnbe st2', ['X87 MoveIf 2 3D2h cc7']],
  ['long', 'dfe0', 'fnstsw ax', ['X87 StoreStatusAx 0 7E0h']],
  ['long', '9b', 'wait', ['X87 Wait 0 000h']],
  ['long', 'dd44c810', 'fld qword [rax+rcx*8+10h]', ['X87 LoadFloat64 0 544h Ds:[Rax + Rcx*8 + 16]']],
  ['long', '67d918', 'fstp dword [eax]', ['X87 StoreFloat32 1 118h Ds:[Rax + 0] 32']],
  [
    'long',
    '64db2b',
    'fld tword [fs:rbx]',
    ['Lea64 Address, [Rbx + FsBase*1 + 0]', 'X87 LoadExtended 0 32Bh Fs:[Rbx + 0] at Address'],
  ],
  ['flat', 'd932', 'fnstenv [edx]', ['X87 StoreEnvironment 2 132h Ds:[Rdx + 0] 32']],
  ['flat', '66d932', 'o16 fnstenv [edx]', ['X87 StoreEnvironment 1 132h Ds:[Rdx + 0] 32']],
  [
    'segmented',
    'd903',
    'fld dword [ebx]',
    [
      'X87 Wait 0 000h',
      'Lea32 Address, [Rbx + 0]',
      'SegmentRead Address, Ds:Address, 4',
      'X87 LoadFloat32 0 103h Ds:[Rbx + 0] 32 at Address',
    ],
  ],
  [
    'real',
    'dd37',
    'fnsave [bx]',
    [
      'Lea16 Address, [Rbx + 0]',
      'SegmentWrite Address, Ds:Address, 2',
      'LoadRmw16 T0, Ds:[Address + 0]',
      'Lea16 Address, [Rbx + 0]',
      'SegmentWrite Address, Ds:Address, 94',
      'X87 Save 1 537h Ds:[Rbx + 0] 16 at Address',
    ],
  ],
])('%s %s %s', (mode, bytes, text, uops) => {
  expect(loweringOf(mode, bytes)).toEqual({ text, uops });
});

describe('availability', () => {
  it.each([
    ['EM', 'd9c0', Mode.Emulate, true],
    ['TS', 'd9c0', Mode.TaskSwitched, true],
    ['MP', 'd9c0', Mode.MonitorCoprocessor, false],
    ['EM', '9b', Mode.Emulate, false],
    ['TS', '9b', Mode.TaskSwitched, false],
    ['TS and MP', '9b', Mode.TaskSwitched | Mode.MonitorCoprocessor, true],
  ])('CR0.%s: %s', (_name, bytes, mode, isRefused) => {
    const text = lower('long', bytes, mode).join();
    expect(text.includes('DeviceNotAvailable')).toBe(isRefused);
  });
});
