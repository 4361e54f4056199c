/** What `monitor` says in GDB: the machine as a hypervisor sees it. */
import type { Vm } from '../../hypervisor/vm.js';
import { exitName } from '../../svm/intercepts.js';
import type { Debugger } from '../debugger/debugger.js';

const HELP = `monitor nmi            request an NMI now
monitor nmi N          request one when the machine's time is N instructions
monitor vmcb           the VMCB, as the last VMRUN or #VMEXIT left it
monitor nmi-state      where NMIs are: requested, pending, masked, in shadows, in handlers
monitor exits          #VMEXITs so far, by name and cause
monitor time           instructions, exits and deliveries so far; where the history begins
monitor help           this
`;

type Command = (debug: Debugger, argument: string | undefined) => string;

const COMMANDS: Readonly<Record<string, Command>> = {
  nmi: requestNmi,
  vmcb: ({ vm }) => showVmcb(vm),
  'nmi-state': ({ vm }) => rows(Object.entries(vm.nmiState)),
  exits: ({ vm }) =>
    rows(vm.exits().map(({ name, cause, count }) => [`${name} (${cause})`, count])) || 'no exits yet\n',
  time: ({ moment, historyStart }) =>
    rows([...Object.entries(moment), ['history begins at', historyStart.time]]),
  help: () => HELP,
};

/** The answer to a command: text, complete lines. */
export function monitor(debug: Debugger, line: string): string {
  const [name = '', argument, ...rest] = line.trim().split(/\s+/);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || rest.length > 0) return `there is no command ${JSON.stringify(line)}; try monitor help\n`;
  return command(debug, argument);
}

function requestNmi(debug: Debugger, argument: string | undefined): string {
  if (argument !== undefined && !/^\d+$/.test(argument)) return 'monitor nmi takes an instruction count\n';
  const atInstruction = argument === undefined ? undefined : Number(argument);
  if (atInstruction !== undefined && !Number.isSafeInteger(atInstruction))
    return 'that is no instruction count\n';
  debug.requestNmi({ atInstruction });
  return `NMI requested at ${Math.max(atInstruction ?? 0, debug.vm.time)}\n`;
}

function showVmcb({ vmcb, isInside }: Vm): string {
  const fields = [
    'interceptExceptions',
    'intercept3',
    'intercept4',
    'virtualInterrupt',
    'interruptShadow',
    'exitCode',
    'exitInfo1',
    'exitInfo2',
    'exitIntInfo',
    'eventInjection',
    'nextRip',
    'guestAsid',
    'nestedCr3',
    'tscOffset',
    'clean',
    'cpl',
    'efer',
    'cr0',
    'cr2',
    'cr3',
    'cr4',
    'dr6',
    'dr7',
    'rflags',
    'rip',
    'rsp',
    'rax',
  ] as const;
  const note = isInside ? 'the guest is entered: this is what the last VMRUN read\n' : '';
  const values = fields.map((name) => [name, `0x${vmcb.get(name).toString(16)}`] as const);
  const code = BigInt.asIntN(64, vmcb.get('exitCode'));
  return `${note}${rows([...values, ['exit', exitName(Number(code))]])}`;
}

function rows(entries: readonly (readonly [string, unknown])[]): string {
  return entries.map(([name, value]) => `${name.padEnd(24)}${String(value)}\n`).join('');
}
