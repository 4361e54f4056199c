/** The playground in each browser: a program is written, runs, stops, steps, goes back, and gets its NMIs. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { STRATEGY_NAMES } from '../../src/index.js';
import { BROWSERS } from '../browser/browsers.js';
import type { Site } from '../browser/site.js';
import { isPlaygroundBuilt, PlaygroundPage, servePlayground } from './playground-page.js';

/** Prints a letter, and ends with status 7. */
const HELLO = `
bits 16
org 7C00h
        mov dx, 3F8h
        mov al, 'H'
        out dx, al
        mov al, 7
        out 0F4h, al
`;

/** Spins with a handler for NMIs that counts in BX. */
const SPIN = `
bits 16
org 7C00h
        xor ax, ax
        mov ds, ax
        mov word [8], handler
        mov word [10], 0
spin:   jmp spin
handler:
        inc bx
        iret
`;

describe.each(BROWSERS)('in $name (skipped without it, and before "npm run build:playground")', (row) => {
  let browser: Browser;
  let site: Site;
  let playground: PlaygroundPage;

  const isRunnable = row.isInstalled && isPlaygroundBuilt;

  beforeAll(async () => {
    if (!isRunnable) return;
    [browser, site] = await Promise.all([row.launch(), servePlayground()]);
    playground = await PlaygroundPage.open(browser, site);
  }, 60_000);

  afterAll(async () => {
    if (!isRunnable) return;
    await browser.close();
    site.close();
  });

  afterEach(() => {
    if (isRunnable) expect(playground.problems).toEqual([]);
  });

  it.skipIf(!isRunnable)('runs a program that somebody writes', async () => {
    await playground.write(HELLO);
    await playground.press('run');
    expect(await playground.stop()).toBe('the guest exited with status 7');
    expect(await (await playground.inspect('Output')).locator('pre').innerText()).toBe('H');
    expect(await playground.time()).toBe(5);
  });

  it.skipIf(!isRunnable)('steps, shows what changed, and steps back', async () => {
    await playground.press('restart');
    await playground.press('step');
    await playground.press('step');
    expect(await playground.register('eax')).toBe('48');
    expect(await playground.line()).toContain('out dx, al');
    expect(await playground.text('.register.changed dt')).toBe('eax');
    await playground.press('step-back');
    expect(await playground.time()).toBe(1);
    expect(await playground.register('eax')).toBe('0');
    expect(await playground.line()).toContain("mov al, 'H'");
  });

  it.skipIf(!isRunnable)('runs to the next exit, to the cursor, and to a breakpoint', async () => {
    await playground.press('restart');
    await playground.press('next-exit');
    expect(await playground.stop()).toContain('#VMEXIT');
    await playground.press('restart');
    await playground.putCursor('mov al, 7');
    await playground.press('to-cursor');
    expect(await playground.line()).toContain('mov al, 7');
    await playground.press('restart');
    await playground.putCursor('out dx, al');
    await playground.page.keyboard.press('F9');
    await playground.page.keyboard.press('F5');
    await playground.sees('.status-text', 'breakpoint at');
    expect(await playground.line()).toContain('out dx, al');
  });

  it.skipIf(!isRunnable)('pauses a guest that loops for ever, and the page is alive meanwhile', async () => {
    await playground.write(SPIN);
    await playground.start('run');
    await playground.sees('.status .state', 'Running');
    await playground.inspect('Exits');
    await playground.press('pause');
    expect(await playground.line()).toContain('jmp spin');
    expect(await playground.time()).toBeGreaterThan(1000);
  });

  it.skipIf(!isRunnable).each(STRATEGY_NAMES)('an NMI on request is delivered under %s', async (strategy) => {
    await playground.deliver(strategy);
    await playground.putCursor('spin:   jmp spin');
    await playground.press('to-cursor');
    await playground.start('nmi');
    await playground.press('step');
    expect(await playground.stop()).toBe('a handler is about to run');
    expect(await playground.line()).toContain('inc bx');
    expect(await playground.text('.nmi-summary')).toContain('The handler runs');
    await playground.press('step');
    expect(await playground.register('ebx')).toBe('1');
    expect(await (await playground.inspect('Exits')).locator('.tally').innerText()).toMatch(
      /delivered\s*1\b/,
    );
  });
});
