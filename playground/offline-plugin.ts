/**
 * Makes the built page work offline: adds sw.js, the service worker, with the list of all files of the build and a build
 * id that follows from their contents.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const TEMPLATE = new URL('./service-worker.js', import.meta.url);

export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const hash = createHash('sha256').update(readFileSync(TEMPLATE));
      const files: string[] = [];
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        files.push(name);
        hash.update(name).update(file.type === 'chunk' ? file.code : file.source);
      }
      const shared = join(import.meta.dirname, 'public');
      for (const name of readdirSync(shared)) {
        files.push(name);
        hash.update(name).update(readFileSync(join(shared, name)));
      }
      const source = readFileSync(TEMPLATE, 'utf8')
        .replace("'BUILD_ID'", JSON.stringify(hash.digest('hex').slice(0, 16)))
        .replace("['FILES']", JSON.stringify(files));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}
