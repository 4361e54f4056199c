/** What stands in README.md and docs/, and a reader's project in which it is done as it stands there. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(ROOT, 'dist/cli/main.js');

/** Without it nobody could install vmexit. */
export const isInstallable = existsSync(CLI);

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The fenced blocks of one language, of a document or a part of it. */
export function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!);
}

/** The commands of all shell blocks, a line each, without the comments behind them. */
export function commandsOf(text: string): string[] {
  return blocksOf(text, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/ *#.*/, ''))
    .filter((line) => /^(npx )?vmexit /.test(line));
}

/** What an example says that it prints: the comments behind its `console.log`s. */
export function promisedBy(code: string): string {
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]!).join('\n');
}

export interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with vmexit installed. */
export class ReaderProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'vmexit-reader-'));

  constructor() {
    mkdirSync(join(this.folder, 'node_modules/.bin'), { recursive: true });
    symlinkSync(ROOT, join(this.folder, 'node_modules/vmexit'));
    this.addProgram('vmexit', `exec '${process.execPath}' '${CLI}' "$@"`);
    this.addProgram('npx', '"$@"'); // npx asks a registry; what it runs is the same
  }

  /** Runs an example. */
  example(code: string): Done {
    writeFileSync(join(this.folder, 'example.mjs'), code);
    return this.run(process.execPath, ['example.mjs'], {});
  }

  /** Runs lines of a shell, up to the first that fails. */
  shell(lines: string, environment: Readonly<Record<string, string>> = {}): Done {
    return this.run('sh', ['-e', '-c', lines], environment);
  }

  /** As `shell`, beside others. */
  start(lines: string, environment: Readonly<Record<string, string>>): Promise<Done> {
    const child = spawn('sh', ['-e', '-c', lines], { cwd: this.folder, env: this.environment(environment) });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    return new Promise((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private run(program: string, args: readonly string[], environment: Readonly<Record<string, string>>): Done {
    const env = this.environment(environment);
    return spawnSync(program, args, { cwd: this.folder, encoding: 'utf8', env });
  }

  private environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const PATH = `${join(this.folder, 'node_modules/.bin')}:${process.env['PATH']}`;
    return { ...process.env, ...more, PATH };
  }

  private addProgram(name: string, line: string): void {
    const path = join(this.folder, 'node_modules/.bin', name);
    writeFileSync(path, `#!/bin/sh\n${line}\n`);
    chmodSync(path, 0o755);
  }
}
