/** CMPXCHG8B and CMPXCHG16B (APM vol 3). */
import { Rflags } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { isAborted, raiseGp } from '../fault';
import { setStatusFlags, setZeroFlag, statusFlags } from '../flags';
import { readForWrite, writeLinear } from '../memory';
import { cpu, register } from '../state';
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

/** Compares RDX:RAX with 16 aligned bytes at the linear address in a; param is the segment. Only ZF changes. */
export function cmpxchg16b(uop: UopRecord): Flow {
  const state = cpu();
  const address = register<u64>(uop.a);
  const seg = ((<u32>uop.imm) >> 16) & 7;
  if ((address & 15) != 0) return raiseGp();
  const low = readForWrite<u64>(address, seg);
  if (isAborted()) return Flow.Abort;
  const high = readForWrite<u64>(address + 8, seg);
  if (isAborted()) return Flow.Abort;
  const isEqual = low == state.rax && high == state.rdx;
  writeLinear<u64>(address, seg, isEqual ? state.rbx : low);
  writeLinear<u64>(address + 8, seg, isEqual ? state.rcx : high);
  if (!isEqual) {
    state.rax = low;
    state.rdx = high;
  }
  setZeroFlag(isEqual);
  return Flow.Next;
}
