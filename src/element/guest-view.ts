/** What the element shows, in its shadow tree: controls, status, output, an error. It knows nothing of machines. */
import { STYLE } from './style.js';

/** Characters of output that are shown: a guest may print for ever, and a page with megabytes of text crawls. */
const MOST_CHARACTERS = 0x1_0000;

/** What each button asks for. */
export type GuestCommand = 'run' | 'stop' | 'restart' | 'nmi';

const BUTTONS: readonly (readonly [command: GuestCommand, label: string, title: string])[] = [
  ['run', 'Run', 'Run the guest, or go on'],
  ['stop', 'Stop', 'Stop the guest; Run goes on from there'],
  ['restart', 'Restart', 'Start the guest again from its first instruction'],
  ['nmi', 'NMI', 'Request a non-maskable interrupt'],
];

export class GuestView {
  private readonly buttons = new Map<GuestCommand, HTMLButtonElement>();
  private readonly controls = part('div', 'controls');
  private readonly status = part('p', 'status');
  private readonly output = part('pre', 'output');
  private readonly error = part('pre', 'error');

  constructor(root: ShadowRoot, onCommand: (command: GuestCommand) => void) {
    const sheet = new CSSStyleSheet(); // Not a <style>: a content security policy may forbid those.
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.status.setAttribute('role', 'status');
    this.error.setAttribute('role', 'alert');
    this.error.hidden = true;
    this.output.setAttribute('role', 'log');
    this.output.setAttribute('aria-label', 'Output of the guest');
    this.output.tabIndex = 0; // It scrolls: with the keyboard, too.
    this.controls.setAttribute('role', 'group');
    this.controls.append(...BUTTONS.map((row) => this.button(row, onCommand)), this.status);
    root.append(this.controls, this.error, this.output);
  }

  /** What assistive technology calls the element. */
  setLabel(label: string): void {
    this.controls.setAttribute('aria-label', label);
  }

  setStatus(text: string): void {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** Commands that make no sense now are greyed out; the focus stays on a button that works. */
  enable(commands: readonly GuestCommand[]): void {
    const root = this.controls.getRootNode() as ShadowRoot;
    const focused = root.activeElement;
    for (const [command, button] of this.buttons) button.disabled = !commands.includes(command);
    const isLost = focused instanceof HTMLButtonElement && focused.disabled;
    const [first] = commands;
    if (isLost && first !== undefined) this.buttons.get(first)?.focus();
  }

  print(text: string): void {
    const { output } = this;
    const isAtEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 1;
    const whole = (output.textContent ?? '') + text;
    output.textContent = whole.slice(-MOST_CHARACTERS);
    if (isAtEnd) output.scrollTop = output.scrollHeight;
  }

  showError(message: string): void {
    this.error.textContent = message;
    this.error.hidden = false;
  }

  clear(): void {
    this.output.textContent = '';
    this.error.textContent = '';
    this.error.hidden = true;
  }

  private button(
    [command, label, title]: (typeof BUTTONS)[number],
    onCommand: (command: GuestCommand) => void,
  ): HTMLButtonElement {
    const button = part('button', `button ${command}`);
    button.type = 'button';
    button.textContent = label;
    button.title = title;
    button.addEventListener('click', () => onCommand(command));
    this.buttons.set(command, button);
    return button;
  }
}

/** An element with a class for the style here, and a part of the same name for the page's. */
function part<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  parts: string,
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.className = parts;
  element.setAttribute('part', parts);
  return element;
}
