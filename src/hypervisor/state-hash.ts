/** A hash of a whole virtual machine: two machines with the same one are in the same state, for whoever does not cheat. */
import type { CheckpointedParts } from './checkpoint.js';
import type { StopReason } from './run-result.js';

/**
 * 16 hexadecimal digits: of the guest and its memory, the processor, the hypervisor, its devices and its books. The same in
 * every engine, interpreted and compiled, and wherever runs were sliced.
 */
export function stateHash(
  { processor, vcpu, nmis, kick, tablePages }: CheckpointedParts,
  ended: StopReason | null,
): string {
  const { books, latencies } = nmis.digest();
  const small = {
    ...processor.outside(),
    vcpu: vcpu.save(),
    devices: vcpu.ports.save(),
    delivery: vcpu.delivery.save(),
    agenda: vcpu.agenda.save(),
    books,
    kick: kick.save(),
    nextTablePage: tablePages.next,
    ended,
  };
  const text = JSON.stringify(small, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  return processor.checkpoints
    .hash(
      new TextEncoder().encode(text),
      new Uint8Array(Float64Array.from(latencies).buffer),
      vcpu.console.contents(),
    )
    .toString(16)
    .padStart(16, '0');
}
