/**
 * npm run screenshot: builds the playground and writes docs/images/playground.png, the picture in the README: the tour's fourth
 * step, where V_NMI waits behind the mask. Needs Debian's Chromium.
 */
import { createServer } from 'node:http';
import { mkdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { runOrExit } from './install.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILD = join(ROOT, 'build/playground');
const PICTURE = join(ROOT, 'docs/images/playground.png');
const SIZE = { width: 1140, height: 660 };
const TYPES = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

runOrExit(process.execPath, ['scripts/playground.mjs', 'build', '--logLevel', 'warn']);
const server = createServer(({ url = '/' }, response) => {
  const type = TYPES[extname(url)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type }).end(readFileSync(join(BUILD, url)));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-lcd-text'],
});
try {
  const context = await browser.newContext({ viewport: SIZE, serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/index.html`);
  await page.getByRole('button', { name: 'Guided tour' }).click();
  for (const heading of ['The IRET exit', 'The faulting IRET', 'The same under Virtual NMI']) {
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByRole('heading', { name: heading }).waitFor();
  }
  await page.getByText('V_NMI waits behind V_NMI_MASK').waitFor();
  mkdirSync(join(PICTURE, '..'), { recursive: true });
  await page.screenshot({ path: PICTURE });
  console.log(`wrote ${PICTURE}`);
} finally {
  await browser.close();
  server.close();
}
