/** `vmexit gdb`: a guest that waits for GDB. */
import { UsageError } from '../errors.js';
import { createVm, startingAt, startSchedule } from '../index.js';
import { Debugger } from '../lab/index.js';
import { oneDelivery } from './deliveries.js';
import { serveGdb } from './gdb-server.js';
import { chooseGuest, readScheduleFile } from './guest-file.js';
import { parseCount } from './numbers.js';
import { type Arguments, guestPlacement, nmiSchedule, processorOptions } from './options.js';
import type { Terminal } from './terminal.js';

/** What QEMU's -s uses. */
const DEFAULT_PORT = 1234;
const LAST_PORT = 65535;

export async function gdbCommand({ options, positionals }: Arguments, terminal: Terminal): Promise<number> {
  const nmi = oneDelivery(options, 'gdb');
  const processor = processorOptions(options);
  const given = options['port'];
  const port = typeof given === 'string' ? parseCount('--port', given) : DEFAULT_PORT;
  if (port > LAST_PORT) throw new UsageError(`--port expects 0 to ${LAST_PORT}, not ${port}`);
  const isLong = architecture(options['arch']);
  const schedule = await nmiSchedule(options, readScheduleFile);
  const guest = await chooseGuest(positionals, guestPlacement(options));
  const wanted = schedule ?? guest.schedule ?? { kind: 'none' };
  const vm = await createVm({
    guest: guest.image,
    memoryBytes: guest.memoryBytes,
    nmi,
    nmiSchedule: startSchedule(startingAt(wanted, guest.nmiFrom)),
    ...processor,
    onSerial: (byte) => terminal.stdout.write(String.fromCharCode(byte)),
  });
  const server = await serveGdb(new Debugger(vm), port, isLong);
  const stop = (): void => server.close();
  terminal.signal.addEventListener('abort', stop);
  if (!options['quiet'])
    terminal.stderr.write(
      `vmexit: ${guest.name} waits for gdb: target remote 127.0.0.1:${server.port} (Ctrl-C ends)\n`,
    );
  await server.ended;
  terminal.signal.removeEventListener('abort', stop);
  server.close();
  return 0;
}

/** `--arch`: whether GDB is to see x86-64. */
function architecture(value: string | boolean | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value !== 'i386' && value !== 'x86-64')
    throw new UsageError(`--arch expects i386 or x86-64, not ${JSON.stringify(value)}`);
  return value === 'x86-64';
}
