/** `npm run playground`: the page from its sources, as somebody has it who works on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasChromium, launchChromium } from '../browser/chromium.js';
import { isPlaygroundBuilt, PlaygroundPage } from './playground-page.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const isRunnable = hasChromium && isPlaygroundBuilt;

/** The address that the server prints. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    server.stdout?.on('data', (data: Buffer) => {
      printed += stripVTControlCharacters(data.toString());
      const address = /http:\/\/\S+:\d+/.exec(printed)?.[0];
      if (address !== undefined) resolve(address);
    });
    server.on('exit', () => reject(new Error(`it ended: ${printed}`)));
  });
}

let server: ChildProcess | undefined;

beforeAll(() => {
  if (isRunnable)
    server = spawn('npm', ['run', 'playground', '--', '--host', '127.0.0.1', '--port', '0'], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
});

afterAll(() => {
  // npm and what it started.
  if (server?.pid !== undefined) process.kill(-server.pid);
});

it.skipIf(!isRunnable)(
  '"npm run playground" serves it (skipped without Chromium, and before "npm run build:playground")',
  async () => {
    const [origin, browser] = await Promise.all([addressOf(server!), launchChromium()]);
    try {
      const playground = await PlaygroundPage.open(browser, { origin, close: () => {} }, { path: '/' });
      await playground.choose('hello-64');
      await playground.press('run');
      expect(await playground.stop()).toBe('the guest exited with status 0');
      expect(playground.problems).toEqual([]);
    } finally {
      await browser.close();
    }
  },
  120_000,
);
