/** The benchmarks run, and report what they say they report. Times are not judged here. */
import { expect, it } from 'vitest';
import { measureForks } from '../../bench/forks.js';
import { measureGrowth } from '../../bench/growth.js';
import { KERNEL_NAMES } from '../../bench/kernels.js';
import { measureInterpreter } from '../../bench/interpreter.js';
import type { Budget } from '../../bench/measure.js';
import { measureNmiDelivery } from '../../bench/nmi-delivery.js';
import { sectionText } from '../../bench/report.js';
import type { Section } from '../../bench/section.js';
import { measureStartup } from '../../bench/startup.js';
import { measureWorldSwitch } from '../../bench/world-switch.js';
import { STRATEGY_NAMES } from '../../src/index.js';
import { hasChromium } from '../browser/chromium.js';
import { isBuilt } from '../package/built.js';

const SHORTEST: Budget = { warmupMs: 0, timeMs: 0, samples: 1 };

it('times the world switch, bare, with nested paging and with NMIs', async () => {
  const section = await measureWorldSwitch(SHORTEST);
  expect(section.unit).toBe('ns');
  expect(section.results).toHaveLength(7);
  expectTimed(section);
  const targets = section.results.filter(({ target }) => target !== null);
  expect(targets.map(({ target }) => target)).toEqual([
    { is: 'below', value: 400 },
    { is: 'below', value: 400 },
    { is: 'below', value: 300 },
  ]);
});

it('times every kernel in guest instructions per second', async () => {
  const section = await measureInterpreter(SHORTEST);
  expect(section.unit).toBe('MIPS');
  expect(section.results.map(({ name }) => name)).toEqual(KERNEL_NAMES);
  expectTimed(section);
  for (const { value, wall } of section.results) expect(Math.min(value, wall ?? 0)).toBeGreaterThan(0);
});

it('times going back to a checkpoint', async () => {
  const section = await measureForks(SHORTEST);
  expect(section.unit).toBe('us');
  expect(section.results).toHaveLength(4);
  expectTimed(section);
});

it('counts the exits of NMIs under each strategy, which no machine changes', async () => {
  const section = await measureNmiDelivery(SHORTEST);
  expectTimed(section);
  const exits = section.results.map(({ name, details }) => [name, details?.['exits/NMI']]);
  expect(exits.map(([name]) => name)).toEqual(STRATEGY_NAMES);
  // One IRET exit where the mask is IRET's intercept, none where the processor keeps the mask (APM vol 2 §15.21.10).
  expect(Object.fromEntries(exits)).toMatchObject({
    'naive-event-injection': 0,
    'xen-event-injection': 1,
    'kvm-event-injection': 1,
    'xen-vnmi': 0,
    'kvm-vnmi': 0,
  });
});

it.skipIf(!isBuilt)(
  'times every step of a start (skipped without "npm run build")',
  async () => {
    const section = await measureStartup(SHORTEST);
    const names = section.results.map(({ name }) => name);
    expect(names).toContain('import to first instruction');
    expect(names.filter((name) => name.startsWith('Chromium'))).toHaveLength(hasChromium ? 4 : 0);
    expectTimed(section);
    for (const { value, wall } of section.results) expect(Math.min(value, wall ?? 0)).toBeGreaterThan(0);
  },
  120_000,
);

it('times an instruction in long runs and large memories', async () => {
  const section = await measureGrowth(SHORTEST);
  expectTimed(section);
  expect(section.results.map(({ name }) => name)).toContain('2048 MiB of memory');
});

it('prints a table whose columns line up', () => {
  const result = { spread: 1, wall: 12, target: { is: 'below', value: 20 } } as const;
  const text = sectionText({
    name: 'switch',
    title: 'Title',
    unit: 'ns',
    reading: 'How to read it.',
    results: [
      { ...result, name: 'short', value: 10 },
      { ...result, name: 'rather long', value: 1234.5, target: null },
    ],
  });
  expect(text.split('\n')).toEqual([
    '',
    'Title',
    '               ns   ± %  wall    target',
    'short          10  10.0    12  below 20',
    'rather long  1235   0.1    12',
    'How to read it.',
    '',
  ]);
});

function expectTimed({ results, reading }: Section): void {
  expect(reading).toMatch(/better\.$/);
  for (const { name, value, spread, wall } of results) {
    const numbers = [value, spread, wall];
    expect(numbers.every(Number.isFinite), `${name}: ${numbers.join(' ')}`).toBe(true);
  }
}
