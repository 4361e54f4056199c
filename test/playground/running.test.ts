/** The playground in each browser: a program is written, runs, stops, steps, goes back, and gets its NMIs. */
import { expect } from 'vitest';
import { STRATEGY_NAMES } from '../../src/index.js';
import { inOnePage } from './in-each-browser.js';

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

inOnePage(({ test }, playground) => {
  test('runs a program that somebody writes', async () => {
    const page = playground();
    await page.write(HELLO);
    await page.press('run');
    expect(await page.stop()).toBe('the guest exited with status 7');
    expect(await (await page.inspect('Output')).locator('pre').innerText()).toBe('H');
    expect(await page.time()).toBe(5);
  });

  test('runs again what has ended, and another program', async () => {
    const page = playground();
    await page.press('run');
    expect(await page.time()).toBe(5);
    await page.write(HELLO.replace('al, 7', 'al, 8'));
    await page.press('step');
    expect(await page.time()).toBe(1);
    await page.press('run');
    expect(await page.stop()).toBe('the guest exited with status 8');
    await page.write(HELLO);
  });

  test('steps, shows what changed, and steps back', async () => {
    const page = playground();
    await page.press('restart');
    await page.press('step');
    await page.press('step');
    expect(await page.register('eax')).toBe('48');
    expect(await page.line()).toContain('out dx, al');
    expect(await page.text('.register.changed dt')).toBe('eax');
    await page.press('step-back');
    expect(await page.time()).toBe(1);
    expect(await page.register('eax')).toBe('0');
    expect(await page.line()).toContain("mov al, 'H'");
  });

  test('runs to the next exit, to the cursor, and to a breakpoint', async () => {
    const page = playground();
    await page.press('restart');
    await page.press('next-exit');
    expect(await page.stop()).toContain('#VMEXIT');
    await page.press('restart');
    await page.putCursor('mov al, 7');
    await page.press('to-cursor');
    expect(await page.line()).toContain('mov al, 7');
    await page.press('restart');
    await page.putCursor('out dx, al');
    await page.page.keyboard.press('F9');
    await page.page.keyboard.press('F5');
    await page.sees('.status-text', 'breakpoint at');
    expect(await page.line()).toContain('out dx, al');
  });

  test('pauses a guest that loops for ever, and the page is alive meanwhile', async () => {
    const page = playground();
    await page.write(SPIN);
    await page.start('run');
    await page.sees('.status .state', 'Running');
    await page.inspect('Exits');
    await page.press('pause');
    expect(await page.line()).toContain('jmp spin');
    expect(await page.time()).toBeGreaterThan(1000);
  });

  test.each(STRATEGY_NAMES)('an NMI on request is delivered under %s', async (strategy) => {
    const page = playground();
    await page.deliver(strategy);
    await page.putCursor('spin:   jmp spin');
    await page.press('to-cursor');
    await page.start('nmi');
    await page.press('step');
    expect(await page.stop()).toBe('a handler is about to run');
    expect(await page.line()).toContain('inc bx');
    expect(await page.text('.nmi-summary')).toContain('The handler runs');
    await page.press('step');
    expect(await page.register('ebx')).toBe('1');
    expect(await (await page.inspect('Exits')).locator('.tally').innerText()).toMatch(/delivered\s*1\b/);
  });
});
