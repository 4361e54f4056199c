/** The built package in browsers, without a bundler: a guest runs there as it runs in Node, number for number. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { compare } from '../../src/lab/compare.js';
import { BROWSERS } from './browsers.js';
import { serve, type Site } from './site.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEMORY_BYTES = 16 << 20;
/** What a page that wants to run WebAssembly has to allow, and its inline script and import map. */
const POLICY = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";

const isBuilt = existsSync(join(ROOT, 'dist/index.js'));

describe.each(BROWSERS)('in $name (skipped without it and "npm run build")', ({ isInstalled, launch }) => {
  let site: Site;

  beforeAll(async () => {
    site = await serve(ROOT, POLICY);
  });

  afterAll(() => {
    site.close();
  });

  it.skipIf(!isInstalled || !isBuilt)(
    'compares the deliveries on nmi-storm with the same numbers as Node',
    async () => {
      const shipped = await findShippedGuest('nmi-storm');
      const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
      const schedule = { kind: 'random', mean: 1000, seed: 1, count: 200 } as const;
      const expected = await compare({ name: 'nmi-storm', guest, memoryBytes: MEMORY_BYTES, schedule });

      const browser = await launch();
      try {
        const page = await browser.newPage();
        const problems: string[] = [];
        page.on('pageerror', (error) => problems.push(error.message));
        await page.goto(`${site.origin}/test/browser/page.html`);
        const result = page.locator('#result:not(:text("running"))');
        const text = await result.textContent({ timeout: 50_000 });
        expect(problems).toEqual([]);
        expect(JSON.parse(text ?? '')).toEqual(JSON.parse(JSON.stringify(expected)));
      } finally {
        await browser.close();
      }
    },
    120_000,
  );
});
