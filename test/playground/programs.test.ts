/** The playground and what it is given: sources with errors, guests without end, links that are broken, programs that stay. */
import { expect } from 'vitest';
import { inOnePage } from './in-each-browser.js';
import type { PlaygroundPage } from './playground-page.js';

/** Prints for ever. */
const FLOOD = `
bits 16
        mov dx, 3F8h
        mov al, '*'
again:  out dx, al
        jmp again
`;

/** Spins with a handler for NMIs. */
const SPIN = `
bits 16
        xor ax, ax
        mov ds, ax
        mov word [8], handler
        mov word [10], cs
spin:   jmp spin
handler:
        iret
`;

inOnePage(({ test, browser, site }, page) => {
  const visit = (use: (playground: PlaygroundPage) => Promise<void>): Promise<void> => use(page());

  test('shows an error at its line, runs nothing, and runs when it is mended', () =>
    visit(async (playground) => {
      await playground.write('bits 16\n mov ax, bl\n out 0F4h, al\n');
      await playground.sees('.assembly-status', '1 error');
      await playground.page.locator('.cm-lintRange-error').waitFor();
      expect(await playground.page.locator('.cm-lint-marker-error').count()).toBe(1);
      await playground.press('run');
      expect(await playground.time()).toBe(0);
      await playground.write('bits 16\n mov al, 3\n out 0F4h, al\n');
      await playground.press('run');
      expect(await playground.stop()).toBe('the guest exited with status 3');
    }));

  test('says why a guest cannot go on', () =>
    visit(async (playground) => {
      await playground.write('bits 32\n lidt [esp]\n ud2\n');
      await playground.press('run');
      expect(await playground.stop()).toBe('the guest shut down: triple fault');
    }));

  test('stays alive while a guest prints without end, and shows the end of it', () =>
    visit(async (playground) => {
      await playground.write(FLOOD);
      await playground.start('run');
      await playground.sees('.serial .note', 'more than 1 MiB');
      await playground.press('pause');
      expect((await playground.text('.serial-text')).length).toBeLessThanOrEqual(0x1_0000);
    }));

  test('stays alive under a million NMIs', () =>
    visit(async (playground) => {
      await playground.write(SPIN);
      await playground.schedule('every 3 from 20 count 1000000');
      await playground.start('run');
      await playground.page.waitForFunction(() => {
        const delivered = /([\d,]+) NMIs/.exec(document.querySelector('.status')?.textContent ?? '')?.[1];
        return Number(delivered?.replaceAll(',', '')) > 20_000;
      });
      await playground.press('pause');
      expect(await playground.stop()).toBe('paused');
    }));

  test('a link brings program, delivery, schedule and breakpoints, and the same run', async () => {
    let link = '';
    let end = 0;
    await visit(async (playground) => {
      await playground.write(`${SPIN}; a comment — “with” signs\n`);
      await playground.deliver('xen-event-injection');
      await playground.schedule('random 50 seed 9 from 20');
      await playground.putCursor('iret');
      await playground.page.keyboard.press('F9');
      await playground.press('run');
      end = await playground.time();
      await playground.page.getByRole('button', { name: 'Share' }).click();
      await playground.page.locator('.notice').waitFor();
      link = new URL(playground.page.url()).hash;
    });
    await visit(async (playground) => {
      await playground.write('; another\n');
      await playground.schedule('');
      await playground.goTo(link);
      expect(await playground.text('.cm-content')).toContain('; a comment — “with” signs');
      await playground.press('run');
      expect(await playground.stop()).toContain('breakpoint');
      expect(await playground.time()).toBe(end);
    });
  });

  test.each([
    ['cut off', (link: string) => link.slice(0, -8), 'damaged'],
    ['changed', (link: string) => link.replace(/.{9}$/, 'AAAAAAAAA'), 'damaged'],
    ['of a newer version', () => '#2.abcdef', 'newer version'],
  ])('a link that is %s is refused, and the program stays', (_what, spoil, message) =>
    visit(async (playground) => {
      await playground.write('; mine\n hlt\n');
      await playground.page.getByRole('button', { name: 'Share' }).click();
      await playground.page.locator('.notice').waitFor();
      await playground.goTo(spoil(new URL(playground.page.url()).hash));
      await playground.sees('.notice.problem', message);
      expect(await playground.text('.cm-content')).toContain('; mine');
    }),
  );

  test('keeps the program over a reload, and gives it back when an example took its place', () =>
    visit(async (playground) => {
      await playground.write('; mine, too\n hlt\n');
      await playground.reload();
      expect(await playground.text('.cm-content')).toContain('; mine, too');
      await playground.choose('hello-16');
      await playground.page.getByRole('button', { name: 'Bring it back' }).click();
      await playground.sees('.cm-content', '; mine, too');
    }));

  test('refuses a schedule that it cannot read, and says how one is written', () =>
    visit(async (playground) => {
      await playground.schedule('sometimes');
      await playground.sees('.field-problem', 'every 2000 from 1000');
    }));

  test('says what is missing in a browser without WebAssembly', async () => {
    const page = await browser().newPage();
    await page.addInitScript(() => {
      delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
    });
    await page.goto(`${site().origin}/playground/index.html`);
    await page.getByText('this browser does not have it').waitFor();
    await page.close();
  });
});
