/**
 * The packed tarball in a project of its own, through the bundlers that people use, in every browser under a strict content
 * security policy; and without any. The program has one machine in the page and one in a worker.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild, type BuildOptions } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build as vite, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { BROWSERS } from '../browser/browsers.js';
import { serve } from '../browser/site.js';
import { createProject, type Project } from './project.js';
import { isBuilt, ROOT } from './built.js';

/** All that a page has to allow. */
const POLICY = "script-src 'self' 'wasm-unsafe-eval'";
/** mov al, 7; out 0F4h, al: the guest ends with that status. */
const SOURCE = 'mov al, 7\\nout 0F4h, al';
const PROGRAM = `
import { createVm } from 'vmexit';
import { createVmInWorker } from 'vmexit/worker';
const here = await createVm({ guest: Uint8Array.of(0xb0, 7, 0xe6, 0xf4), format: 'flat' });
const there = await createVmInWorker({ guest: { assembly: '${SOURCE}' } });
const stops = [here.run().stop, (await there.run()).stop];
document.querySelector('pre').textContent = JSON.stringify(stops);
`;
const EXIT = { kind: 'exit', status: 7 };
const BINARIES = ['core.wasm', 'iced.wasm'];
const ENOUGH_MS = 120_000;

const installed = BROWSERS.filter(({ isInstalled }) => isInstalled);
const names = installed.map(({ name }) => name).join(' and ');

describe.skipIf(!isBuilt || installed.length === 0)(
  `in ${names || 'no browser'} (skipped without a browser and "npm run build")`,
  { timeout: ENOUGH_MS },
  () => {
    let project: Project;
    let browsers: readonly Browser[];

    beforeAll(async () => {
      project = createProject();
      project.write('main.js', PROGRAM);
      browsers = await Promise.all(installed.map(({ launch }) => launch()));
    }, ENOUGH_MS);

    afterAll(async () => {
      await Promise.all(browsers.map((browser) => browser.close()));
      project.remove();
    });

    /** What the result is, in each browser, in a page that consists of `html` and a place for the result. */
    async function open(html: string, policy = POLICY): Promise<unknown[]> {
      const site = await serve(project.folder, policy, { '/page.html': `<!doctype html><pre></pre>${html}` });
      try {
        return await resultsAt(`${site.origin}/page.html`);
      } finally {
        site.close();
      }
    }

    async function resultsAt(url: string): Promise<unknown[]> {
      const results: unknown[] = [];
      for (const browser of browsers) {
        const page = await browser.newPage();
        try {
          await page.goto(url);
          const text = await page.locator('pre:not(:empty)').textContent({ timeout: 60_000 });
          results.push(JSON.parse(text ?? ''));
        } finally {
          await page.close();
        }
      }
      return results;
    }

    const everywhere = (result: unknown) => installed.map(() => result);
    const script = (path: string) => `<script type="module" src="${path}"></script>`;

    it('works in the pages that README.md shows', async () => {
      const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
      const [plain, element] = [...readme.matchAll(/^```html\n(.*?)^```$/gms)].map(([, html]) => html!);
      const expected = /textContent = .*; \/\/ (.*)$/m.exec(plain!)![1]!;
      const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
      const stops = await open(plain!.replace('<pre></pre>', ''), policy);
      expect(stops).toEqual(everywhere(JSON.parse(expected)));
      project.write('guest.asm', SOURCE.replace('\\n', '\n'));
      project.write(
        'watch.js',
        `document.querySelector('x86-guest').addEventListener('exit', ({ detail }) => {
          document.querySelector('pre').textContent = JSON.stringify(detail.stop);
        });`,
      );
      expect(await open(script('/watch.js') + element!)).toEqual(everywhere(EXIT));
    });

    it('works without a bundler', async () => {
      const dist = '/node_modules/vmexit/dist';
      const imports = { vmexit: `${dist}/index.js`, 'vmexit/worker': `${dist}/worker.js` };
      const map = JSON.stringify({ imports });
      const hash = createHash('sha256').update(map).digest('base64');
      const html = `<script type="importmap">${map}</script>${script('/main.js')}`;
      expect(await open(html, `${POLICY} 'sha256-${hash}'`)).toEqual(everywhere([EXIT, EXIT]));
    });

    it('works with Vite', async () => {
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
      expect(await open(script('/vite/vite.js'))).toEqual(everywhere([EXIT, EXIT]));
    });

    it("works with Vite's development server", async () => {
      project.write('index.html', `<!doctype html><pre></pre>${script('/main.js')}`);
      const server = await createServer({ root: project.folder, configFile: false, logLevel: 'error' });
      try {
        await server.listen(0);
        const results = await resultsAt(server.resolvedUrls?.local[0] ?? '');
        expect(results).toEqual(everywhere([EXIT, EXIT]));
      } finally {
        await server.close();
      }
    });

    it('works with webpack', async () => {
      await runWebpack({
        mode: 'none',
        context: project.folder,
        entry: './main.js',
        output: { path: join(project.folder, 'webpack'), filename: 'webpack.js' },
      });
      expect(await open(script('/webpack/webpack.js'))).toEqual(everywhere([EXIT, EXIT]));
    });

    it('works with esbuild, which leaves copying the binaries to the user', async () => {
      const { folder } = project;
      await runEsbuild({
        entryPoints: { esbuild: 'main.js', 'worker-host': 'vmexit/worker-host' },
        outdir: 'esbuild',
      });
      for (const name of BINARIES)
        copyFileSync(join(folder, 'node_modules/vmexit/dist', name), join(folder, 'esbuild', name));
      expect(await open(script('/esbuild/esbuild.js'))).toEqual(everywhere([EXIT, EXIT]));
    });

    it('works as a single file, made as docs/embedding.md says', async () => {
      const docs = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
      project.write('single.js', /^```js\n(\/\/ esbuild .*?)^```$/ms.exec(docs)![1]!);
      await runEsbuild({
        entryPoints: ['single.js'],
        loader: { '.wasm': 'binary' },
        outfile: 'single/program.js',
      });
      expect(await open(script('/single/program.js'))).toEqual(everywhere(EXIT));
    });

    function runEsbuild(options: BuildOptions): Promise<unknown> {
      const common = { bundle: true, format: 'esm', logLevel: 'error' } as const;
      return esbuild({ absWorkingDir: project.folder, ...common, ...options });
    }
  },
);

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
