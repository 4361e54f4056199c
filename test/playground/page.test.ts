/** The playground as a page: offline, for every reader, on every size, and as its tour shows it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from '../browser/chromium.js';
import { isPlaygroundBuilt, PlaygroundPage, servePlayground } from './playground-page.js';

const isRunnable = hasChromium && isPlaygroundBuilt;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { width: 390, height: 844 };

interface AxeScope {
  readonly axe: { run(selector: string): Promise<AxeResults> };
}

/** What axe finds that is serious or worse: rule and element. */
async function problemsOf({ page }: PlaygroundPage, within = 'html'): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (selector) => (globalThis as unknown as AxeScope).axe.run(selector),
    within,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe.skipIf(!isRunnable)(
  'in Chromium (skipped without it, and before "npm run build:playground")',
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchChromium();
    }, 60_000);

    afterAll(async () => {
      await browser.close();
    });

    it('works without its server after the first visit', async () => {
      const site = await servePlayground();
      const playground = await PlaygroundPage.open(browser, site);
      await playground.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await playground.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      site.close();
      await playground.page.context().setOffline(true);
      await playground.reload();
      await playground.choose('hello-64');
      await playground.press('run');
      expect(await playground.stop()).toBe('the guest exited with status 0');
      await playground.close();
    });

    it.each([
      ['light', undefined],
      ['dark', undefined],
      ['light', PHONE],
    ] as const)('axe finds nothing serious: %s, %o', async (colorScheme, viewport) => {
      const site = await servePlayground();
      const playground = await PlaygroundPage.open(browser, site, {
        colorScheme,
        serviceWorkers: 'block',
        ...(viewport && { viewport }),
      });
      await playground.press('step');
      const tabs = colorScheme === 'light' ? [] : ['Exits', 'Events', 'VMCB', 'Stack', 'Memory', 'Output'];
      expect(await problemsOf(playground)).toEqual([]);
      for (const tab of tabs) {
        await playground.inspect(tab);
        expect(await problemsOf(playground, '[role=tabpanel]'), tab).toEqual([]);
      }
      await playground.close();
      site.close();
    });

    it('fits a phone: nothing is wider than the screen', async () => {
      const site = await servePlayground();
      const playground = await PlaygroundPage.open(browser, site, {
        viewport: PHONE,
        serviceWorkers: 'block',
      });
      for (const part of ['Source', 'Processor', 'NMI & more', 'Timeline']) {
        await playground.page.getByRole('button', { name: part, exact: true }).click();
        expect(await playground.page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
      }
      await playground.close();
      site.close();
    });

    it('opens and closes the help by the keyboard', async () => {
      const site = await servePlayground();
      const playground = await PlaygroundPage.open(browser, site, { serviceWorkers: 'block' });
      await playground.page.locator('.brand').click();
      await playground.page.keyboard.press('?');
      await playground.page.getByRole('dialog', { name: 'Help' }).waitFor();
      await playground.page.keyboard.press('Escape');
      await playground.page.getByRole('dialog', { name: 'Help' }).waitFor({ state: 'hidden' });
      await playground.close();
      site.close();
    });

    it('shows in its tour what it says', async () => {
      const site = await servePlayground();
      const playground = await PlaygroundPage.open(browser, site, { serviceWorkers: 'block' });
      const { page } = playground;
      const next = async (): Promise<void> => {
        await page.getByRole('button', { name: 'Next', exact: true }).click();
        await playground.settled();
      };
      await playground.write('; mine\n');

      await page.getByRole('button', { name: 'Guided tour' }).click();
      await playground.settled();
      await playground.sees('.event-log li:nth-child(1)', 'handler entered (injected)');
      await playground.sees('.nmi-summary', 'The hypervisor’s mask keeps others out');

      await next();
      await playground.sees('.status-text', '#VMEXIT iret');
      expect(await playground.line()).toContain('iretq');
      await playground.sees('.bit.set', 'INTERRUPT_SHADOW');

      await next();
      await playground.sees('.nmi-summary', '2 NMI handlers are active at once');

      await next();
      await playground.sees('.bit.set', 'V_NMI_MASK');
      await playground.sees('.nmi-summary', 'V_NMI waits behind V_NMI_MASK');
      expect(await playground.text('.exits, .code-row.current')).toContain('cmp qword');

      await next();
      await playground.sees('.vmcb-row:has-text("EXITINTINFO")', 'NMI, vector 2');
      expect(await page.locator('.bit.set', { hasText: /^V_NMI_MASK/ }).count()).toBe(0);

      await page.getByRole('button', { name: 'Done' }).click();
      await playground.sees('.cm-content', '; mine');
      expect(playground.problems).toEqual([]);
      await playground.close();
      site.close();
    });
  },
);
