/** Suggestions for names typed wrong. */
import { expect, it } from 'vitest';
import { didYouMean, editDistance } from '../../src/cli/suggestion.js';

it.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['kvm-vnm', 'kvm-vnmi', 1],
])('from %j to %j are %i edits', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

it('suggests the nearest, a beginning counts as near, and nothing is better than a wild guess', () => {
  const names = ['xen-vnmi', 'kvm-vnmi', 'xen-event-injection'];
  expect(didYouMean('kvm_vnmi', names)).toBe(' (did you mean "kvm-vnmi"?)');
  expect(didYouMean('xen-ev', names)).toBe(' (did you mean "xen-event-injection"?)');
  expect(didYouMean('hyper-v', names)).toBe('');
});
