/** Event delivery through the IVT or IDT (APM vol 2 §8). */
import { Flow } from './abi/stop';
import { EventType } from './abi/vector';

/**
 * Delivers one event at an instruction boundary: RIP is what the frame must hold.
 *
 * On success RIP is the handler's first instruction and the shadow is closed. A fault on the way aborts with
 * `pending` set and every register as it was; the caller combines and goes on (`deliver` in run.ts).
 *
 * @param isSoftware INT n, INT3, INTO: the gate's DPL is checked, nested error codes have EXT = 0.
 */
export function deliverThroughIdt(
  vector: u32,
  type: EventType,
  hasCode: bool,
  code: u32,
  isSoftware: bool,
): Flow {
  return Flow.Leave;
}
