/** Two texts side by side. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alignLines, layOutPairs, wrap } from '../../../src/lab/scenarios/two-columns.js';

it('puts what both have beside each other, and marks the rest', () => {
  const pairs = alignLines(['a', 'b', 'c', 'd'], ['a', 'x', 'y', 'd', 'e']);
  expect(layOutPairs(pairs, 3)).toEqual(['a     a', 'b   | x', 'c   | y', 'd     d', '    | e']);
});

const LINES = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });

it('keeps every line, in its order, and pairs as many as can be', () => {
  fc.assert(
    fc.property(LINES, LINES, (left, right) => {
      const pairs = alignLines(left, right);
      expect(pairs.flatMap((pair) => pair.left ?? [])).toEqual(left);
      expect(pairs.flatMap((pair) => pair.right ?? [])).toEqual(right);
      const same = pairs.filter(({ isSame }) => isSame);
      expect(same.every((pair) => pair.left === pair.right)).toBe(true);
      expect(same).toHaveLength(longestCommon(left, right));
    }),
  );
});

/** By trying everything. */
function longestCommon([one, ...left]: readonly string[], right: readonly string[]): number {
  if (one === undefined) return 0;
  const at = right.indexOf(one);
  const without = longestCommon(left, right);
  return at < 0 ? without : Math.max(without, 1 + longestCommon(left, right.slice(at + 1)));
}

it('wraps between words, and keeps the indentation', () => {
  expect(wrap('  one two three', 9)).toEqual(['  one two', '    three']);
  expect(wrap('one two three', 7, 0)).toEqual(['one two', 'three']);
  expect(wrap('unbreakable', 3)).toEqual(['unbreakable']);
  expect(wrap('', 5)).toEqual(['']);
});
