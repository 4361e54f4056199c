/**
 * How QEMU's TCG and Bochs are started on a boot ROM without a BIOS: no windows, no sound, and port E9h for the output.
 *
 * The tests compare what they print, the benchmarks how soon.
 */
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EmulatorCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
}

export const QEMU = 'qemu-system-x86_64';
export const BOCHS = 'bochs';

export function isQemuPresent(): boolean {
  return spawnSync(QEMU, ['--version']).status === 0;
}

export function isBochsPresent(): boolean {
  return spawnSync(BOCHS, ['--help']).error === undefined;
}

/** @param output Where port E9h goes: a character device in QEMU's words, without an identifier. */
export function qemuCommand(rom: string, megabytes: number, output: string): EmulatorCommand {
  const [kind, ...options] = output.split(',');
  // prettier-ignore
  const args = [
    '-chardev', [kind, 'id=output', ...options].join(','), '-bios', rom,
    '-accel', 'tcg', '-cpu', 'max', '-m', String(megabytes), '-display', 'none', '-monitor', 'none', '-nodefaults',
    '-device', 'isa-debugcon,iobase=0xe9,chardev=output', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
  ];
  return { program: QEMU, args };
}

const BOCHS_CONFIGURATION = [
  'cpu: model=ryzen, count=1, ips=100000000, reset_on_triple_fault=1, ignore_bad_msrs=0',
  'port_e9_hack: enabled=1',
  'display_library: term',
  'sound: driver=dummy',
  'panic: action=fatal',
  'error: action=ignore',
  'info: action=ignore',
];
/** Debian's Bochs is built with the debugger, which waits for a command at the start and after every triple fault. */
const DEBUGGER_COMMANDS = 'c\n'.repeat(10_000);

/**
 * Port E9h is the standard output.
 *
 * @param scratch A folder for the configuration and the log.
 */
export function bochsCommand(rom: string, megabytes: number, scratch: string): EmulatorCommand {
  const [commands, configuration] = [join(scratch, 'commands'), join(scratch, 'bochsrc')];
  const lines = [
    ...BOCHS_CONFIGURATION,
    `megs: ${megabytes}`,
    `romimage: file=${rom}, address=0x${(2 ** 32 - statSync(rom).size).toString(16)}`,
    `log: ${join(scratch, 'log')}`,
  ];
  writeFileSync(commands, DEBUGGER_COMMANDS);
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  return { program: BOCHS, args: ['-q', '-f', configuration, '-rc', commands], env: { TERM: 'dumb' } };
}
