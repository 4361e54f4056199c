/** Which dialog is open. */
import { signal } from '@preact/signals';

export type DialogName = 'help';

export const dialog = signal<DialogName | null>(null);

export function openDialog(name: DialogName): void {
  dialog.value = name;
}

export function closeDialog(): void {
  dialog.value = null;
}
