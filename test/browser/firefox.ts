/**
 * Debian's Firefox, driven like Chromium in chromium.ts: the same Browser, Page and Locator, by WebDriver BiDi.
 *
 * Playwright's own protocol needs a Firefox that is built for it; BiDi does not. What it cannot do here: choose the
 * colour scheme that pages see, and touch a page with two fingers.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, firefox } from 'playwright-core';

/** Starts Firefox, and leaves out what it does not know. */
const FILTER = fileURLToPath(new URL('./bidi-filter.mjs', import.meta.url));

export const hasFirefox = existsSync('/usr/bin/firefox-esr');

export function launchFirefox(): Promise<Browser> {
  return firefox.launch({ executablePath: FILTER, channel: 'moz-firefox' });
}
