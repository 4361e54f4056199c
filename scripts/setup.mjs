/**
 * npm run setup: the Debian packages that some tests compare with: an assembler, a C compiler for both word sizes, QEMU,
 * Bochs, GDB, Redis, Chromium and Firefox. None is needed to build or use vmexit.
 *
 * Installs what is missing when run as root on Debian; otherwise says in one line what to install. Tests that miss a
 * tool skip and say so in their name.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** One row per package: what the tests use it for, and how to tell that it is there. */
const TOOLS = [
  { name: 'nasm', use: 'guest sources match their fixtures', isPresent: () => isOnPath('nasm') },
  { name: 'gcc-multilib', use: 'comparison with this CPU', isPresent: hasMultilib },
  { name: 'qemu-system-x86', use: 'comparison with QEMU', isPresent: () => isOnPath('qemu-system-x86_64') },
  { name: 'bochs', use: 'comparison with Bochs', isPresent: () => isOnPath('bochs') },
  { name: 'bochs-term', use: 'Bochs without a window', isPresent: hasBochsTerminal },
  { name: 'gdb', use: 'the GDB stub', isPresent: () => isOnPath('gdb') },
  { name: 'redis-server', use: 'sweeps over a queue', isPresent: () => isOnPath('redis-server') },
  { name: 'chromium', use: 'tests in browsers', isPresent: () => isOnPath('chromium') },
  { name: 'firefox-esr', use: 'tests in browsers', isPresent: () => isOnPath('firefox-esr') },
];

export function ensureTools() {
  const missing = TOOLS.filter((tool) => !tool.isPresent());
  if (missing.length === 0) return;
  const names = missing.map((tool) => tool.name);
  const isDebianRoot = process.getuid?.() === 0 && isOnPath('apt-get');
  if (isDebianRoot && installPackages(names)) return;
  const uses = missing.map((tool) => `${tool.name} (${tool.use})`).join(', ');
  console.error(
    `Some tests will be skipped. To run them: apt-get install ${names.join(' ')}. Missing: ${uses}.`,
  );
}

function installPackages(names) {
  console.error(`installing ${names.join(' ')}...`);
  return aptGet(['update', '-q']) && aptGet(['install', '-y', '-q', '--no-install-recommends', ...names]);
}

function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = spawnSync('apt-get', args, { encoding: 'utf8', env });
  if (run.status !== 0)
    console.error(`apt-get ${args[0]} failed: ${(run.stderr ?? '').trim().split('\n').at(-1)}`);
  return run.status === 0;
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
}

/** gcc alone is not enough: -m32 needs the 32-bit runtime, which lies in a folder called 32. */
function hasMultilib() {
  const root = '/usr/lib/gcc/x86_64-linux-gnu';
  if (!isOnPath('gcc') || !existsSync(root)) return false;
  return readdirSync(root).some((version) => existsSync(`${root}/${version}/32/libgcc.a`));
}

function hasBochsTerminal() {
  return existsSync('/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) ensureTools();
