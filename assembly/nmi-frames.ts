/**
 * Which NMI handlers are running: observation for ledgers, not architecture.
 *
 * Silicon knows at most one bit about this. Here every delivered NMI is remembered by the linear address of the frame
 * that it pushed; the IRET that pops this very frame returns from that handler, and from all entered after it.
 */
import { cpu } from './state';

/** Deeper nesting is counted but can no longer be matched with its IRET. */
const CAPACITY: u32 = 64;
const FRAMES = memory.data(64 * 8, 8);

/** For snapshots: `CAPACITY` addresses of 8 bytes. */
export const NMI_FRAMES_ADDRESS: usize = FRAMES;
export const NMI_FRAMES_BYTES: u32 = CAPACITY << 3;

/** Stands for the frame of an NMI that a task gate took: there is none, an IRET with NT set returns. */
export const TASK_FRAME: u64 = ~(<u64>0);

/** An NMI was delivered and pushed its frame at this linear address. */
export function openNmiFrame(address: u64): void {
  const state = cpu();
  if (state.nmiDepth < CAPACITY) store<u64>(FRAMES + (state.nmiDepth << 3), address);
  state.nmiDepth++;
  state.nmiDelivered++;
  if (state.nmiDepth > state.nmiMaxDepth) state.nmiMaxDepth = state.nmiDepth;
}

/** An IRET popped the frame at this linear address. */
export function closeNmiFrame(address: u64): void {
  const state = cpu();
  for (let i = min<u32>(state.nmiDepth, CAPACITY); i > 0; i--) {
    if (load<u64>(FRAMES + ((i - 1) << 3)) != address) continue;
    state.nmiDepth = i - 1;
    state.nmiReturned++;
    return;
  }
}
