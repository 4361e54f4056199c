/** How the element looks unless the page says otherwise: its parts, and the custom properties that most pages want. */

/**
 * Text at 4.5:1 on its ground, and borders of controls at 3:1 (WCAG 2.2, 1.4.3 and 1.4.11), in light and in dark: whichever
 * `color-scheme` the page has.
 */
export const STYLE = `
:host {
  --x86-guest-ground: light-dark(#fbfbfd, #16181d);
  --x86-guest-text: light-dark(#16181d, #eceef2);
  --x86-guest-border: light-dark(#767b87, #8a909c);
  --x86-guest-error: light-dark(#a4161a, #ff9a9a);
  display: block;
  border: 1px solid var(--x86-guest-border);
  border-radius: 6px;
  background: var(--x86-guest-ground);
  color: var(--x86-guest-text);
  font: 14px/1.5 system-ui, sans-serif;
}
:host([hidden]), [hidden] { display: none; }
.controls { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; padding: 8px; }
button {
  min-height: 28px;
  padding: 2px 12px;
  border: 1px solid var(--x86-guest-border);
  border-radius: 4px;
  background: transparent;
  color: inherit;
  font: inherit;
  cursor: pointer;
}
button:disabled { opacity: 0.5; cursor: default; }
button:focus-visible, pre:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
.status { margin: 0 0 0 auto; }
pre {
  min-height: 1.5em;
  max-height: 24em;
  margin: 0;
  padding: 8px;
  overflow: auto;
  border-top: 1px solid var(--x86-guest-border);
  font: 13px/1.45 ui-monospace, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.error { color: var(--x86-guest-error); }
`;
