/** The timeline of the playground in each browser: it says what the run says, zooms, goes to moments, compares, and saves. */
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect } from 'vitest';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { DEFAULT_MEMORY_BYTES } from '../../src/create-vm.js';
import { compare } from '../../src/lab/compare.js';
import { comparisonCsv, comparisonTable } from '../../src/lab/index.js';
import { parseXml } from '../helpers/xml.js';
import { inOnePage } from './in-each-browser.js';

const GUEST = 'nmi-iret-fault';
const PNG_SIGNATURE = '89504e470d0a1a0a';

async function expected() {
  const shipped = await findShippedGuest(GUEST);
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), DEFAULT_MEMORY_BYTES);
  return compare({ name: GUEST, guest, schedule: { kind: 'none' } });
}

/**
 * Two fingers on the drawing, one of which moves away from the other. Chromium's driver has fingers; Firefox's has one, so that
 * there the drawing hears of two from here.
 */
async function pinch(page: Page, drawing: Locator): Promise<void> {
  const box = (await drawing.boundingBox())!;
  const at = (x: number) => ({ x: Math.round(box.x + x), y: Math.round(box.y + 60) });
  const moves = [420, 480, 540, 600];
  if (page.context().browser()?.browserType().name() === 'chromium') {
    const session = await page.context().newCDPSession(page);
    const touch = (type: string, fingers: readonly number[]) =>
      session.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: fingers.map((x, id) => ({ ...at(x), id })),
      });
    await touch('touchStart', [400]);
    await touch('touchStart', [400, 410]);
    for (const x of moves) await touch('touchMove', [400, x]);
    return void (await touch('touchEnd', []));
  }
  const { x: left, y } = at(0);
  await drawing.evaluate(
    (element, { left, y, moves }) => {
      element.setPointerCapture = () => {};
      const finger = (type: string, pointerId: number, x: number) =>
        element.dispatchEvent(new PointerEvent(type, { pointerId, clientX: left + x, clientY: y }));
      finger('pointerdown', 1, 400);
      finger('pointerdown', 2, 410);
      for (const x of moves) finger('pointermove', 2, x);
      finger('pointerup', 2, 600);
      finger('pointerup', 1, 400);
    },
    { left, y, moves },
  );
}

inOnePage(({ test, isRunnable }, playground) => {
  const page = (): Page => playground().page;
  const drawing = (): Locator => page().locator('.timeline-drawing');

  beforeAll(async () => {
    if (!isRunnable) return;
    await playground().choose(GUEST);
    await playground().deliver('xen-event-injection');
    await playground().press('run');
    await playground().sees('.timeline-drawing', 'the guest exited');
  }, 60_000);

  const countOf = (tone: string): Promise<string> =>
    page().locator(`.timeline [data-row="${tone}"] .count`).first().innerHTML();

  const firstTick = (): Promise<string> => page().locator('.timeline-axis .middle').first().innerHTML();

  test('shows the run with its numbers', async () => {
    const { runs } = await expected();
    const run = runs.find(({ delivery }) => delivery === 'xen-event-injection')!;
    expect(await countOf('request')).toBe(`${run.requested}`);
    expect(await countOf('iret')).toBe(`${run.exits.iret}`);
    expect(await countOf('vintr')).toBe(`${run.exits.vintr}`);
    for (const row of ['handler', 'nested', 'mask'])
      await page().locator(`[data-row="${row}"]`).first().waitFor({ state: 'attached' });
  });

  test('zooms with wheel and keys, and says what is pointed at', async () => {
    const { x, y } = (await drawing().boundingBox())!;
    const whole = await firstTick();
    await page().mouse.move(x + 600, y + 40);
    for (let notch = 0; notch < 5; notch++) await page().mouse.wheel(0, -240);
    await expect.poll(firstTick).not.toBe(whole);
    await drawing().focus();
    await page().keyboard.press('0');
    await expect.poll(firstTick).toBe(whole);
    await page().keyboard.press('Home');
    await page().keyboard.press('ArrowLeft');
    await page().keyboard.press('ArrowLeft');
    expect(await page().locator('.timeline [aria-live]').innerText()).toMatch(/^xen-event-injection: \S/);
  });

  test('says what is under the mouse', async () => {
    const { x, y } = (await page().locator('[data-row="request"] path').first().boundingBox())!;
    await page().mouse.move(x + 2, y + 2);
    expect(await page().locator('.timeline-caption').innerText()).toMatch(
      /^NMI requests .*from [\d,]+ to [\d,]+/,
    );
    await page().mouse.move(2, 2);
  });

  test('zooms between two fingers', async () => {
    const whole = await firstTick();
    await pinch(page(), drawing());
    await expect.poll(firstTick).not.toBe(whole);
    await drawing().focus();
    await page().keyboard.press('0');
    await expect.poll(firstTick).toBe(whole);
  });

  test('goes to the moment that is clicked, and forward again', async () => {
    const end = await playground().time();
    const { x, y, width } = (await drawing().boundingBox())!;
    await page().mouse.click(x + width / 2, y + 18);
    await expect.poll(() => playground().time()).toBeLessThan(end);
    await playground().settled();
    const middle = await playground().time();
    expect(middle).toBeGreaterThan(end / 4);
    // What comes is still there, and can be gone to.
    expect(await countOf('request')).toBe('16');
    await page().mouse.click(x + width * 0.75, y + 18);
    await expect.poll(() => playground().time()).toBeGreaterThan(middle);
  });

  test('shows another future where an NMI is requested in the past', async () => {
    await playground().press('restart');
    await playground().press('run');
    const before = await countOf('request');
    const { x, y, width } = (await drawing().boundingBox())!;
    await page().mouse.click(x + width / 2, y + 18);
    await playground().sees('.status .state', 'Paused');
    await playground().settled();
    await playground().start('nmi');
    await playground().press('run');
    const tally = await (await playground().inspect('Exits')).locator('.tally').innerText();
    const requested = /requested\s*(\d+)/.exec(tally)?.[1];
    expect(requested).not.toBe(before);
    await expect.poll(() => countOf('request')).toBe(requested);
  });

  test('runs all strategies, and shows what "vmexit compare" prints', async () => {
    await page().locator('[data-timeline="all"]').click();
    await page().locator('[data-command="compare"]').click();
    await page().locator('.comparison-table').waitFor();
    const { header, rows } = comparisonTable(await expected());
    const cells = await page()
      .locator('.comparison-table tr')
      .evaluateAll((lines) => lines.map((line) => Array.from(line.children, (cell) => cell.textContent)));
    expect(cells).toEqual([header, ...rows]);
    expect(await page().locator('.timeline .strategy').count()).toBe(rows.length);
    await page().locator('[data-timeline="exits"]').click();
    const bars = page().getByRole('table', { name: 'Exits under xen-event-injection' });
    expect(await bars.getByRole('row', { name: 'IRET exits' }).innerText()).toMatch(/16$/);
  });

  test('gives a comparison up', async () => {
    await playground().write('bits 16\n mov dx, 3F8h\nagain: out dx, al\n jmp again\n');
    await page().locator('[data-timeline="all"]').click();
    await page().locator('[data-command="compare"]').click();
    await page().getByRole('progressbar', { name: 'Comparison' }).waitFor();
    await page().locator('[data-command="cancel-compare"]').click();
    await page().locator('[data-command="compare"]').waitFor();
    // What was compared before is still there, and said to be old.
    expect(await page().locator('.comparison-table tr').count()).toBe(6);
    await playground().sees('.compare-actions', 'The program or its settings have changed since.');
    await playground().choose(GUEST);
  });

  test('saves drawing, picture, table and data', async () => {
    await page().locator('[data-timeline="all"]').click();
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
    const download = page().waitForEvent('download');
    await page().locator(`[data-export="${format}"]`).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`${GUEST}.${format}`);
    return readFile(await file.path());
  }
});
