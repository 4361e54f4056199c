/** The built playground in a browser, as its readers use it: by its buttons, its keys and what it shows. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { serve, type Site } from '../browser/site.js';

const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
/** The page is served from below the root, as it is when somebody puts it beside other pages. */
const PATH = '/playground/index.html';

/** What a careful server sends with the page. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/** Longer than anything that a reader would wait for. */
const PATIENCE_MS = 30_000;

export const isPlaygroundBuilt = existsSync(BUILD + PATH);

export function servePlayground(): Promise<Site> {
  return serve(BUILD, POLICY);
}

export interface OpenOptions extends BrowserContextOptions {
  /** With its '#'. */
  readonly fragment?: string;
  /** Where the page is, if it is not the built one. */
  readonly path?: string;
}

function preferDark(): void {
  const matchMedia = globalThis.matchMedia.bind(globalThis);
  globalThis.matchMedia = (query) => matchMedia(query.includes('dark') ? 'all' : query);
}

export class PlaygroundPage {
  /** What went wrong in the page: a test that ends well ends without. */
  readonly problems: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly address: string,
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.problems.push(error.message));
  }

  /** Opens the playground as a reader who was never there. */
  static async open(browser: Browser, site: Site, options: OpenOptions = {}): Promise<PlaygroundPage> {
    const { fragment = '', path = PATH, ...context } = options;
    const viewport = { width: 1280, height: 720 };
    const page = await (await browser.newContext({ viewport, ...context })).newPage();
    // Firefox's driver cannot choose what the system prefers: there the page hears it from this.
    if (context.colorScheme === 'dark' && browser.browserType().name() === 'firefox')
      await page.addInitScript(preferDark);
    const playground = new PlaygroundPage(page, site.origin + path);
    await playground.goTo(fragment);
    return playground;
  }

  /** Opens the page anew, with a fragment. Resolves when it shows what it is about. */
  async goTo(fragment: string): Promise<void> {
    await this.page.goto('about:blank');
    await this.page.goto(this.address + fragment);
    await this.settled();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.settled();
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  /** What was asked for is done: the machine stands still, or there is none because of errors. */
  async settled(): Promise<void> {
    await this.page.locator('.app[aria-busy="false"]').waitFor();
  }

  /** Presses the button of a command (`data-command`) and waits until the machine stands still. */
  async press(command: string): Promise<void> {
    await this.start(command);
    await this.settled();
  }

  /** Presses the button, and does not wait. */
  async start(command: string): Promise<void> {
    await this.page.locator(`[data-command="${command}"]`).click();
  }

  /** Types a whole program in place of the one that is there. */
  async write(source: string): Promise<void> {
    const editor = this.page.locator('.cm-content');
    await editor.click();
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.insertText(source);
  }

  async choose(example: string): Promise<void> {
    await this.page.getByLabel('Program').selectOption(example);
    await this.page
      .locator('.status-text', { hasText: 'before the first instruction' })
      .waitFor({ state: 'attached' });
  }

  async deliver(strategy: string): Promise<void> {
    await this.page.getByLabel('Delivery of NMIs').selectOption(strategy);
    await this.sees('.panel.nmi .panel-head', strategy);
    await this.settled();
  }

  async schedule(text: string): Promise<void> {
    await this.page.getByLabel('NMI schedule, in instructions').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Opens one of the inspectors: 'Output', 'VMCB'… */
  async inspect(tab: string): Promise<Locator> {
    await this.page.getByRole('tab', { name: tab }).click();
    return this.page.getByRole('tabpanel', { name: tab });
  }

  /** Puts the cursor into the line that has this text. */
  async putCursor(text: string): Promise<void> {
    await this.page.locator('.cm-line', { hasText: text }).first().click();
  }

  /** Waits until an element has this text in it. */
  async sees(selector: string, text: string): Promise<void> {
    await this.page.locator(selector).filter({ hasText: text }).first().waitFor();
  }

  /** The whole text of an element. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).first().innerText()).trim();
  }

  /** A register's value as the panel has it, in hexadecimal without leading zeros. */
  async register(name: string): Promise<string> {
    const row = this.page.locator('.register', { has: this.page.locator(`dt:text-is("${name}")`) });
    return (await row.locator('dd').innerText())
      .replace(/\s*changed$/, '')
      .trim()
      .replace(/^0+(?=.)/, '');
  }

  /** Why the machine stopped. */
  stop(): Promise<string> {
    return this.text('.status-text');
  }

  /** Instructions so far. */
  async time(): Promise<number> {
    const text = await this.page.locator('.status').innerText();
    return Number((/([\d,]+) instruction/.exec(text)?.[1] ?? 'none').replaceAll(',', ''));
  }

  /** The line of the source that comes next. */
  line(): Promise<string> {
    return this.text('.cm-execution');
  }
}
