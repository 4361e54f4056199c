/** The built package in Chromium, without a bundler: a guest runs there as it runs in Node, number for number. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { compare } from '../../src/lab/compare.js';

const CHROMIUM = '/usr/bin/chromium';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEMORY_BYTES = 16 << 20;
/** Nothing but the page: Chromium's own connections would only be refused. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
/** What a page that wants to run WebAssembly has to allow, and nothing else. */
const POLICY = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";

const isRunnable = existsSync(CHROMIUM) && existsSync(join(ROOT, 'dist/index.js'));

describe.skipIf(!isRunnable)('in Chromium (skipped without chromium and "npm run build")', () => {
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
      try {
        const body = await readFile(join(ROOT, path));
        const type = TYPES[extname(path)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
  });

  it('compares the deliveries on nmi-storm with the same numbers as Node', async () => {
    const shipped = await findShippedGuest('nmi-storm');
    const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
    const schedule = { kind: 'random', mean: 1000, seed: 1, count: 200 } as const;
    const expected = await compare({ name: 'nmi-storm', guest, memoryBytes: MEMORY_BYTES, schedule });

    const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      await page.goto(`${origin}/test/browser/page.html`);
      const result = page.locator('#result:not(:text("running"))');
      const text = await result.textContent({ timeout: 50_000 });
      expect(problems).toEqual([]);
      expect(JSON.parse(text ?? '')).toEqual(JSON.parse(JSON.stringify(expected)));
    } finally {
      await browser.close();
    }
  }, 120_000);
});
