/**
 * The packed tarball in a project of its own, through the bundlers that people use, in Chromium under a strict content
 * security policy; and without any.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build as vite, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { hasChromium, launchChromium } from '../browser/chromium.js';
import { serve } from '../browser/site.js';
import { createProject, type Project } from './project.js';
import { isBuilt, ROOT } from './tarball.js';

/** All that a page has to allow. */
const POLICY = "script-src 'self' 'wasm-unsafe-eval'";
/** mov al, 7; out 0F4h, al: the guest ends with that status. */
const PROGRAM = `
import { createVm } from 'vmexit';
const guest = Uint8Array.of(0xb0, 7, 0xe6, 0xf4);
const vm = await createVm({ guest, format: 'flat' });
document.querySelector('pre').textContent = JSON.stringify(vm.run().stop);
`;
const RESULT = { kind: 'exit', status: 7 };
const ENOUGH_MS = 120_000;

describe.skipIf(!isBuilt || !hasChromium)('(skipped without chromium and "npm run build")', () => {
  let project: Project;
  let browser: Browser;

  beforeAll(async () => {
    project = createProject();
    project.write('main.js', PROGRAM);
    browser = await launchChromium();
  }, ENOUGH_MS);

  afterAll(async () => {
    await browser.close();
    project.remove();
  });

  /** What the guest's end is in a page that consists of `html` and a place for the result. */
  async function open(html: string, policy = POLICY): Promise<unknown> {
    const site = await serve(project.folder, policy, { '/page.html': `<!doctype html><pre></pre>${html}` });
    try {
      return await resultAt(`${site.origin}/page.html`);
    } finally {
      site.close();
    }
  }

  async function resultAt(url: string): Promise<unknown> {
    const page = await browser.newPage();
    try {
      await page.goto(url);
      const text = await page.locator('pre:not(:empty)').textContent({ timeout: 60_000 });
      return JSON.parse(text ?? '') as unknown;
    } finally {
      await page.close();
    }
  }

  const script = (path: string) => `<script type="module" src="${path}"></script>`;

  it(
    'works in the pages that README.md shows',
    async () => {
      const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
      const [plain, element] = [...readme.matchAll(/^```html\n(.*?)^```$/gms)].map(([, html]) => html!);
      const expected = /textContent = .*; \/\/ (.*)$/m.exec(plain!)![1]!;
      const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
      expect(await open(plain!.replace('<pre></pre>', ''), policy)).toEqual(JSON.parse(expected));
      project.write('guest.asm', 'mov al, 7\nout 0F4h, al');
      const watch = `<script type="module" src="/watch.js"></script>`;
      project.write(
        'watch.js',
        `document.querySelector('x86-guest').addEventListener('exit', ({ detail }) => {
          document.querySelector('pre').textContent = JSON.stringify(detail.stop);
        });`,
      );
      expect(await open(watch + element!)).toMatchObject(RESULT);
    },
    ENOUGH_MS,
  );

  it(
    'works without a bundler',
    async () => {
      const map = JSON.stringify({ imports: { vmexit: '/node_modules/vmexit/dist/index.js' } });
      const hash = createHash('sha256').update(map).digest('base64');
      const html = `<script type="importmap">${map}</script>${script('/main.js')}`;
      expect(await open(html, `${POLICY} 'sha256-${hash}'`)).toMatchObject(RESULT);
    },
    ENOUGH_MS,
  );

  it(
    'works with Vite',
    async () => {
      const rolldownOptions = {
        input: join(project.folder, 'main.js'),
        output: { entryFileNames: 'vite.js' },
      };
      await vite({
        root: project.folder,
        configFile: false,
        logLevel: 'error',
        base: './',
        build: { outDir: 'vite', target: 'es2022', rolldownOptions },
      });
      expect(await open(script('/vite/vite.js'))).toMatchObject(RESULT);
    },
    ENOUGH_MS,
  );

  it(
    "works with Vite's development server",
    async () => {
      project.write('index.html', `<!doctype html><pre></pre>${script('/main.js')}`);
      const server = await createServer({ root: project.folder, configFile: false, logLevel: 'error' });
      try {
        await server.listen(0);
        expect(await resultAt(server.resolvedUrls?.local[0] ?? '')).toMatchObject(RESULT);
      } finally {
        await server.close();
      }
    },
    ENOUGH_MS,
  );

  it(
    'works with webpack',
    async () => {
      await runWebpack({
        mode: 'none',
        context: project.folder,
        entry: './main.js',
        output: { path: join(project.folder, 'webpack'), filename: 'webpack.js' },
      });
      expect(await open(script('/webpack/webpack.js'))).toMatchObject(RESULT);
    },
    ENOUGH_MS,
  );

  it(
    'works with esbuild, which leaves copying the binaries to the user',
    async () => {
      const { folder } = project;
      await esbuild({
        absWorkingDir: folder,
        entryPoints: ['main.js'],
        bundle: true,
        format: 'esm',
        outfile: 'esbuild/esbuild.js',
        logLevel: 'error',
      });
      for (const name of ['core.wasm', 'iced.wasm'])
        copyFileSync(join(folder, 'node_modules/vmexit/dist', name), join(folder, 'esbuild', name));
      expect(await open(script('/esbuild/esbuild.js'))).toMatchObject(RESULT);
    },
    ENOUGH_MS,
  );

  it(
    'works as a single file, made as docs/embedding.md says',
    async () => {
      const { folder } = project;
      const docs = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
      project.write('single.js', /^```js\n(\/\/ esbuild .*?)^```$/ms.exec(docs)![1]!);
      await esbuild({
        absWorkingDir: folder,
        entryPoints: ['single.js'],
        bundle: true,
        format: 'esm',
        loader: { '.wasm': 'binary' },
        outfile: 'single/program.js',
        logLevel: 'error',
      });
      expect(await open(script('/single/program.js'))).toMatchObject(RESULT);
    },
    ENOUGH_MS,
  );
});

function runWebpack(options: webpack.Configuration): Promise<void> {
  return new Promise((resolve, reject) => {
    webpack(options, (error, stats) => {
      if (error) reject(error);
      else if (stats?.hasErrors() !== false || stats.hasWarnings())
        reject(new Error(stats?.toString('errors-warnings')));
      else resolve();
    });
  });
}
