/** A user's project in a temporary folder, with the packed tarball installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '../../scripts/size.mjs';

export interface Project {
  readonly folder: string;
  readonly tarball: string;
  write(path: string, text: string): void;
  remove(): void;
}

export function createProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'vmexit-package-'));
  const tarball = join(folder, pack('--pack-destination', folder).filename);
  const installed = join(folder, 'node_modules/vmexit');
  mkdirSync(installed, { recursive: true });
  const run = spawnSync('tar', ['xzf', tarball, '-C', installed, '--strip-components=1'], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`tar: ${run.stderr}`);
  const project: Project = {
    folder,
    tarball,
    write: (path, text) => writeFileSync(join(folder, path), text),
    remove: () => rmSync(folder, { recursive: true }),
  };
  project.write('package.json', '{ "private": true, "type": "module" }');
  return project;
}
