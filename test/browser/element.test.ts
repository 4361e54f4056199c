/** `<x86-guest>` as a page has it, and as its visitors use it, under a strict content security policy. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type * as elementEntry from '../../src/element/index.js';
import { BROWSERS } from './browsers.js';
import { serve, type Site } from './site.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const NO_WASM = "style-src 'self'; script-src 'self'";
const POLICY = `${NO_WASM} 'wasm-unsafe-eval'`;
const isBuilt = existsSync(join(ROOT, 'dist/element.js'));

/** Prints a line and ends with status 7. */
const HELLO = `mov si, text
next: lodsb
test al, al
jz end
out 0E9h, al
jmp next
end: mov al, 7
out 0F4h, al
text: db "hello, page", 10, 0`;
const ENDLESS = 'mov al, "."\nout 0E9h, al\njmp $';
/** Ends with status 2 when an NMI comes. */
const WAITING = 'mov word [8], handler\nmov word [10], 0\njmp $\nhandler: mov al, 2\nout 0F4h, al';

const page = (body: string) =>
  `<!doctype html><html lang="en"><title>guests</title><script type="module" src="/dist/element.js"></script><main><h1>Guests</h1>${body}</main></html>`;
const inline = (source: string, attributes = '') =>
  `<x86-guest ${attributes}><script type="text/x-nasm">${source}</script></x86-guest>`;

const PAGES = {
  '/hello.asm': HELLO,
  '/wrong.asm': 'nop\nfoo bar',
  '/src.html': page('<x86-guest src="hello.asm" autorun label="The hello guest"></x86-guest>'),
  '/text.html': page(`<x86-guest>${HELLO}</x86-guest>`),
  '/endless.html': page(inline(ENDLESS)),
  '/waiting.html': page(inline(WAITING, 'delivery="xen-vnmi" memory="1M" autorun')),
  '/none.html': page('<x86-guest autorun></x86-guest>'),
  '/missing.html': page('<x86-guest src="no-such-guest.bin" autorun></x86-guest>'),
  '/wrong.html': page('<x86-guest src="wrong.asm" autorun></x86-guest>'),
  '/attribute.html': page(inline(HELLO, 'memory="plenty" autorun')),
  '/delivery.html': page(inline(HELLO, 'delivery="by-post" autorun')),
};

describe.each(BROWSERS)('in $name (skipped without it and "npm run build")', ({ isInstalled, launch }) => {
  const isRunnable = isInstalled && isBuilt;
  let site: Site;
  let strict: Site;
  let browser: Browser;
  let tab: Page;

  beforeAll(async () => {
    if (!isRunnable) return;
    site = await serve(ROOT, POLICY, PAGES);
    strict = await serve(ROOT, NO_WASM, PAGES);
    browser = await launch();
    tab = await browser.newPage();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    site?.close();
    strict?.close();
  });

  const open = (path: string, { origin } = site) => tab.goto(origin + path);
  const named = (part: string): Locator => tab.locator(`[part~="${part}"]`);
  const button = (name: string): Locator => tab.getByRole('button', { name });
  const statusIs = (text: string | RegExp) =>
    expect.poll(() => named('status').textContent(), { timeout: 20_000 }).toMatch(text);

  it.skipIf(!isRunnable)('runs a source from the server by one line of the page', async () => {
    const { instructions } = (await createVm({ guest: { assembly: HELLO } })).run();
    await open('/src.html');
    await statusIs(`the guest exited with status 7 after ${instructions} instructions`);
    expect(await named('output').textContent()).toBe('hello, page\n');
    expect(await button('Run').isDisabled()).toBe(true);
    expect(await tab.getByRole('group', { name: 'The hello guest' }).count()).toBe(1);
    await button('Restart').click();
    await statusIs('exited with status 7');
  });

  it.skipIf(!isRunnable)('is accessible', async () => {
    await open('/src.html');
    await statusIs('exited');
    await tab.evaluate(readFileSync(AXE, 'utf8'));
    const violations = await tab.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
      return (await axe.run()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    });
    expect(violations).toEqual([]);
  });

  it.skipIf(!isRunnable)('tells the page what happens, and gives it the machine', async () => {
    await open('/text.html');
    await statusIs('ready');
    const told = await tab.evaluate(async () => {
      const guest = document.querySelector('x86-guest') as elementEntry.X86GuestElement;
      const events: string[] = [];
      for (const type of ['statechange', 'output', 'exit', 'error'])
        guest.addEventListener(type, (event) => {
          const { detail } = event as CustomEvent<unknown>;
          events.push(typeof detail === 'string' ? `${type} ${detail}` : type);
        });
      await guest.run();
      const rip = await guest.vm?.registers.get('rip');
      guest.remove();
      return { events, rip, state: guest.state, isGone: guest.vm === null };
    });
    expect(told).toMatchObject({ state: 'idle', isGone: true });
    expect(Number(told.rip)).toBeGreaterThan(0x7c00);
    const [loading, running, output, ended, exit, idle] = told.events;
    expect([loading, running, output]).toEqual([
      'statechange loading',
      'statechange running',
      'output hello, page\n',
    ]);
    expect([ended, exit, idle]).toEqual(['statechange ended', 'exit', 'statechange idle']);
  });

  it.skipIf(!isRunnable)('runs when it is told to, stops, goes on and starts again', async () => {
    await open('/endless.html');
    await statusIs('ready');
    await button('Run').focus();
    await tab.keyboard.press('Enter');
    await statusIs(/^running: [1-9]/);
    await button('Stop').click();
    await statusIs(/^stopped after [1-9]/);
    await button('Run').click();
    await statusIs(/^running: [1-9]/);
    await button('Restart').click();
    await statusIs(/^running: [1-9]/);
    expect(await named('output').textContent()).toBe('.');
    await tab.evaluate(() => document.querySelector('x86-guest')?.setAttribute('memory', '1M'));
    await statusIs(/^running: [1-9]/);
    expect(await tab.evaluate(() => document.querySelector('x86-guest')?.vm?.memory.byteLength)).toBe(
      1 << 20,
    );
  });

  it.skipIf(!isRunnable)('requests an NMI', async () => {
    await open('/waiting.html');
    await statusIs(/^running: [1-9]/);
    await button('NMI').click();
    await statusIs('exited with status 2');
  });

  it.skipIf(!isRunnable).each([
    ['no guest', '/none.html', 'there is no guest'],
    ['a file that is not there', '/missing.html', /no-such-guest\.bin: the server answers 404/],
    ['a wrong source', '/wrong.html', /wrong\.asm:2:1: error: .*foo/],
    ['a wrong attribute', '/attribute.html', 'the attribute memory is a number'],
    ['a wrong name', '/delivery.html', /unknown delivery strategy "by-post".*kvm-vnmi/],
  ])('says what is wrong: %s', async (_what, path, message) => {
    await open(path);
    await statusIs('failed');
    expect(await tab.getByRole('alert').textContent()).toMatch(message);
  });

  it.skipIf(!isRunnable)('says that the page forbids WebAssembly', async () => {
    await open('/src.html', strict);
    await statusIs('failed');
    expect(await tab.getByRole('alert').textContent()).toMatch("script-src 'wasm-unsafe-eval'");
  });

  it.skipIf(!isRunnable)('says that the browser has no WebAssembly', async () => {
    const other = await browser.newPage();
    await other.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await other.goto(`${site.origin}/src.html`);
    await expect
      .poll(() => other.getByRole('alert').textContent())
      .toMatch('this browser has no WebAssembly');
    await other.close();
  });

  afterEach(async () => {
    // The next page begins without this one's guests.
    if (isRunnable) await tab.goto('about:blank');
  });
});
