/** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE (APM vol 3). */
import { Cr4 } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { raiseGp, raiseUd } from '../fault';
import { isCanonical } from '../canonical';
import { base, cpu, register, setBase, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** log2 of a 64-bit operand's bytes. */
const QUAD: u32 = 3;

function isDisabled(): bool {
  return (cpu().cr4 & Cr4.Fsgsbase) == 0;
}

export function readSegmentBase(uop: UopRecord): Flow {
  if (isDisabled()) return raiseUd();
  if (uop.c == QUAD) setRegister<u64>(uop.a, base(uop.b));
  else setRegister<u32>(uop.a, <u32>base(uop.b));
  return Flow.Next;
}

export function writeSegmentBase(uop: UopRecord): Flow {
  if (isDisabled()) return raiseUd();
  const address = uop.c == QUAD ? register<u64>(uop.a) : <u64>register<u32>(uop.a);
  if (!isCanonical(address)) return raiseGp();
  setBase(uop.b, address);
  return Flow.Next;
}
