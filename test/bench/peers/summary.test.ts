/** Ratios, means and goals, from numbers that are easy to check. */
import { describe, expect, it } from 'vitest';
import { compareChecksums } from '../../../bench/peers/campaign.js';
import { geometricMean, judgeGoals, meanRatio, ratio, times } from '../../../bench/peers/summary.js';
import { measured, RESULTS, rowResult } from './fixed-report.js';

describe('a ratio', () => {
  it('is of medians, in the phase that was asked for', () => {
    expect(ratio(RESULTS[0]!, 'warm', 'vmexit', 'native')).toBe(2);
    expect(ratio(RESULTS[0]!, 'cold', 'vmexit', 'native')).toBe(4);
  });

  it('is not there where one of the two was not measured', () => {
    expect(ratio(RESULTS[1]!, 'warm', 'v86', 'vmexit')).toBeNull();
    expect(ratio(RESULTS[2]!, 'warm', 'vmexit', 'native')).toBeNull();
  });
});

describe('a mean', () => {
  it('is geometric', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  });

  it('is over the rows that both have', () => {
    expect(meanRatio(RESULTS, 'warm', 'vmexit', 'native')).toBeCloseTo(4, 12); // 2 and 8
    expect(meanRatio(RESULTS, 'warm', 'v86', 'vmexit')).toBeCloseTo(4, 12); // 4, and one that failed
    expect(meanRatio(RESULTS.slice(2), 'warm', 'vmexit', 'native')).toBeNull();
  });
});

describe('the goals', () => {
  it('are judged one by one, and say which rows miss them', () => {
    expect(judgeGoals(RESULTS).map(({ reached, isMet }) => [reached, isMet])).toEqual([
      ['4.00', true],
      ['1.26', false], // 2, 1/2 and 2
      ['4.00', true],
      ['missed by 1 of 2 rows: sieve-32 8.00', false],
      ['all rows', true],
      ['missed by 1 of 3 rows: sieve-32 2.00', false],
      ['2.00', true], // 2, 4 and 1
    ]);
  });

  it('are neither met nor missed if nothing was measured', () => {
    expect(new Set(judgeGoals([]).map(({ isMet }) => isMet))).toEqual(new Set([null]));
  });
});

describe('checksums', () => {
  const kinds = (result: ReturnType<typeof rowResult>) =>
    Object.fromEntries([...compareChecksums(result.outcomes)].map(([name, { kind }]) => [name, kind]));

  it('are those of the processor, whoever agrees on another one', () => {
    const outcomes = {
      native: measured(1, 1, 'aaaaaaaa'),
      qemu: measured(1, 1, 'bbbbbbbb'),
      v86: measured(1, 1, 'bbbbbbbb'),
    };
    expect(kinds(rowResult('alu', 32, outcomes))).toEqual({
      native: 'measured',
      qemu: 'failed',
      v86: 'failed',
    });
  });

  it('are those of most peers where the processor was not asked', () => {
    const outcomes = {
      vmexit: measured(1, 1, 'aaaaaaaa'),
      qemu: measured(1, 1, 'bbbbbbbb'),
      bochs: measured(1, 1, 'bbbbbbbb'),
    };
    expect(kinds(rowResult('paging', 32, outcomes))).toEqual({
      vmexit: 'failed',
      qemu: 'measured',
      bochs: 'measured',
    });
  });
});

it.each([
  [null, '–'],
  [0.456, '0.46'],
  [3.456, '3.46'],
  [34.56, '34.6'],
  [345.6, '346'],
])('%s is written %s', (value, text) => {
  expect(times(value)).toBe(text);
});
