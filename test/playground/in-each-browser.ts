/** The tests of the playground run in each browser that is there, one process of it for each file. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BROWSERS, type BrowserRow } from '../browser/browsers.js';
import type { Site } from '../browser/site.js';
import { isPlaygroundBuilt, type OpenOptions, PlaygroundPage, servePlayground } from './playground-page.js';

export interface InBrowser {
  readonly name: BrowserRow['name'];
  /** The browser is installed, and the playground is built. */
  readonly isRunnable: boolean;
  /** Skipped where it is not runnable. */
  readonly test: typeof it | typeof it.skip;
  /** Neither is there before the first test. */
  browser(): Browser;
  site(): Site;
  /** A page of its own, in which nothing may go wrong. */
  visit(use: (playground: PlaygroundPage) => Promise<void>, options?: OpenOptions): Promise<void>;
}

export function inEachBrowser(define: (context: InBrowser) => void): void {
  describe.each(BROWSERS)('in $name (skipped without it, and before "npm run build:playground")', (row) => {
    const isRunnable = row.isInstalled && isPlaygroundBuilt;
    let browser: Browser | undefined;
    let site: Site | undefined;

    beforeAll(async () => {
      if (isRunnable) [browser, site] = await Promise.all([row.launch(), servePlayground()]);
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      site?.close();
    });

    define({
      name: row.name,
      isRunnable,
      test: it.skipIf(!isRunnable),
      browser: () => started(browser),
      site: () => started(site),
      async visit(use, options) {
        const playground = await PlaygroundPage.open(started(browser), started(site), {
          serviceWorkers: 'block',
          ...options,
        });
        try {
          await use(playground);
          expect(playground.problems).toEqual([]);
        } finally {
          await playground.close();
        }
      },
    });
  });
}

/** As `inEachBrowser`; but there is one page, in which each test goes on where the one before it ended. */
export function inOnePage(define: (context: InBrowser, playground: () => PlaygroundPage) => void): void {
  inEachBrowser((context) => {
    let page: PlaygroundPage | undefined;

    beforeAll(async () => {
      if (context.isRunnable) page = await PlaygroundPage.open(context.browser(), context.site());
    }, 60_000);

    afterEach(() => {
      expect(page?.problems ?? []).toEqual([]);
    });

    define(context, () => started(page));
  });
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('it is there from the first test on');
  return part;
}
