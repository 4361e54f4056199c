/** Whether there is something that `npm pack` could pack. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const isBuilt = existsSync(join(ROOT, 'dist/index.js'));
