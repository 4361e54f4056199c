/** The bar on top: run control, delivery, schedule, and what is not about the machine. */
import { STRATEGIES, STRATEGY_NAMES, type StrategyName } from 'vmexit';
import { isRunning } from '../machine/machine.js';
import { settings } from '../program/program.js';
import { openDialog } from '../dialog-state.js';
import { startTour } from '../tour/tour-state.js';
import { theme, toggleTheme } from '../theme.js';
import { type Command, NMI, PAUSE, RUN, STEPS } from './commands.js';
import { IconButton } from './icon-button.js';
import { ICONS } from './icons.js';
import { ScheduleField } from './schedule-field.js';
import { ShareButton } from './share-button.js';

export function Toolbar() {
  return (
    <header class="toolbar">
      <h1 class="brand">
        <img src="./icon.svg" alt="" />
        vmexit
      </h1>
      <div class="group" role="group" aria-label="Run control">
        {isRunning.value ? (
          <CommandButton command={PAUSE} showLabel primary />
        ) : (
          <CommandButton command={RUN} showLabel primary />
        )}
        {STEPS.map((command) => (
          <CommandButton key={command.id} command={command} />
        ))}
      </div>
      <span class="divider" />
      <CommandButton command={NMI} text="NMI" />
      <label class="labelled">
        <span>Delivery</span>
        <DeliverySelect />
      </label>
      <ScheduleField />
      <span class="spacer" />
      <div class="group" role="group" aria-label="Page">
        <ShareButton />
        <button type="button" class="button" aria-label="Guided tour" title="Guided tour" onClick={startTour}>
          {ICONS.tour}
          <span class="wide-only">Tour</span>
        </button>
        <IconButton
          label={theme.value === 'dark' ? 'Light theme' : 'Dark theme'}
          icon={theme.value === 'dark' ? 'sun' : 'moon'}
          onClick={toggleTheme}
        />
        <IconButton label="Help and keyboard shortcuts" icon="help" onClick={() => openDialog('help')} />
      </div>
    </header>
  );
}

interface CommandButtonProps {
  readonly command: Command;
  readonly showLabel?: boolean;
  readonly primary?: boolean;
  /** Shown beside the picture, in place of the whole label. */
  readonly text?: string;
}

export function CommandButton({ command, showLabel = false, primary = false, text }: CommandButtonProps) {
  const { id, label, icon, key, isEnabled, run } = command;
  const shown = text ?? (showLabel ? label : undefined);
  const classes = ['button', primary && 'primary', id === 'nmi' && 'nmi', shown === undefined && 'icon'];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(' ')}
      aria-label={label}
      title={`${label} (${key})`}
      aria-keyshortcuts={key}
      data-command={id}
      disabled={!isEnabled.value}
      onClick={run}
    >
      {ICONS[icon]}
      {shown}
    </button>
  );
}

function DeliverySelect() {
  const { delivery } = settings.value;
  return (
    <select
      class="field"
      aria-label="Delivery of NMIs"
      title={STRATEGIES[delivery].description}
      value={delivery}
      onChange={({ currentTarget }) => {
        settings.value = { ...settings.peek(), delivery: currentTarget.value as StrategyName };
      }}
    >
      {STRATEGY_NAMES.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
