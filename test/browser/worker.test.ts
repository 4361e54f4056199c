/**
 * Machines in web workers, under a strict content security policy: they do what machines in Node do, the page stays alive
 * while they run, and what is disposed of is gone.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type * as mainEntry from '../../src/index.js';
import type * as workerEntry from '../../src/worker/index.js';
import { BROWSERS } from './browsers.js';
import { importMapHash } from './import-map.js';
import { serve, type Site } from './site.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = '/test/browser/entry-points.html';
const POLICY = `script-src 'self' 'wasm-unsafe-eval' ${importMapHash(join(ROOT, PAGE))}`;
const isBuilt = existsSync(join(ROOT, 'dist/worker.js'));
/** Milliseconds for which a page may not answer: the guest in the worker runs for much longer. */
const LONGEST_PAUSE_MS = 250;

/** What entry-points.js makes. */
declare const vmexit: Promise<typeof mainEntry & typeof workerEntry>;

/** What the test of `dispose` keeps in the page. */
interface Disposed {
  readonly machine: workerEntry.WorkerVm;
  readonly end: Promise<string>;
}

describe.each(BROWSERS)('in $name (skipped without it and "npm run build")', ({ isInstalled, launch }) => {
  const isRunnable = isInstalled && isBuilt;
  let site: Site;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    if (!isRunnable) return;
    site = await serve(ROOT, POLICY);
    browser = await launch();
    page = await browser.newPage();
    await page.goto(site.origin + PAGE);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  it.skipIf(!isRunnable)('runs as in Node, stops on a signal, and tells errors by their class', async () => {
    const guest = 'mov cx, 50\nnext: mov al, "."\nout 0E9h, al\nloop next\nmov al, 3\nout 0F4h, al';
    const seen = await page.evaluate(async (assembly) => {
      const { createVmInWorker, UsageError } = await vmexit;
      const vm = await createVmInWorker({ guest: { assembly } });
      const { stop, instructions, serialText } = await vm.run();
      vm.dispose();
      let streamed = '';
      for (const reader = vm.output.pipeThrough(new TextDecoderStream()).getReader(); ;) {
        const { value, done } = await reader.read();
        if (done) break;
        streamed += value;
      }
      const problem = await createVmInWorker({ guest: { assembly: 'foo bar' } }).catch((error) => error);
      const endless = await createVmInWorker({ guest: { assembly: 'jmp $' } });
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      const cancelled = (await endless.run({ signal: controller.signal })).stop.kind;
      endless.dispose();
      const { code, diagnostics } = problem;
      const isUsageError = problem instanceof UsageError;
      return { stop, instructions, serialText, streamed, isUsageError, code, diagnostics, cancelled };
    }, guest);
    const { stop, instructions, serialText } = (await createVm({ guest: { assembly: guest } })).run();
    expect(seen).toMatchObject({ stop, instructions, serialText, streamed: serialText });
    expect(seen).toMatchObject({ isUsageError: true, code: 'ASSEMBLY', diagnostics: [{ line: 1 }] });
    expect(seen.cancelled).toBe('cancelled');
  });

  it.skipIf(!isRunnable)('leaves the page alive while a guest runs', async () => {
    const pauses = await page.evaluate(async () => {
      const { createVm, createVmInWorker } = await vmexit;
      /** The longest time between two frames while `busy` goes on. */
      const longestPause = async (busy: () => Promise<unknown>): Promise<number> => {
        let [longest, last, isOver] = [0, performance.now(), false];
        const frame = (): void => {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          if (!isOver) requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
        await busy();
        await new Promise((resolve) => requestAnimationFrame(resolve));
        isOver = true;
        return longest;
      };
      const guest = { assembly: 'jmp $' };
      const here = await createVm({ guest });
      const there = await createVmInWorker({ guest });
      const forSomeTime = async (): Promise<unknown> => {
        const until = performance.now() + 1000;
        const controller = new AbortController();
        const onSlice = () => performance.now() > until && controller.abort();
        return there.run({ signal: controller.signal, onSlice });
      };
      const inWorker = await longestPause(forSomeTime);
      const inPage = await longestPause(async () => {
        const until = performance.now() + 1000;
        while (performance.now() < until) here.run({ maxInstructions: 1_000_000 });
      });
      there.dispose();
      return { inWorker, inPage };
    });
    expect(pauses.inPage).toBeGreaterThan(900);
    expect(pauses.inWorker).toBeLessThan(LONGEST_PAUSE_MS);
  });

  it.skipIf(!isRunnable)('ends a worker that is disposed of in the middle of a run', async () => {
    await page.evaluate(async () => {
      const { createVmInWorker } = await vmexit;
      const machine = await createVmInWorker({ guest: { assembly: 'jmp $' } });
      const end = machine.run().catch((error) => error.code);
      await machine.time(); // The run is on.
      Object.assign(globalThis, { machine, end });
    });
    if (browser.browserType().name() === 'chromium') expect(page.workers().length).toBe(1);
    const end = await page.evaluate(() => {
      const { machine, end } = globalThis as unknown as Disposed;
      machine.dispose();
      return end;
    });
    expect(end).toBe('WORKER_GONE');
    await expect.poll(() => page.workers().length).toBe(0);
  });

  it.skipIf(!isRunnable)('says that the script of the worker is not there', async () => {
    const message = await page.evaluate(async () => {
      const { createVmInWorker } = await vmexit;
      const options = { guest: { assembly: 'nop' }, workerUrl: '/no-such-file.js' };
      return createVmInWorker(options).catch((error) => `${error.code}: ${error.message}`);
    });
    expect(message).toBe(
      'WORKER_GONE: the worker is gone: its script, worker-host.js, cannot be loaded, or a content security policy forbids it',
    );
  });
});
