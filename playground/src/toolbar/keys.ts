/** The keyboard, for the page as a whole. */
import { openDialog } from '../dialog-state.js';
import { runKey } from './commands.js';

export function listenForKeys(): void {
  // Before the editor gets them: F-keys are the page's everywhere, but for F9, which is the editor's.
  addEventListener(
    'keydown',
    (event) => {
      if (document.querySelector('dialog[open]') !== null) return;
      if (runKey(event)) event.preventDefault();
      else if (event.key === '?' && !isTyping(event.target)) openDialog('help');
    },
    { capture: true },
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, select, textarea, .cm-content') !== null;
}
