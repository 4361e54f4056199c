/** The help texts of the commands that sweep. */
import { STRATEGY_NAMES } from '../index.js';
import { MOST_REPLAYS } from './replay-files.js';

/** @param guest How a guest's file is read. @param output What every command with a result takes. */
export function sweepHelp(guest: string, output: string): string {
  return `usage: vmexit sweep <guest> [options]

Runs a guest once as it is, then again and again with an NMI at every instruction boundary, under each way of
delivering it, and checks what follows: that the NMI arrives, once and in time; that handlers do not nest;
that the program does not notice; that it costs no more exits than the delivery needs; that the VMCB makes
sense.

what is swept:
  --delivery LIST|all     default all; of
                          ${STRATEGY_NAMES.join(', ')}
  --from A                the first boundary, in instructions (default: when the handler is in place, as
                          the guest's contract says; else at the first NMI that it asks for itself, or 0)
  --to B                  the end, not included (default: the guest's end)
  --symbol NAME           only boundaries before an instruction of this symbol
  --pairs                 a second NMI at every boundary of the handler's run, too
  --shard I/N             only the I-th of N equal parts; "vmexit merge" joins their results

what is checked:
  --may-write LIST        what the handler may write besides its stack: symbol, symbol:bytes or from-to, with
                          commas (default: what the guest's contract says, else nothing)
  --max-latency N         most instructions from a request to the handler (default: as masks explain)
  --handler-limit N       most instructions until the handler is back (default 100k)
  --invariant FILE        a module whose exports are more invariants: functions of the type Invariant of
                          "vmexit/lab"
  --seed S                of the random numbers that the guest reads by RDRAND (default 1)

${guest}
how it runs:
  --max-instructions N    most instructions of the guest's own run (default 20M)
  --threads N             worker threads (default: one for each core)
  --resume FILE           keep what is done in FILE, and go on from it if it is there
  --queue URL             let workers run it ("vmexit worker") that listen at a Redis server:
                          redis://[user:password@]host[:port][/database][/prefix], or rediss:// for TLS

output:
  --json                  the result as one object: the type SweepResult of "vmexit/lab"
  --junit FILE            a JUnit XML report, too
  --html FILE             a page with a heat map, too
  --replays FOLDER        recordings of the first violations for "vmexit replay", at most ${MOST_REPLAYS}; the folder
                          is made if it is not there
  --limit N               violations of one kind that are reported in full (default 10); all are counted
${output}
exit status: 0 no violation, 1 violations, 2 a mistake in the command, 130 interrupted.

examples:
  vmexit sweep nmi-iret-fault
  vmexit sweep nmi-storm --from 1000 --to 2000 --html report.html
  vmexit sweep nmi-count-32 --symbol work --to 1200 --pairs --delivery xen-vnmi,kvm-vnmi
  vmexit sweep kernel.elf --from 250000 --to 260000 --may-write nmi_count:4 --junit report.xml
  vmexit sweep nmi-storm --from 1000 --to 101000 --resume storm.json
  vmexit sweep nmi-storm --from 1000 --to 101000 --queue redis://queue.example:6379
`;
}

export const WORKER_HELP = `usage: vmexit worker --queue URL [options]

Runs units of sweeps that "vmexit sweep --queue" puts into a queue, until Ctrl-C or SIGTERM, which let it
finish those in hand. A worker that dies, or loses its network, loses nothing: others run its units again.
Workers and sweeps of one version of vmexit find each other, whatever they sweep. Needs
npm install bullmq ioredis.

  --queue URL             redis://[user:password@]host[:port][/database][/prefix], or rediss:// for TLS
  --threads N             worker threads (default: one for each core)
  --lease SECONDS         others take a unit when its worker has been silent for so long (default 10)
  --invariant FILE        for sweeps with the same file: code does not go through the queue
  --quiet, -q             no notes
  --help, -h              this help

exit status: 2 a mistake in the command, or no Redis there; 130 interrupted, 143 terminated.

examples:
  vmexit worker --queue redis://127.0.0.1:6379
  vmexit worker --queue rediss://fleet:secret@queue.example/nightly --threads 8
`;

export function mergeHelp(output: string): string {
  return `usage: vmexit merge <result>… [options]

Joins results of one sweep: shards, or parts that were interrupted; in any order, a part any number of times.
Refuses results of another guest, range or version of vmexit, and a whole that lacks parts.

  --partial               join what is there, though parts are missing

output:
  --json                  the result as one object, which can be merged again
  --junit FILE            a JUnit XML report, too
  --html FILE             a page with a heat map, too
${output}
exit status: 0 no violation, 1 violations, 2 a mistake in the command.

examples:
  vmexit merge part1.json part2.json part3.json
  vmexit merge part*.json --json -o whole.json --html report.html
  vmexit merge monday.json tuesday.json --partial --json -o so-far.json
`;
}
