/** LDMXCSR and STMXCSR (APM vol 4). */
import { Mxcsr } from '../abi/processor-bits';
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { raiseGp } from '../fault';
import { cpu, register, setRegister } from '../state';

export function loadMxcsr(): Flow {
  const value = register<u32>(Reg.T0);
  if ((value & ~(<u32>Mxcsr.Defined)) != 0) return raiseGp();
  cpu().mxcsr = value;
  return Flow.Next;
}

export function storeMxcsr(): Flow {
  setRegister<u32>(Reg.T0, cpu().mxcsr);
  return Flow.Next;
}
