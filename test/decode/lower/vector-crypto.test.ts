/** AES, PCLMULQDQ, SHA and the string comparisons: the micro-ops of each form, and who has them. */
import { expect, it } from 'vitest';
import { Mode } from '../../../assembly/abi/processor-bits.js';
import { ALL_FEATURES, Feature } from '../../../src/decode/features.js';
import { lower } from '../decoding.js';
import { allBut, firstUopWith } from './lowering.js';

const VECTORS = Mode.Osfxsr | Mode.Avx;

// prettier-ignore
it.each([
  ['aesenc xmm1, xmm2',               '660f38dcca',     ['AesEncrypt Legacy V1, V1, V2, 0']],
  ['vaesenc xmm1, xmm2, xmm3',        'c4e269dccb',     ['AesEncrypt Vex128 V1, V2, V3, 0']],
  ['vaesenc ymm1, ymm2, ymm3',        'c4e26ddccb',     ['AesEncrypt Vex256 V1, V2, V3, 0']],
  ['vaesimc xmm1, xmm2',              'c4e279dbca',     ['AesInverseMixColumns Vex128 V1, V2, V2, 0']],
  ['vaeskeygenassist xmm1, xmm2, 1',  'c4e379dfca01',   ['AesKeyAssist Vex128 V1, V2, V2, 1']],
  ['pclmulqdq xmm1, xmm2, 11h',       '660f3a44ca11',   ['CarrylessMultiply Legacy V1, V1, V2, 17']],
  ['sha1rnds4 xmm1, xmm2, 3',         '0f3accca03',     ['Sha1Rounds Legacy V1, V1, V2, 3']],
  ['sha256rnds2 xmm1, xmm2',          '0f38cbca',       ['Sha256Rounds Legacy V1, V1, V2, 0']],
])('%s', (_text, bytes, operations) => {
  const uops = lower('long', bytes, VECTORS).slice(0, -1);
  expect(uops).toEqual(operations.map((operation) => `0: Crypto ${operation}`));
});

it.each([
  ['AES', '660f38dcca', Feature.Aes],
  ['AES, VEX', 'c4e269dccb', Feature.Aes],
  ['AVX', 'c4e269dccb', Feature.Avx],
  ['VAES', 'c4e26ddccb', Feature.Vaes],
  ['PCLMULQDQ', '660f3a44ca11', Feature.Pclmulqdq],
  ['VPCLMULQDQ', 'c4e36d44cb11', Feature.Vpclmulqdq],
  ['SHA', '0f38cbca', Feature.Sha],
  ['SSE4.2', '660f3a63ca00', Feature.Sse42],
  ['SSE4.2, CRC32', 'f20f38f0c1', Feature.Sse42],
  ['CLFLUSHOPT', '660fae3b', Feature.Clflushopt],
  ['CLWB', '660fae33', Feature.Clwb],
])('a processor without %s', (_name, bytes, feature) => {
  expect(firstUopWith(ALL_FEATURES, bytes, VECTORS)).not.toMatch(/Undefined|Unimplemented/);
  expect(firstUopWith(allBut(feature), bytes, VECTORS)).toMatch(/Sys Undefined/);
});
