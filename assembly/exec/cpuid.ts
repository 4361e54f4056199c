/** CPUID (APM vol 3 §3, App. E). */
import { ExitCode } from '../abi/exit-code';
import { ApicBase } from '../abi/msr';
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { findCpuidRow } from '../cpuid-table';
import { exitInstruction, isIntercepted } from '../fault';
import { cpu, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** The leaves whose EDX[9] says that the local APIC is enabled. */
const BASIC_FEATURES: u32 = 1;
const EXTENDED_FEATURES: u32 = 0x80000001;
const APIC: u32 = 0x200;
/** Basic ECX[27]: CR4.OSXSAVE, a bit of CR4 that this processor does not have. */
const OSXSAVE: u32 = 0x8000000;

/** EAX, EBX, ECX, EDX ← the row for EAX and ECX, with the bits that follow from control registers. No exceptions. */
export function cpuid(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Cpuid)) return exitInstruction(ExitCode.Cpuid);
  const leaf = <u32>cpu().rax;
  const row = findCpuidRow(leaf, <u32>cpu().rcx);
  if (!row) {
    answer(0, 0, 0, 0);
    return Flow.Next;
  }
  const ecx = leaf == BASIC_FEATURES ? row.ecx & ~OSXSAVE : row.ecx;
  const hidesApic =
    (leaf == BASIC_FEATURES || leaf == EXTENDED_FEATURES) && (cpu().apicBase & ApicBase.Enabled) == 0;
  answer(row.eax, row.ebx, ecx, hidesApic ? row.edx & ~APIC : row.edx);
  return Flow.Next;
}

function answer(eax: u32, ebx: u32, ecx: u32, edx: u32): void {
  setRegister<u32>(Reg.Rax, eax);
  setRegister<u32>(Reg.Rbx, ebx);
  setRegister<u32>(Reg.Rcx, ecx);
  setRegister<u32>(Reg.Rdx, edx);
}
