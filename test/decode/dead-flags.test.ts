/** Flags that nothing can see are not computed; all others are. */
import { expect, it } from 'vitest';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { lower } from './decoding.js';

const VECTORS = Mode.Osfxsr | Mode.Avx;

/** Names of the micro-ops of a 64-bit block. */
function names(bytes: string, mode = 0): string[] {
  return lower('long', bytes, mode).map((line) => line.replace(/^\d+: (\w+).*/, '$1'));
}

it.each<[why: string, bytes: string, uops: string[], mode?: number]>([
  ['overwritten at once', '01c8 29c8', ['AddQuietRR32', 'SubRR32', 'Next']],
  ['alive at the end of a block', '01c8', ['AddRR32', 'Next']],
  ['alive at a branch', '01c8 75fe', ['AddRR32', 'Jcc']],
  ['across moves', '01c8 89c1 21c9', ['AddQuietRR32', 'MovRR32', 'AndRR32', 'Next']],
  ['a load may fault', '01c8 8b03 29c8', ['AddRR32', 'Load32', 'SubRR32', 'Next']],
  ['a store may fault', '01c8 8903 29c8', ['AddRR32', 'Store32', 'SubRR32', 'Next']],
  ['never before its own store', '0103 29c8', ['LoadRmw32', 'AddRR32', 'Store32', 'SubRR32', 'Next']],
  ['a division may fault', '01c8 f7f1 29c8', ['AddRR32', 'Div32', 'SubRR32', 'Next']],
  ['core functions see flags', '01c8 0fa2 29c8', ['AddRR32', 'Sys', 'SubRR32', 'Next']],
  ['SETcc reads', '01c8 0f94c1 29c8', ['AddRR32', 'Setcc', 'SubRR32', 'Next']],
  ['CMOVcc reads', '01c8 0f44c1 29c8', ['AddRR32', 'Cmov32', 'SubRR32', 'Next']],
  ['ADC reads the carry', '01c8 11d1', ['AddRR32', 'AdcRR32', 'Next']],
  ['INC keeps the carry', '01c8 ffc0', ['AddRR32', 'Inc32', 'Next']],
  ['INC itself can be quiet', 'ffc0 01c8', ['AddQuietRI32', 'AddRR32', 'Next']],
  ['DEC itself can be quiet', '48ffc8 01c8', ['SubQuietRI64', 'AddRR32', 'Next']],
  ['a variable shift may keep flags', '01c8 d3e0', ['AddRR32', 'ShlRR32', 'Next']],
  ['a constant shift overwrites', '01c8 c1e003 75fe', ['AddQuietRR32', 'ShlRI32', 'Jcc']],
  ['a shift by zero keeps flags', '01c8 c1e020', ['AddRR32', 'ShlRI32', 'Next']],
  ['a dead constant shift', 'c1e003 29c8', ['ShlQuietRI32', 'SubRR32', 'Next']],
  ['a rotate keeps ZF', '01c8 c1c003', ['AddRR32', 'RolRI32', 'Next']],
  ['a dead rotate', 'c1c003 01c8', ['RolQuietRI32', 'AddRR32', 'Next']],
  ['RCL reads the carry', '01c8 c1d003', ['AddRR32', 'RclRI32', 'Next']],
  ['LAHF reads', '01c8 9f 29c8', ['AddRR32', 'Lahf', 'SubRR32', 'Next']],
  ['PTEST overwrites', '01c8 660f3817ca', ['AddQuietRR32', 'VectorTest', 'Next'], VECTORS],
  [
    'vector operations and moves keep',
    '01c8 660ffcca 660f6ec8',
    ['AddRR32', 'Vector', 'MovToVector32', 'Next'],
    VECTORS,
  ],
  ['across vector operations', '01c8 660ffcca 29c8', ['AddQuietRR32', 'Vector', 'SubRR32', 'Next'], VECTORS],
  [
    'a masked move may fault',
    '01c8 c4e2698c0b 29c8',
    ['AddRR32', 'Lea64', 'Sys', 'SubRR32', 'Next'],
    VECTORS,
  ],
  [
    'logic, two deep',
    '31c0 21c8 09c8 01c8',
    ['XorQuietRR32', 'AndQuietRR32', 'OrQuietRR32', 'AddRR32', 'Next'],
  ],
])('%s', (_why, bytes, uops, mode) => {
  expect(names(bytes, mode)).toEqual(uops);
});

it('a quiet INC adds one', () => {
  expect(lower('long', 'ffc0 01c8')[0]).toBe('0: AddQuietRI32 Rax, 1');
});
