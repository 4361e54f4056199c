/** What this vmexit calls itself. */
import { readFile } from 'node:fs/promises';

/** From the package's own package.json, two folders up in src/cli and in dist/cli. */
export async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What results of sweeps are marked with: those of two versions do not merge. */
export async function producer(): Promise<string> {
  return `vmexit ${await version()}`;
}
