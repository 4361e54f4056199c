/** Vector instructions: the micro-ops of each kind of row, and what a processor must have for it. */
import { expect, it } from 'vitest';
import { Mode } from '../../../assembly/abi/processor-bits.js';
import { BlockDecoder } from '../../../src/decode/block-decoder.js';
import { ALL_FEATURES, Feature } from '../../../src/decode/features.js';
import { printUops } from '../../../src/decode/print-uops.js';
import { bitsOf, disassembler, hex, icedModule, lower, MODES, type ModeName } from '../decoding.js';

const VECTORS = Mode.Osfxsr | Mode.Avx;

// prettier-ignore
it.each<[mode: ModeName, bytes: string, text: string, uops: string[]]>([
  ['long', '660ffcca',       'paddb xmm1,xmm2',           ['Vector Add8 Legacy V1, V1, V2, 0']],
  ['long', 'c5e9fccb',       'vpaddb xmm1,xmm2,xmm3',     ['Vector Add8 Vex128 V1, V2, V3, 0']],
  ['long', 'c5edfc0b',       'vpaddb ymm1,ymm2,[rbx]',    ['LoadVector256 V16, Ds:[Rbx + 0]', 'Vector Add8 Vex256 V1, V2, V16, 0']],
  ['long', '660f71f103',     'psllw xmm1,3',              ['Vector ShiftLeft16 Legacy V1, V1, V1, 3']],
  ['long', 'c5f171f203',     'vpsllw xmm1,xmm2,3',        ['Vector ShiftLeft16 Vex128 V1, V2, V2, 3']],
  ['long', 'c5edf1cb',       'vpsllw ymm1,ymm2,xmm3',     ['Vector ShiftLeftBy16 Vex256 V1, V2, V2, V3, 0']],
  ['long', 'c5edf10b',       'vpsllw ymm1,ymm2,[rbx]',    ['LoadVector128 V16, Ds:[Rbx + 0]', 'Vector ShiftLeftBy16 Vex256 V1, V2, V2, V16, 0']],
  ['long', '660fd10b',       'psrlw xmm1,[rbx]',          ['LoadVector64 V16, Ds:[Rbx + 0]', 'Vector ShiftRightBy16 Legacy V1, V1, V1, V16, 0']],
  ['long', '660f620b',       'punpckldq xmm1,[rbx]',      ['LoadVector64 V16, Ds:[Rbx + 0]', 'Vector UnpackLow32 Legacy V1, V1, V16, 0']],
  ['long', 'c5e9620b',       'vpunpckldq xmm1,xmm2,[rbx]', ['LoadVector128 V16, Ds:[Rbx + 0]', 'Vector UnpackLow32 Vex128 V1, V2, V16, 0']],
  ['long', 'c4e36d42cb22',   'vmpsadbw ymm1,ymm2,ymm3,22h', [`Vector SlidingDifferences Vex256 V1, V2, V3, ${0x22 | (3 << 8)}`]],
  ['long', '660f382012',     'pmovsxbw xmm2,[rdx]',       ['LoadVector64 V16, Ds:[Rdx + 0]', 'Vector SignExtend8To16 Legacy V2, V2, V16, 0']],
  ['long', 'c4e27d20ca',     'vpmovsxbw ymm1,xmm2',       ['VectorWhole Spread Vex256 V16, V2, V2, 8', 'Vector SignExtend8To16 Vex256 V1, V16, V16, 0']],
  ['long', '660f3810ca',     'pblendvb xmm1,xmm2,xmm0',   ['Vector BlendBy8 Legacy V1, V1, V2, 0']],
  ['long', 'c4e3694ccb40',   'vpblendvb xmm1,xmm2,xmm3,xmm4', ['Vector BlendBy8 Vex128 V1, V2, V3, V4, 0']],
  ['long', '660f6f0b',       'movdqa xmm1,[rbx]',         ['LoadVector128 V16, Ds:[Rbx + 0]', 'Vector Move Legacy V1, V16, V16, 0']],
  ['long', 'c5fe6f0b',       'vmovdqu ymm1,[rbx]',        ['LoadVector256 V1, Ds:[Rbx + 0]']],
  ['long', '660f6ec8',       'movd xmm1,eax',             ['MovToVector32 Legacy V1, Rax']],
  ['long', 'c4e1f96ec8',     'vmovq xmm1,rax',            ['MovToVector64 Vex128 V1, Rax']],
  ['long', '660f7ec8',       'movd eax,xmm1',             ['MovFromVector32 Rax, V1']],
  ['long', '660fd60b',       'movq [rbx],xmm1',           ['StoreVector64 V1, Ds:[Rbx + 0]']],
  ['long', 'f30f100b',       'movss xmm1,[rbx]',          ['LoadVector32 V16, Ds:[Rbx + 0]', 'Vector Move Legacy V1, V16, V16, 0']],
  ['long', 'c5fa100b',       'vmovss xmm1,[rbx]',         ['LoadVector32 V1, Ds:[Rbx + 0]']],
  ['long', 'c5ea10cb',       'vmovss xmm1,xmm2,xmm3',     ['Vector MoveLow32 Vex128 V1, V2, V3, 0']],
  ['long', 'f20f10ca',       'movsd xmm1,xmm2',           ['Vector MoveLow64 Legacy V1, V1, V2, 0']],
  ['long', '0f170b',         'movhps [rbx],xmm1',         ['Vector Extract64 Legacy V16, V1, V1, 1', 'StoreVector64 V16, Ds:[Rbx + 0]']],
  ['long', '660fc4c805',     'pinsrw xmm1,eax,5',         ['MovToVector32 Legacy V16, Rax', 'Vector Insert16 Legacy V1, V1, V16, 5']],
  ['long', '660f3a140b05',   'pextrb [rbx],xmm1,5',       ['Vector Extract8 Legacy V17, V1, V1, 5', 'StoreVector8 V17, Ds:[Rbx + 0]']],
  ['long', 'c5fdd7c1',       'vpmovmskb eax,ymm1',        ['VectorWhole Signs8 Vex256 V16, V1, V1, 0', 'MovFromVector32 Rax, V16']],
  ['long', '660f3817ca',     'ptest xmm1,xmm2',           ['VectorTest Bits Legacy V0, V1, V2, 0']],
  ['long', '660f78c10c05',   'extrq xmm1,0Ch,5',          [`Vector ExtractField Legacy V1, V1, V1, ${12 | (5 << 8)}`]],
  ['long', 'c5f877',         'vzeroupper',                ['VectorWhole ZeroUpper Vex256 V0, V0, V0, 16']],
  ['flat', 'c5f877',         'vzeroupper',                ['VectorWhole ZeroUpper Vex256 V0, V0, V0, 8']],
  ['flat', '660fe70b',       'movntdq [ebx],xmm1',        ['Lea32 Address, [Rbx + 0]', 'StoreVector128 V1, Ds:[Address + 0]']],
  ['long', 'c4e2698c0b',     'vpmaskmovd xmm1,xmm2,[rbx]', ['Lea64 Address, [Rbx + 0]', 'Sys MaskedLoad a1 b2 c0 n5 3 0']],
  ['long', 'c4e26d2f0b',     'vmaskmovpd [rbx],ymm2,ymm1', ['Lea64 Address, [Rbx + 0]', `Sys MaskedStore a1 b2 c0 n5 ${3 | 0x18} 0`]],
  ['long', 'c4e265910c93',   'vpgatherqd xmm1,[rbx+ymm2*4],xmm3', ['Lea64 Address, [Rbx + 0]', `Sys Gather a1 b2 c3 n6 ${3 | 0x20 | (2 << 7)} 4`]],
])('%s %s %s', (mode, bytes, text, uops) => {
  const { text: disassembled } = disassembler.format(hex(bytes), bitsOf(mode), 0);
  const lowered = lower(mode, bytes, VECTORS).slice(0, -1).map((uop) => uop.replace(/^0: /, ''));
  expect({ text: disassembled, uops: lowered }).toEqual({ text, uops });
});

// prettier-ignore
it.each([
  ['SSE4.1', '660f3810ca', Feature.Sse41],
  ['SSSE3', '660f3801ca', Feature.Ssse3],
  ['SSE4A', 'f20f2b13', Feature.Sse4a],
  ['AVX', 'c5e9fccb', Feature.Avx],
  ['AVX2, 256 bits of integers', 'c5edfccb', Feature.Avx2],
  ['AVX2, VPBLENDD', 'c4e36902cb03', Feature.Avx2],
  ['AVX2, VBROADCASTSS from a register', 'c4e27918ca', Feature.Avx2],
  ['AVX2, VMOVNTDQA of 256 bits', 'c4e27d2a0b', Feature.Avx2],
  ['AVX2, gathers', 'c4e261900c93', Feature.Avx2],
])('#UD without %s', (_name, bytes, feature) => {
  const lacking = new Set([...ALL_FEATURES].filter((one) => one !== feature));
  const code = hex(bytes);
  const decoder = BlockDecoder.of(icedModule, lacking);
  const block = decoder.decode(code, 0, code.length, MODES.long | VECTORS, 1);
  expect(printUops(block.uops, block.uopCount)[0]).toMatch(/^0: Sys Undefined /);
  expect(lower('long', bytes, VECTORS)[0]).not.toMatch(/Undefined/);
});

it('VBROADCASTSS from memory is of AVX', () => {
  const lacking = new Set([...ALL_FEATURES].filter((one) => one !== Feature.Avx2));
  const code = hex('c4e279180b');
  const decoder = BlockDecoder.of(icedModule, lacking);
  const block = decoder.decode(code, 0, code.length, MODES.long | VECTORS, 1);
  expect(printUops(block.uops, block.uopCount)[0]).toMatch(/^0: LoadVector32 /);
});
