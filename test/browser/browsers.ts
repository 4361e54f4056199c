/** The browsers that tests run in: one row each, for `describe.each`. */
import type { Browser } from 'playwright-core';
import { hasChromium, launchChromium } from './chromium.js';
import { hasFirefox, launchFirefox } from './firefox.js';

export interface BrowserRow {
  readonly name: 'Chromium' | 'Firefox';
  /** Debian's package of that name is installed. */
  readonly isInstalled: boolean;
  launch(): Promise<Browser>;
}

export const BROWSERS: readonly BrowserRow[] = [
  { name: 'Chromium', isInstalled: hasChromium, launch: launchChromium },
  { name: 'Firefox', isInstalled: hasFirefox, launch: launchFirefox },
];
