/** Puts a link with the whole program into the clipboard and the address bar. */
import { signal } from '@preact/signals';
import { currentProgram } from '../program/program.js';
import { writeLink } from '../program/link.js';
import { notify } from '../notices.js';
import { ICONS } from './icons.js';

const isBusy = signal(false);

export function ShareButton() {
  return (
    <button
      type="button"
      class="button"
      title="Copy a link to this program, its settings and breakpoints"
      disabled={isBusy.value}
      onClick={() => void share()}
    >
      {ICONS.link}
      <span class="wide-only">Share</span>
    </button>
  );
}

async function share(): Promise<void> {
  isBusy.value = true;
  const fragment = await writeLink(currentProgram());
  history.replaceState(null, '', fragment);
  try {
    await navigator.clipboard.writeText(location.href);
    notify('Link copied. It has the source, the delivery, the schedule and the breakpoints.');
  } catch {
    notify('The link is in the address bar: copy it from there.');
  }
  isBusy.value = false;
}
