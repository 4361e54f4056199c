/** Where the cursor is: what "run to cursor" runs to. */
import { signal } from '@preact/signals';

/** Counted from 1. */
export const cursorLine = signal(1);
