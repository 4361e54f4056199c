/** What a reader can do, in one table: the buttons, the keys and the help are made from it. */
import { computed, type ReadonlySignal } from '@preact/signals';
import { cursorLine } from '../editor/cursor.js';
import {
  isRunning,
  isStale,
  pause,
  requestNmi,
  restart,
  run,
  runTo,
  state,
  step,
  stepBack,
  view,
} from '../machine/machine.js';
import type { ICONS } from './icons.js';

export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon: keyof typeof ICONS;
  /** As `KeyboardEvent.key` has it, with modifiers in front: 'F10', 'Shift+F11'. */
  readonly key: string;
  readonly isEnabled: ReadonlySignal<boolean>;
  readonly run: () => void;
}

const canGoBack = computed(() => !isRunning.value && (view.value?.time ?? 0) > 0);
/** Another program can, whatever became of the last one. */
const canGo = computed(() => !isRunning.value && (state.value !== 'ended' || isStale.value));

export const RUN: Command = {
  id: 'run',
  label: 'Run',
  icon: 'run',
  key: 'F5',
  isEnabled: computed(() => !isRunning.value),
  run: () => void run(),
};
export const PAUSE: Command = {
  id: 'pause',
  label: 'Pause',
  icon: 'pause',
  key: 'F5',
  isEnabled: isRunning,
  run: pause,
};

export const STEPS: readonly Command[] = [
  {
    id: 'step-back',
    label: 'Step back one instruction',
    icon: 'stepBack',
    key: 'Shift+F10',
    isEnabled: canGoBack,
    run: () => void stepBack(),
  },
  {
    id: 'step',
    label: 'Step one instruction',
    icon: 'step',
    key: 'F10',
    isEnabled: canGo,
    run: () => void step(),
  },
  {
    id: 'next-exit',
    label: 'Run to the next #VMEXIT',
    icon: 'nextExit',
    key: 'F11',
    isEnabled: canGo,
    run: () => void runTo({ kind: 'exit' }),
  },
  {
    id: 'to-cursor',
    label: 'Run to the cursor’s line',
    icon: 'toCursor',
    key: 'F8',
    isEnabled: canGo,
    run: () => void runTo({ kind: 'line', line: cursorLine.peek() }),
  },
  {
    id: 'restart',
    label: 'Restart',
    icon: 'restart',
    key: 'Shift+F5',
    isEnabled: computed(() => true),
    run: () => void restart(),
  },
];

export const NMI: Command = {
  id: 'nmi',
  label: 'Request an NMI',
  icon: 'nmi',
  key: 'F7',
  isEnabled: computed(() => view.value !== null && state.value !== 'ended'),
  run: requestNmi,
};

export const COMMANDS: readonly Command[] = [RUN, PAUSE, ...STEPS, NMI];

/** The pressed key as `Command.key` spells it. */
export function keyOf({ key, shiftKey }: KeyboardEvent): string {
  return shiftKey ? `Shift+${key}` : key;
}

/** Does what a key stands for. False: nothing. */
export function runKey(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  const pressed = keyOf(event);
  const matching = COMMANDS.filter(({ key }) => key === pressed);
  matching.find(({ isEnabled }) => isEnabled.value)?.run();
  return matching.length > 0;
}
