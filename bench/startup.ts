/**
 * What a user waits for: from starting Node, or opening a page, to the guest's first instruction.
 *
 * Every sample is a process of its own, in Chromium a page of its own with nothing cached, in a browser that has come to
 * rest: a user opens a page when the browser has long been started. The bundle in dist/ is measured, not the sources.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { UsageError } from '../src/index.js';
import { hasChromium, launchChromium } from '../test/browser/chromium.js';
import { serve } from '../test/browser/site.js';
import { type Estimate, estimate } from './estimate.js';
import type { Budget } from './measure.js';
import { type Result, type Section, type Target, timedResult } from './section.js';

const DIST = resolve('dist');
/** From the root of the repository, where npm runs scripts. */
const CHILD = 'bench/startup-process.mjs';
const NODE_TARGET: Target = { is: 'below', value: 60 };
const CHROMIUM_TARGET: Target = { is: 'below', value: 150 };
const POLICY = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";

/** Until a new tab has nothing more to do, in milliseconds. */
const SETTLED = 500;
const EMPTY_PAGE = '<!doctype html><title>empty</title>';

/** Takes the same times as startup-process.mjs. Its text is set when all are taken. */
const PAGE = `<!doctype html>
<script type="importmap">
  { "imports": { "vmexit": "/index.js" } }
</script>
<script type="module">
  const times = [performance.now()];
  const { createVm } = await import('vmexit');
  times.push(performance.now());
  const vm = await createVm({ guest: Uint8Array.of(0x66, 0xb8, 1, 0, 0, 0, 0xf4), format: 'flat' });
  times.push(performance.now());
  vm.run({ maxInstructions: 1 });
  times.push(performance.now());
  document.querySelector('pre').textContent = JSON.stringify(times);
</script>
<pre></pre>`;

/** A point in time, in milliseconds since the process began. */
interface Mark {
  readonly processor: number;
  readonly wall: number;
}

/** When each step was over. */
interface StartupMarks {
  readonly node: Mark;
  readonly imported: Mark;
  readonly created: Mark;
  readonly executed: Mark;
  /** The same for a second machine, which finds everything loaded. */
  readonly second: Mark;
}

export async function measureStartup({ samples }: Budget): Promise<Section> {
  if (!existsSync(join(DIST, 'index.js'))) throw new UsageError('there is no dist/: run "npm run build"');
  const runs = Array.from({ length: samples }, startInNode);
  const inChromium = hasChromium ? await startInChromium(samples) : [];
  return {
    name: 'startup',
    title: 'Start-up',
    unit: 'ms',
    reading: 'One process a sample, all its threads; in Chromium only the wall is known. Less is better.',
    results: [...nodeResults(runs), ...chromiumResults(inChromium)],
  };
}

function startInNode(): StartupMarks {
  const library = pathToFileURL(join(DIST, 'index.js')).href;
  const { stdout, stderr, status } = spawnSync(process.execPath, [CHILD, library], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the process that was to be measured failed: ${stderr}`);
  return JSON.parse(stdout) as StartupMarks;
}

function nodeResults(runs: readonly StartupMarks[]): Result[] {
  const origin: Mark = { processor: 0, wall: 0 };
  const between = (
    name: string,
    from: (run: StartupMarks) => Mark,
    to: (run: StartupMarks) => Mark,
    target: Target | null = null,
  ) => {
    const time = (clock: keyof Mark) => estimate(runs.map((run) => to(run)[clock] - from(run)[clock]));
    return timedResult(name, time('processor'), time('wall'), target);
  };
  return [
    between(
      'Node, before anything is imported',
      () => origin,
      ({ node }) => node,
    ),
    between(
      'import',
      ({ node }) => node,
      ({ imported }) => imported,
    ),
    between(
      'createVm',
      ({ imported }) => imported,
      ({ created }) => created,
    ),
    between(
      'first instruction',
      ({ created }) => created,
      ({ executed }) => executed,
    ),
    between(
      'import to first instruction',
      ({ node }) => node,
      ({ executed }) => executed,
      NODE_TARGET,
    ),
    between(
      'a second machine',
      ({ executed }) => executed,
      ({ second }) => second,
    ),
  ];
}

/** Times in milliseconds: before the import, after it, after createVm, after the first instruction. */
type PageTimes = readonly [before: number, imported: number, created: number, executed: number];

async function startInChromium(samples: number): Promise<PageTimes[]> {
  const site = await serve(DIST, POLICY, { '/page.html': PAGE, '/empty.html': EMPTY_PAGE });
  const browser = await launchChromium();
  const runs: PageTimes[] = [];
  try {
    for (let i = 0; i < samples; i++) runs.push(await openPage(browser, site.origin));
  } finally {
    await browser.close();
    site.close();
  }
  return runs;
}

/** A context of its own shares no cache with others. */
async function openPage(browser: Browser, origin: string): Promise<PageTimes> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${origin}/empty.html`);
    await page.waitForTimeout(SETTLED);
    await page.goto(`${origin}/page.html`);
    const times = await page.locator('pre:not(:empty)').textContent();
    return JSON.parse(times ?? '') as PageTimes;
  } finally {
    await context.close();
  }
}

function chromiumResults(runs: readonly PageTimes[]): Result[] {
  if (runs.length === 0) return [];
  const between = (name: string, from: number, to: number, target: Target | null = null) => {
    const time: Estimate = estimate(runs.map((times) => times[to]! - times[from]!));
    return timedResult(`Chromium: ${name}`, time, time, target);
  };
  return [
    between('import', 0, 1),
    between('createVm', 1, 2),
    between('first instruction', 2, 3),
    between('import to first instruction', 0, 3, CHROMIUM_TARGET),
  ];
}
