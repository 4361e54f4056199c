/** The page says what the results say. */
import { expect, it } from 'vitest';
import { conformancePage } from './page.js';
import type { ResultFile } from './results.js';

const silicon: ResultFile = {
  command: 'npm run silicon',
  title: 'Silicon',
  summary: 'Snippets.',
  cases: 4000,
  rows: [
    {
      group: 'SSE2',
      oracle: 'silicon',
      mode: '64-bit',
      cases: 12_345,
      differing: 0,
      codesCovered: 8,
      codesSupported: 9,
    },
    {
      group: 'AVX',
      oracle: 'silicon',
      mode: '64-bit',
      cases: 5,
      differing: 2,
      codesCovered: 1,
      codesSupported: 1,
    },
  ],
  deviations: [{ name: 'FSIN', reason: 'within 1 ulp', cases: 7 }],
  unmeasured: ['CPUID: it names the model'],
};
const qemu: ResultFile = {
  command: 'npm test',
  title: 'QEMU',
  summary: 'Programs.',
  rows: [{ group: 'gates', oracle: 'QEMU TCG', mode: 'system', cases: 40, differing: 0, notes: 'all types' }],
};

it('has a line for every oracle and one for every row', () => {
  const lines = conformancePage([silicon, qemu]).split('\n');
  expect(lines).toContain('| Silicon | 4,000 | 2 | 7 | 9 of 10 |');
  expect(lines).toContain('| QEMU | 40 | 0 | 0 |  |');
  expect(lines).toContain('| SSE2 | silicon | 64-bit | 12,345 | 0 | 8 of 9 |');
  expect(lines).toContain('| gates | QEMU TCG | system | 40 | 0 | all types |');
});

it('lists known deviations with their reasons, and what was not measured', () => {
  const page = conformancePage([silicon, qemu]);
  expect(page).toContain('### Known deviations\n\n- **FSIN** (7 cases): within 1 ulp\n');
  expect(page).toContain('### Not measured\n\n- CPUID: it names the model\n');
  expect(page.match(/### /g)).toHaveLength(2);
});
