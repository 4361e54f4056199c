/** The page's first module: the program comes from the link, from the last visit, or is an example. */
import { effect, untracked } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { checkSource, restart } from './machine/machine.js';
import { complain } from './notices.js';
import { LinkError, readLink } from './program/link.js';
import { firstProgram, openProgram, settings, source } from './program/program.js';
import { keepProgram, loadProgram } from './program/storage.js';
import { missingRequirement } from './requirements.js';
import { offerToRestore } from './source-panel.js';
import { invites } from './tour/tour-state.js';
import { listenForKeys } from './toolbar/keys.js';
import { watchOffline } from './offline.js';
import './style/theme.css';
import './style/base.css';
import './style/controls.css';
import './style/layout.css';
import './style/panels.css';
import './style/nmi.css';
import './style/overlays.css';
import './style/timeline.css';
import './style/narrow.css';

/** After the last keystroke, before the source is assembled. */
const CHECK_DELAY_MS = 250;

async function start(): Promise<void> {
  const root = document.getElementById('app');
  const missing = missingRequirement();
  if (root === null) return;
  if (missing !== null) {
    render(<p class="unsupported">The playground needs {missing}; this browser does not have it.</p>, root);
    return;
  }
  const kept = loadProgram();
  invites.value = kept === null && location.hash === '';
  openProgram(kept ?? firstProgram());
  await openLink();
  keepProgram();
  root.replaceChildren();
  render(<App />, root);
  listenForKeys();
  addEventListener('hashchange', () => void openLink());
  checkWhenEdited();
  restartWhenSettingsChange();
  watchOffline();
}

/** The program of the address bar's link, if there is one. It replaces no work for good: see `replaced`. */
async function openLink(): Promise<void> {
  try {
    const program = await readLink(location.hash);
    if (program === null) return;
    openProgram(program);
    offerToRestore();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    complain(`${error.message} What you had here is unchanged.`);
  }
}

function checkWhenEdited(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = source.peek();
  effect(() => {
    if (source.value === last) return;
    last = source.value;
    clearTimeout(timer);
    timer = setTimeout(() => void checkSource(), CHECK_DELAY_MS);
  });
}

/** Other settings are another run: the machine starts anew under them at once. */
function restartWhenSettingsChange(): void {
  effect(() => {
    void settings.value;
    untracked(() => void restart());
  });
}

void start();
