/** The timeline of the playground in each browser: it says what the run says, zooms, goes to moments, compares, and saves. */
import { readFile } from 'node:fs/promises';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { DEFAULT_MEMORY_BYTES } from '../../src/create-vm.js';
import { compare } from '../../src/lab/compare.js';
import { comparisonCsv, comparisonTable } from '../../src/lab/index.js';
import { BROWSERS } from '../browser/browsers.js';
import type { Site } from '../browser/site.js';
import { parseXml } from '../helpers/xml.js';
import { isPlaygroundBuilt, PlaygroundPage, servePlayground } from './playground-page.js';

const GUEST = 'nmi-iret-fault';
const PNG_SIGNATURE = '89504e470d0a1a0a';

async function expected() {
  const shipped = await findShippedGuest(GUEST);
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), DEFAULT_MEMORY_BYTES);
  return compare({ name: GUEST, guest, schedule: { kind: 'none' } });
}

describe.each(BROWSERS)('in $name (skipped without it, and before "npm run build:playground")', (row) => {
  const isRunnable = row.isInstalled && isPlaygroundBuilt;
  let browser: Browser;
  let site: Site;
  let playground: PlaygroundPage;
  let drawing: Locator;

  beforeAll(async () => {
    if (!isRunnable) return;
    [browser, site] = await Promise.all([row.launch(), servePlayground()]);
    playground = await PlaygroundPage.open(browser, site);
    drawing = playground.page.locator('.timeline-drawing');
    await playground.choose(GUEST);
    await playground.deliver('xen-event-injection');
    await playground.press('run');
    await playground.sees('.timeline-drawing', 'the guest exited');
  }, 60_000);

  afterAll(async () => {
    if (!isRunnable) return;
    await browser.close();
    site.close();
  });

  afterEach(() => {
    if (isRunnable) expect(playground.problems).toEqual([]);
  });

  const countOf = (tone: string): Promise<string> =>
    playground.page.locator(`.timeline [data-row="${tone}"] .count`).first().innerHTML();

  const firstTick = (): Promise<string> =>
    playground.page.locator('.timeline-axis .middle').first().innerHTML();

  it.skipIf(!isRunnable)('shows the run with its numbers', async () => {
    const { runs } = await expected();
    const run = runs.find(({ delivery }) => delivery === 'xen-event-injection')!;
    expect(await countOf('request')).toBe(`${run.requested}`);
    expect(await countOf('iret')).toBe(`${run.exits.iret}`);
    expect(await countOf('vintr')).toBe(`${run.exits.vintr}`);
    await playground.page.locator('[data-row="nested"]').waitFor({ state: 'attached' });
  });

  it.skipIf(!isRunnable)('zooms with wheel and keys, and says what is pointed at', async () => {
    const { page } = playground;
    const { x, y } = (await drawing.boundingBox())!;
    const whole = await firstTick();
    await page.mouse.move(x + 600, y + 40);
    for (let notch = 0; notch < 5; notch++) await page.mouse.wheel(0, -240);
    await expect.poll(firstTick).not.toBe(whole);
    await drawing.focus();
    await page.keyboard.press('0');
    await expect.poll(firstTick).toBe(whole);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('.timeline [aria-live]').innerText()).toMatch(/^xen-event-injection: \S/);
  });

  it.skipIf(!isRunnable)('goes to the moment that is clicked, and forward again', async () => {
    const { page } = playground;
    const end = await playground.time();
    const { x, y, width } = (await drawing.boundingBox())!;
    await page.mouse.click(x + width / 2, y + 18);
    await expect.poll(() => playground.time()).toBeLessThan(end);
    await playground.settled();
    const middle = await playground.time();
    expect(middle).toBeGreaterThan(end / 4);
    // What comes is still there, and can be gone to.
    expect(await countOf('request')).toBe('16');
    await page.mouse.click(x + width * 0.75, y + 18);
    await expect.poll(() => playground.time()).toBeGreaterThan(middle);
  });

  it.skipIf(!isRunnable)('runs all strategies, and shows what "vmexit compare" prints', async () => {
    const { page } = playground;
    await page.locator('[data-timeline="all"]').click();
    await page.locator('[data-command="compare"]').click();
    await page.locator('.comparison-table').waitFor();
    const { header, rows } = comparisonTable(await expected());
    const cells = await page
      .locator('.comparison-table tr')
      .evaluateAll((lines) => lines.map((line) => Array.from(line.children, (cell) => cell.textContent)));
    expect(cells).toEqual([header, ...rows]);
    expect(await page.locator('.timeline .strategy').count()).toBe(rows.length);
    await page.locator('[data-timeline="exits"]').click();
    const bars = page.getByRole('table', { name: 'Exits under xen-event-injection' });
    expect(await bars.getByRole('row', { name: 'IRET exits' }).innerText()).toMatch(/16$/);
  });

  it.skipIf(!isRunnable || row.name === 'Firefox')('saves drawing, picture, table and data', async () => {
    await playground.page.locator('[data-timeline="all"]').click();
    const comparison = await expected();
    const svg = parseXml((await saved('svg')).toString('utf8'));
    expect(svg.children[0]!.text).toBe(GUEST);
    expect((await saved('png')).subarray(0, 8).toString('hex')).toBe(PNG_SIGNATURE);
    expect((await saved('csv')).toString('utf8')).toBe(comparisonCsv(comparison));
    const json = JSON.parse((await saved('json')).toString('utf8')) as {
      comparison: unknown;
      timelines: unknown[];
    };
    expect(json.comparison).toEqual(comparison);
    expect(json.timelines.length).toBe(comparison.runs.length);
  });

  async function saved(format: string): Promise<Buffer> {
    const download = playground.page.waitForEvent('download');
    await playground.page.locator(`[data-export="${format}"]`).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`${GUEST}.${format}`);
    return readFile(await file.path());
  }
});
