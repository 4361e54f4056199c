/** Columns. */
import { expect, it } from 'vitest';
import { layOutTable } from '../../src/cli/table.js';

it('aligns names left and numbers right, without trailing blanks', () => {
  const lines = layOutTable({
    header: ['delivery', 'lost', 'n'],
    rows: [
      ['xen', '1000', '1'],
      ['a-longer-name', '', ''],
    ],
  });
  expect(lines).toEqual(['delivery       lost  n', 'xen            1000  1', 'a-longer-name']);
});
