/** What a content security policy has to allow so that a page may have its import map: the hash of that. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** @param file A page with an import map in it. */
export function importMapHash(file: string): string {
  const text = /<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
