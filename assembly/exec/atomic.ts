/** CMPXCHG8B (APM vol 3). */
import { Rflags } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { setStatusFlags, statusFlags } from '../flags';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';

/** Compares EDX:EAX with the memory operand in T0; T1 ← what is to be stored. Only ZF changes. */
export function cmpxchg8b(_uop: UopRecord): Flow {
  const state = cpu();
  const memory = state.t0;
  const isEqual = memory == ((state.rdx << 32) | (state.rax & 0xffffffff));
  if (isEqual) {
    state.t1 = (state.rcx << 32) | (state.rbx & 0xffffffff);
    setStatusFlags(statusFlags() | (<u32>Rflags.Zf));
  } else {
    state.t1 = memory;
    state.rax = memory & 0xffffffff;
    state.rdx = memory >> 32;
    setStatusFlags(statusFlags() & ~(<u32>Rflags.Zf));
  }
  return Flow.Next;
}
