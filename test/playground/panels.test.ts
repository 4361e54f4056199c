/** What the playground shows of a machine that stands still, and where somebody puts a finger on it. */
import { expect } from 'vitest';
import { listShippedGuests } from '../../src/guests.js';
import { inOnePage } from './in-each-browser.js';

/** Calls a routine that pushes a word: at 7C00h, so that addresses can be written down. */
const CALLS = `
bits 16
org 7C00h
start:  xor ax, ax          ; sets ZF
        call routine
        jmp start
routine:
        push word 1234h
        stc
        pop bx
        ret
text:   db "Hello, memory"
`;

/** Waits with a handler for NMIs. */
const WAITS = `
bits 16
org 7C00h
        xor ax, ax
        mov ds, ax
        mov word [8], handler
        mov word [10], ax
spin:   jmp spin
handler:
        iret
`;

inOnePage(({ test }, playground) => {
  const page = () => playground().page;
  const current = () => playground().text('.code-row.current');

  test('colours the source by what its words are', async () => {
    await playground().write(CALLS);
    const colours = await page()
      .locator('.cm-line', { hasText: 'xor ax, ax' })
      .locator('span')
      .evaluateAll((words) => words.map((word) => [word.textContent, getComputedStyle(word).color]));
    const of = (text: string) => colours.find(([word]) => word?.includes(text))?.[1];
    const kinds = [of('start'), of('xor'), of('ax'), of('sets ZF')];
    expect(new Set(kinds).size).toBe(4);
    expect(kinds).not.toContain(undefined);
  });

  test('shows flags, and the disassembly and the stack follow the machine', async () => {
    await playground().press('restart');
    expect(await current()).toMatch(/7C00\s+31 C0\s+xor ax,ax/);
    await playground().press('step');
    expect(await page().locator('.flag.set').allInnerTexts()).toEqual(expect.arrayContaining(['ZF', 'PF']));
    expect(await current()).toMatch(/call\s*routine/);
    await playground().press('step');
    expect(await current()).toMatch(/push/);
    await playground().press('step');
    const stack = await playground().inspect('Stack');
    expect(await stack.getByRole('row').nth(0).innerText()).toMatch(/top\s+\S+\s+1234/);
    expect(await stack.getByRole('row').nth(1).innerText()).toMatch(/7C05\s+start\+5h/);
    await playground().press('step');
    expect(await page().locator('.flag.set.changed').allInnerTexts()).toEqual(['CF']);
  });

  test('shows memory of any address, without a row for each', async () => {
    const memory = await playground().inspect('Memory');
    const rows = memory.locator('.memory-row');
    const goTo = async (address: string) => {
      await memory.getByLabel('Go to').fill(address);
      await page().keyboard.press('Enter');
    };
    await goTo('7C00');
    await expect.poll(() => rows.first().innerText()).toMatch(/^00007C00\s+31\s?C0/);
    await goTo('7C10');
    await expect.poll(() => rows.first().locator('.memory-text').innerText()).toContain('lo, memo');
    await goTo('esp');
    await expect.poll(() => rows.first().locator('.memory-bytes').innerText()).toMatch(/34\s?12/);
    await goTo('nowhere');
    await playground().sees('.field-problem', 'An address is hexadecimal');
    await goTo('FFFFF0h');
    await expect.poll(() => rows.first().innerText()).toMatch(/^00FFFFF0/);
    await memory.getByLabel('Address space').selectOption('physical');
    await expect.poll(() => memory.innerText()).toContain('··');
    await memory.locator('.memory-list').hover();
    await page().mouse.wheel(0, -18_000);
    await expect.poll(() => rows.first().innerText()).not.toMatch(/^00FFFFF0/);
    expect(await rows.count()).toBeLessThan(80);
  });

  test('sets breakpoints where somebody clicks: beside a line, and on an address', async () => {
    await playground().press('restart');
    const line = await page().locator('.cm-line', { hasText: 'pop bx' }).boundingBox();
    const gutter = await page().locator('.cm-breakpoints').boundingBox();
    await page().mouse.click(gutter!.x + gutter!.width / 2, line!.y + line!.height / 2);
    await page().locator('.breakpoint-dot:visible').waitFor();
    await playground().press('run');
    expect(await playground().stop()).toBe('breakpoint at 7c0bh');
    expect(await playground().line()).toContain('pop bx');
    // Off again; and one in the disassembly, at the jump behind the call.
    await page().mouse.click(gutter!.x + gutter!.width / 2, line!.y + line!.height / 2);
    await page().getByRole('button', { name: /7C05/ }).click();
    await playground().press('run');
    expect(await playground().stop()).toBe('breakpoint at 7c05h');
  });

  test('is driven by its keys', async () => {
    await playground().write(WAITS);
    await playground().press('restart');
    const key = async (name: string) => {
      await page().keyboard.press(name);
      await playground().settled();
    };
    await key('F10');
    await key('F10');
    expect(await playground().time()).toBe(2);
    await key('Shift+F10');
    expect(await playground().time()).toBe(1);
    await playground().putCursor('spin:');
    await key('F8');
    expect(await playground().line()).toContain('spin:');
    await key('F7');
    await key('F11');
    expect(await playground().stop()).toMatch(/^#VMEXIT/);
    await key('F10');
    expect(await playground().line()).toContain('iret');
    await key('Shift+F5');
    expect(await playground().time()).toBe(0);
  });

  test('requests NMIs by its schedule', async () => {
    await playground().schedule('every 100 from 50');
    await playground().settled();
    await playground().putCursor('iret');
    for (const time of [150, 250]) {
      await playground().press('to-cursor');
      expect(await playground().time()).toBe(time);
    }
    await playground().sees('.panel.nmi', '350');
  });

  test('has every shipped guest as an example', async () => {
    const shipped = await listShippedGuests();
    const options = await page().evaluate(() =>
      Array.from(document.querySelectorAll('optgroup option'), ({ textContent }) => textContent.trim()),
    );
    expect(options.sort()).toEqual(shipped.map(({ name }) => name).sort());
  });

  test('runs what a compiler made, with its symbols and its C source', async () => {
    await playground().choose('c-sort-64');
    await playground().sees('.cm-content', 'incbin "c-sort-64.elf"');
    await playground().sees('.cm-content', 'guests/c/c-sort.c');
    await playground().sees('.code-label', '_start');
    await playground().press('run');
    await playground().sees('.status-text', 'exited with status 0');
  });
});
