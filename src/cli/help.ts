/** The help texts. `test/cli/command-line.test.ts` holds them against the options that exist. */
import { CPU_MODELS, DEFAULT_CPU, STRATEGY_NAMES } from '../index.js';
import { scenarioHelp } from './scenario-help.js';
import { mergeHelp, sweepHelp, WORKER_HELP } from './sweep-help.js';
import { OVERVIEW } from './overview.js';

const GUEST = `the guest:
  --load ADDRESS          flat binaries: address of the first byte (default 0x7c00 for 16 bits, else 0x100000)
  --bits 16|32|64         flat binaries: code size at entry (default 16)
  --entry ADDRESS         flat binaries: the first instruction (default: the first byte)
  --memory SIZE           guest memory, 1M to 2G (default 16M)
  --cpu MODEL             the processor model: ${Object.keys(CPU_MODELS).join(', ')}
                          (default ${DEFAULT_CPU}; v1 for x86-64-v1, and so on)
  --no-jit                interpret everything, compile nothing: the same results, later
`;

const LIMIT = `  --max-instructions N    stop after so many instructions (default 20M; also 1e8, 0x5f5e100)
`;

const SCHEDULE = `when NMIs are requested, in instructions:
  --nmis N                N requests, at random 1000 instructions apart on average; limits the next two
  --nmi-every N           one every N instructions
  --nmi-random MEAN       at random, MEAN instructions apart on average
  --seed S                of these random numbers, and of those that the guest reads by RDRAND (default 1)
  --nmi-at LIST           at these instruction counts: --nmi-at 100,250,251
  --nmi-file FILE         at the counts in a file, one a line; # begins a comment
  Without any of these a shipped guest gets the schedule that suits it. For shipped guests, schedules
  other than listed counts begin when the guest's NMI handler is in place.
`;

const KEPT = `  --trace                 one line for each exit, injection and NMI event: instruction count, RIP, disassembly
  --save FILE             write a snapshot of the machine as it stopped; "vmexit resume FILE" goes on from it
  --json                  the object that "vmexit compare --json" prints, with one run
`;

const TIMELINE = `  --timeline FILE.svg     draw what happened when: requests, handlers, masks and exits over guest instructions
  --trace-out FILE.json   the same in Chrome's trace-event format: opens in ui.perfetto.dev
  --timeline-range A-B    of these two, only instructions A to B
`;

const OUTPUT = `  --quiet, -q             no progress, no notes
  --output, -o FILE       write the result to FILE, whole or not at all
  --help, -h              this help
`;

const STATUS = `exit status: 0 success, 1 the guest failed, 2 a mistake in the command, 130 interrupted.
`;

/** What is run, and how its NMIs get in. */
const MACHINE = `how NMIs are delivered:
  --delivery NAME         default kvm-vnmi; one of
                          ${STRATEGY_NAMES.join(', ')}

${SCHEDULE}
${GUEST}${LIMIT}`;

const RUN = `usage: vmexit run <guest> [options]

Runs a guest. Prints its output, why it stopped, what became of its NMIs, and every exit with its cause.

${MACHINE}
output:
${KEPT}${TIMELINE}${OUTPUT}
${STATUS}
examples:
  vmexit run hello-64
  vmexit run nmi-storm --delivery xen-event-injection
  vmexit run my-guest.bin --load 0x7c00 --bits 16 --delivery kvm-vnmi --max-instructions 1e8
  vmexit run kernel.elf --nmi-at 100000 --trace
  vmexit run kernel.elf --max-instructions 1e6 --save booted.vmx
  vmexit run my-guest.asm
  vmexit run nmi-hlt --delivery xen-event-injection --timeline nmi-hlt.svg
`;

const RESUME = `usage: vmexit resume <snapshot> [options]

Goes on with a machine where "vmexit run --save" left it: the same guest, delivery, processor and NMIs still
to come. What follows is what would have followed then, instruction for instruction. Counts and exits are
those of the whole run.

  --max-instructions N    stop after so many more instructions (default 20M)
  --no-jit                interpret everything, compile nothing: the same results, later

output:
${KEPT}${TIMELINE}${OUTPUT}
${STATUS}
examples:
  vmexit resume booted.vmx
  vmexit resume booted.vmx --trace --max-instructions 1000
`;

const RECORD = `usage: vmexit record <guest> [options] --output FILE

Runs a guest as "vmexit run" does, and writes a recording: the machine at its start, every NMI that comes from
outside, and hashes of its state along the way. It has all that "vmexit replay" needs, here or elsewhere.

  --output, -o FILE       where the recording goes, whole or not at all
  --check-every N         a state hash every N instructions, to begin with (default 1000); of a long run
                          every other one is kept, again and again, so that there are at most 256

${MACHINE}
output:
  --json                  the object that "vmexit compare --json" prints, with one run
  --quiet, -q             no progress, no notes
  --help, -h              this help

${STATUS}
examples:
  vmexit record nmi-storm --delivery xen-event-injection -o storm.vmx
  vmexit record kernel.elf --nmi-at 100000 --max-instructions 1e6 -o run.vmx
`;

const REPLAY = `usage: vmexit replay <recording> [options]

Runs what "vmexit record" wrote again, and compares every state hash, every exit and every byte of output.
Where something differs, it says from which instruction on, and in which registers.

  --no-jit                interpret everything, compile nothing: the same results, later
  --against FILE          no replay, but the first instruction that differs from another recording

output:
  --json                  one object: what "vmexit run --json" prints, "checks", "next" and "divergence"
  --quiet, -q             no progress, no notes
  --help, -h              this help

exit status: 0 the same, 1 not the same, 2 a mistake in the command, 130 interrupted.

examples:
  vmexit replay run.vmx
  vmexit replay run.vmx --no-jit --json
  vmexit replay after.vmx --against before.vmx
`;

const GDB = `usage: vmexit gdb <guest> [options]

Loads a guest and waits for GDB, on this machine only. In GDB: "target remote 127.0.0.1:1234", then stepi,
break, watch, continue, reverse-stepi, reverse-continue, and "monitor help" for what a hypervisor knows.
A GDB that detaches or goes away leaves the guest where it is, for the next one; "kill" ends vmexit.

  --port N                TCP port on 127.0.0.1 (default 1234; 0 takes any that is free)
  --arch i386|x86-64      the registers that GDB sees (default: those of the code that the guest executes when
                          GDB attaches; a multiboot kernel that enters 64-bit mode wants x86-64)

how NMIs are delivered:
  --delivery NAME         default kvm-vnmi; one of
                          ${STRATEGY_NAMES.join(', ')}

${SCHEDULE}
${GUEST}
output:
  --quiet, -q             only what the guest prints
  --help, -h              this help

exit status: 0 success, 2 a mistake in the command, 130 interrupted.

examples:
  vmexit gdb kernel.elf
  vmexit gdb nmi-storm --arch x86-64 --delivery xen-event-injection --port 4321
`;

const COMPARE = `usage: vmexit compare <guest> [options]

Runs a guest under several ways of delivering the same NMIs and prints what each costs:

  requested, delivered    NMIs asked for, and handlers that ran
  merged, lost            requests that became part of another; requests that never arrived
  nested                  most NMI handlers active at once; 1 is right
  NMI IRET VINTR #DB      #VMEXITs that delivering them cost, by code
  other                   all other exits: the guest's own, and the interrupt that carries each request in
  exits/NMI               cost of one delivered NMI
  latency                 instructions from request to handler: half and 99 % of the NMIs took no longer

which deliveries:
  --delivery LIST|all     default all; of
                          ${STRATEGY_NAMES.join(', ')}

${SCHEDULE}  For any other guest the default is --nmis 1000.

${GUEST}${LIMIT}
output:
  --json                  one object: the type Comparison of "vmexit" says what its names mean
  --csv                   one line a delivery, after a header
${TIMELINE}${OUTPUT}
${STATUS}The naive delivery is expected to harm guests: its failures count only where it runs alone.

examples:
  vmexit compare nmi-storm --nmis 1000
  vmexit compare guests/nmi-iret-fault.asm --delivery xen-event-injection,xen-vnmi
  vmexit compare my-kernel.elf --nmi-every 5000 --delivery xen-event-injection,kvm-vnmi
  vmexit compare nmi-storm --nmi-random 500 --seed 7 --json -o result.json
  vmexit compare nmi-storm --nmis 20 --timeline storm.svg --timeline-range 20000-24000
`;

const ASM = `usage: vmexit asm <source> [options]

Assembles a source in NASM's syntax to a flat binary, as "nasm -f bin" does. Included files are looked for
beside the file that asks, beside the source, in include/ beside the source, and among those of the shipped
guests.

  --output, -o FILE       where the binary goes (default: the source's name with .bin, in the current folder;
                          nowhere with one of the next two)
  --listing               print the source with the address and the bytes of each line
  --symbols               print the address and the name of each label
  --bits 16|32|64         code size until the source says BITS (default 16)
  --help, -h              this help

exit status: 0 success, 2 the source has errors, or a mistake in the command.

examples:
  vmexit asm my-guest.asm -o my-guest.bin
  vmexit asm my-guest.asm --listing --symbols
`;

const LIST = `usage: vmexit list

Lists the shipped guests, the processor models and the ways of delivering NMIs, one line each.

  --help, -h              this help

example:
  vmexit list
`;

export const HELP = {
  commands: OVERVIEW,
  run: RUN,
  resume: RESUME,
  record: RECORD,
  replay: REPLAY,
  gdb: GDB,
  compare: COMPARE,
  sweep: sweepHelp(GUEST, OUTPUT),
  worker: WORKER_HELP,
  merge: mergeHelp(OUTPUT),
  scenario: scenarioHelp(OUTPUT),
  asm: ASM,
  list: LIST,
} as const;
