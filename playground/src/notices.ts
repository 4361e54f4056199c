/** Short messages at the foot of the page, which go away by themselves. */
import { signal } from '@preact/signals';

export interface Notice {
  readonly text: string;
  readonly kind: 'plain' | 'problem';
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Long enough to read two sentences; problems stay until they are dismissed. */
const SHOWN_MS = 6000;

export const notice = signal<Notice | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function notify(text: string, action?: Notice['action']): void {
  show(action === undefined ? { text, kind: 'plain' } : { text, kind: 'plain', action });
  timer = setTimeout(dismiss, SHOWN_MS);
}

export function complain(text: string): void {
  show({ text, kind: 'problem' });
}

export function dismiss(): void {
  notice.value = null;
}

function show(next: Notice): void {
  clearTimeout(timer);
  notice.value = next;
}
