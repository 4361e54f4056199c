/** RDTSC, RDTSCP, RDPID, RDPMC (APM vol 2 §13.2, APM vol 3). */
import { ExitCode } from '../abi/exit-code';
import { Cr4 } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { Reg } from '../abi/register';
import { exitInstruction, isIntercepted, raiseGp } from '../fault';
import { cpu, setRegister } from '../state';
import { timeStamp } from '../time-stamp';
import { UopRecord } from '../uop-record';

/** Performance counters that RDPMC can name: the four of every AMD64 processor (APM vol 2 §13.2). */
const COUNTERS: u32 = 4;

/** EDX:EAX ← value. */
export function setEdxEax(value: u64): void {
  setRegister<u32>(Reg.Rax, <u32>value);
  setRegister<u32>(Reg.Rdx, <u32>(value >> 32));
}

function isTimeStampDenied(): bool {
  return cpu().cpl != 0 && (cpu().cr4 & Cr4.Tsd) != 0;
}

export function rdtsc(uop: UopRecord): Flow {
  if (isTimeStampDenied()) return raiseGp();
  if (isIntercepted(ExitCode.Rdtsc)) return exitInstruction(ExitCode.Rdtsc);
  setEdxEax(timeStamp());
  return Flow.Next;
}

export function rdtscp(uop: UopRecord): Flow {
  if (isTimeStampDenied()) return raiseGp();
  if (isIntercepted(ExitCode.Rdtscp)) return exitInstruction(ExitCode.Rdtscp);
  setEdxEax(timeStamp());
  setRegister<u32>(Reg.Rcx, <u32>cpu().tscAux);
  return Flow.Next;
}

/** a ← TSC_AUX. */
export function rdpid(uop: UopRecord): Flow {
  setRegister<u64>(uop.a, cpu().tscAux);
  return Flow.Next;
}

/** EDX:EAX ← counter ECX. No event can be selected (there is no PERF_CTL), so every counter stands at zero. */
export function rdpmc(uop: UopRecord): Flow {
  if (cpu().cpl != 0 && (cpu().cr4 & Cr4.Pce) == 0) return raiseGp();
  if (<u32>cpu().rcx >= COUNTERS) return raiseGp();
  if (isIntercepted(ExitCode.Rdpmc)) return exitInstruction(ExitCode.Rdpmc);
  setEdxEax(0);
  return Flow.Next;
}
