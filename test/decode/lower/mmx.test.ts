/** MMX: the micro-ops of each shape. */
import { expect, it } from 'vitest';
import { ALL_FEATURES, Feature } from '../../../src/decode/features.js';
import { allBut, firstUopWith, loweringOf } from './lowering.js';

// prettier-ignore
it.each<[bytes: string, text: string, uops: string[]]>([
  ['0ffcca',       'paddb mm1,mm2',         ['Vector Add8 Mmx MM1, MM1, MM2, 0']],
  ['0ffc0b',       'paddb mm1,[rbx]',       ['LoadVector64 V16, Ds:[Rbx + 0]', 'Vector Add8 Mmx MM1, MM1, V16, 0']],
  ['0f600b',       'punpcklbw mm1,[rbx]',   ['LoadVector32 V16, Ds:[Rbx + 0]', 'Vector UnpackLow8 Mmx MM1, MM1, V16, 0']],
  ['0f68ca',       'punpckhbw mm1,mm2',     ['Vector UnpackLow8 MmxUpper MM1, MM1, MM2, 0']],
  ['0f63ca',       'packsswb mm1,mm2',      ['Vector PackS16 MmxPaired MM1, MM1, MM2, 0']],
  ['0f3a0fca03',   'palignr mm1,mm2,3',     ['Vector ShiftRightBytes MmxPaired MM1, MM2, MM1, 3']],
  ['0fd1ca',       'psrlw mm1,mm2',         ['Vector ShiftRightBy16 Mmx MM1, MM1, MM1, MM2, 0']],
  ['0f71d103',     'psrlw mm1,3',           ['Vector ShiftRight16 Mmx MM1, MM1, MM1, 3']],
  ['0f6e0b',       'movd mm1,[rbx]',        ['LoadVector32 V16, Ds:[Rbx + 0]', 'Vector Move Mmx MM1, V16, V16, 0']],
  ['480f6ecb',     'movq mm1,rbx',          ['MovToVector64 Legacy V16, Rbx', 'Vector Move Mmx MM1, V16, V16, 0']],
  ['0fe70b',       'movntq [rbx],mm1',      ['MmxRead V16, MM1', 'StoreVector64 V16, Ds:[Rbx + 0]', 'MmxEnter']],
  ['0fc5c107',     'pextrw eax,mm1,7',      ['MmxRead V16, MM1', 'Vector Extract16 Legacy V16, V16, V16, 3', 'MovFromVector32 Rax, V16', 'MmxEnter']],
  ['0f77',         'emms',                  ['MmxLeave']],
])('%s %s', (bytes, text, uops) => {
  expect(loweringOf('long', bytes)).toEqual({ text, uops: ['MmxCheck', ...uops] });
});

it.each([
  ['MMX', '0ffcca', Feature.Mmx],
  ['SSE', '0f70ca1b', Feature.Sse],
  ['SSE2', '0ff4ca', Feature.Sse2],
  ['SSSE3', '0f3800ca', Feature.Ssse3],
])('%s is needed', (_name, bytes, feature) => {
  expect(firstUopWith(ALL_FEATURES, bytes)).toBe('0: MmxCheck');
  expect(firstUopWith(allBut(feature), bytes)).toMatch(/Sys Undefined/);
});
