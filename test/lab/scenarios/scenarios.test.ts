/** Every scenario: the sweep finds the bug by the invariant that it names, and nothing in the fix. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createVm, isStrategyName, loadShippedGuest } from '../../../src/index.js';
import { findShippedGuest, readShippedGuest } from '../../../src/guests.js';
import {
  brokenDelivery,
  findScenario,
  INVARIANTS,
  runScenario,
  SCENARIOS,
  scenarioHtml,
  scenarioText,
} from '../../../src/lab/index.js';

const SOURCES = new URL('../../../src/', import.meta.url);

/** A file's lines without their indentation. */
function linesOf(file: string): string {
  const text = readFileSync(new URL(file, SOURCES), 'utf8');
  return text.replaceAll(/^ +/gm, '');
}

describe.each(SCENARIOS)('$name', (scenario) => {
  it('is found by its invariant, and its fix breaks none', async () => {
    const result = await runScenario(scenario);
    const { found, sides, isShown } = result;
    expect(isShown).toBe(true);
    expect(found).toMatchObject({ invariant: scenario.invariant, delivery: scenario.name });
    expect(sides?.bug.broken[scenario.invariant]).toBeGreaterThan(0);
    expect(sides?.fix.broken).toEqual({});
    expect(sides?.bug.violations.map(({ invariant }) => invariant)).toContain(scenario.invariant);
    expect(sides?.bug.events).not.toEqual(sides?.fix.events);
    // The drawn sides are those of the sweep: what it found is in what happened.
    expect(sides?.bug.events.some(({ time }) => time === found?.time)).toBe(true);
    const text = scenarioText(result);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(118);
    expect(text).toContain(found?.disassembly.find((line) => line.startsWith('>')));
    expect(scenarioHtml(result)).not.toMatch(/src=|@import|undefined/);
  });

  it('shows the code as it is', () => {
    const { bug, fix, fixFile } = scenario.change;
    const flat = (lines: readonly string[]): string => lines.map((line) => line.trim()).join('\n');
    expect(linesOf(`lab/scenarios/${scenario.name}.ts`)).toContain(flat(bug));
    expect(linesOf(fixFile)).toContain(flat(fix));
  });

  it('has names that mean something', async () => {
    expect(isStrategyName(scenario.name)).toBe(false);
    expect(isStrategyName(scenario.fix)).toBe(true);
    expect(Object.keys(INVARIANTS)).toContain(scenario.invariant);
    expect(findScenario(scenario.name)).toBe(scenario);
    expect((await findShippedGuest(scenario.guest)).name).toBe(scenario.guest);
  });
});

it('has five of them, each of its own name', () => {
  expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(5);
  expect(() => findScenario('nobody')).toThrow('there is no scenario "nobody"; there are vnmi-wrong-bit, ');
});

/** The guest's own run, where nobody else requests anything. */
async function outputUnder(name: string): Promise<string> {
  const scenario = findScenario(name);
  const shipped = await findShippedGuest(scenario.guest);
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), 16 << 20);
  const [bug, fix] = await Promise.all(
    [brokenDelivery(scenario), scenario.fix].map((nmi) => createVm({ guest, nmi })),
  );
  return `${bug?.run().serialText}${fix?.run().serialText}`;
}

// The guests know nothing of the sweep and its invariants.
it('harms guests that look for it', async () => {
  expect(await outputUnder('exitintinfo-forgotten')).toMatch(/^[^\n]*, lost [1-9]\d*\n[^\n]*, lost 0\n$/);
  expect(await outputUnder('sti-shadow-ignored')).toMatch(
    /^[^\n]*in the shadow [1-9][^\n]*\n[^\n]*in the shadow 0,/,
  );
});
