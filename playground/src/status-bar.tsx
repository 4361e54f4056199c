/** The last line: what the machine does, and its clock. */
import { failure, isRunning, progress, state, view } from './machine/machine.js';
import { counted } from './panels/number-format.js';

export function StatusBar() {
  const now = view.value;
  const news = progress.value;
  const time = news?.time ?? now?.time ?? 0;
  const exits = news?.exits ?? now?.exits.reduce((sum, { count }) => sum + count, 0) ?? 0;
  const nmis = news?.nmis ?? now?.tally.delivered ?? 0;
  return (
    <footer class="status">
      <span class={`state ${state.value}`}>{isRunning.value ? 'Running' : STATE_NAMES[state.value]}</span>
      <span class="status-text" role="status">
        {failure.value ?? (isRunning.value ? '' : (now?.stop.text ?? ''))}
      </span>
      <span class="spacer" />
      <span>{counted(time, 'instruction')}</span>
      <span class="exits-so-far">{counted(exits, 'exit')}</span>
      <span class="nmis-so-far">{counted(nmis, 'NMI')} delivered</span>
      <span class="wide-only">vmexit {import.meta.env.VMEXIT_VERSION}</span>
    </footer>
  );
}

const STATE_NAMES = { absent: 'No machine', paused: 'Paused', running: 'Running', ended: 'Ended' } as const;
