/** The playground as a page: offline, for every reader, on every size, and as its tour shows it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect } from 'vitest';
import { inEachBrowser } from './in-each-browser.js';
import { type OpenOptions, PlaygroundPage, servePlayground } from './playground-page.js';

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

/** What has the focus, as assistive technology calls it. */
function focused({ page }: PlaygroundPage): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element?.classList.contains('cm-content')) return 'editor';
    const label = element?.getAttribute('aria-label') ?? element?.textContent ?? '';
    return label.trim();
  });
}

inEachBrowser(({ name, test, visit, browser }) => {
  test('works without its server after the first visit', async () => {
    const site = await servePlayground();
    const playground = await PlaygroundPage.open(browser(), site);
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

  const looks: readonly Pick<OpenOptions, 'colorScheme' | 'viewport'>[] = [
    { colorScheme: 'light' },
    { colorScheme: 'dark' },
    { colorScheme: 'light', viewport: PHONE },
  ];
  // The whole in Chromium: what axe looks at is the same in the other.
  test.each(name === 'Chromium' ? looks : looks.slice(0, 1))('axe finds nothing serious: %o', (look) =>
    visit(async (playground) => {
      expect(await playground.page.evaluate(() => document.documentElement.dataset['theme'])).toBe(
        look.colorScheme,
      );
      await playground.press('step');
      const tabs =
        look.colorScheme === 'light' ? [] : ['Exits', 'Events', 'VMCB', 'Stack', 'Memory', 'Output'];
      expect(await problemsOf(playground)).toEqual([]);
      for (const tab of tabs) {
        await playground.inspect(tab);
        expect(await problemsOf(playground, '[role=tabpanel]'), tab).toEqual([]);
      }
    }, look),
  );

  test('keeps the theme that the reader chooses', () =>
    visit(async (playground) => {
      const { page } = playground;
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await page.getByRole('button', { name: 'Dark theme' }).click();
      const dark = await ground();
      expect(dark).not.toBe(light);
      await playground.reload();
      expect(await ground()).toBe(dark);
    }));

  test('fits a phone: a guest is run there, and nothing is wider than the screen', () =>
    visit(
      async (playground) => {
        const show = (part: string) =>
          playground.page.getByRole('button', { name: part, exact: true }).click();
        for (const part of ['Processor', 'NMI & more', 'Timeline', 'Source']) {
          await show(part);
          const width = await playground.page.evaluate(() => document.documentElement.scrollWidth);
          expect(width, part).toBe(PHONE.width);
        }
        await playground.choose('hello-16');
        await playground.press('run');
        await show('NMI & more');
        expect(await (await playground.inspect('Output')).locator('pre').innerText()).toContain('hello');
      },
      { viewport: PHONE },
    ));

  test('shows everything at 1280 x 720 without scrolling the page', () =>
    visit(async (playground) => {
      const outside = await playground.page.evaluate(() =>
        Array.from(document.querySelectorAll('.toolbar *, .panel, .timeline-dock, .status'), (element) => {
          const { left, right, top, bottom } = element.getBoundingClientRect();
          const isOutside = left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5;
          return isOutside ? element.outerHTML.slice(0, 80) : null;
        }).filter((found) => found !== null),
      );
      expect(outside).toEqual([]);
    }));

  test('opens and closes the help by the keyboard', () =>
    visit(async ({ page }) => {
      await page.locator('.brand').click();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Help' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: 'Help' }).waitFor({ state: 'hidden' });
    }));

  test('leads the Tab key through the page in the order in which it is read, and out of the editor', () =>
    visit(async (playground) => {
      const { page } = playground;
      await page.locator('.brand').click();
      const seen: string[] = [];
      for (let i = 0; i < 16; i++) {
        await page.keyboard.press('Tab');
        seen.push(await focused(playground));
      }
      expect(seen).toEqual([
        ...['Run', 'Step one instruction', 'Run to the next #VMEXIT', 'Run to the cursor’s line', 'Restart'],
        ...['Request an NMI', 'Delivery of NMIs', 'NMI schedule, in instructions'],
        ...['Share', 'Guided tour', 'Dark theme', 'Help and keyboard shortcuts'],
        ...['See it, in five steps', 'Not now', 'Program', 'editor'],
      ]);
      await page.keyboard.press('Tab');
      expect(await focused(playground)).toBe('editor');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Tab');
      expect(await focused(playground)).not.toBe('editor');
    }));

  test('tells a first visitor, and only then, what a Virtual NMI is', () =>
    visit(async (playground) => {
      const { page } = playground;
      const invitation = page.getByRole('region', { name: 'What a Virtual NMI is' });
      await invitation.waitFor();
      await page.getByRole('button', { name: 'See it, in five steps' }).click();
      await page.getByRole('heading', { name: 'An NMI by event injection' }).waitFor();
      expect(await invitation.count()).toBe(0);
      await playground.reload();
      expect(await invitation.count()).toBe(0);
    }));

  test('shows in its tour what it says', () =>
    visit(async (playground) => {
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
    }));
});
