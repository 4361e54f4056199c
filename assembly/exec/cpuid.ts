/** CPUID (APM vol 3 §3, App. E). */
import { ExitCode } from '../abi/exit-code';
import { ApicBase } from '../abi/msr';
import { Cr4, Xcr0 } from '../abi/processor-bits';
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { CpuidRow, findCpuidRow } from '../cpuid-table';
import { exitInstruction, isIntercepted } from '../fault';
import { cpu, setRegister } from '../state';
import { UopRecord } from '../uop-record';

const BASIC_FEATURES: u32 = 1;
const EXTENDED_STATE: u32 = 0xd;
const EXTENDED_FEATURES: u32 = 0x80000001;
/** EDX[9] of both leaves of features: the local APIC is enabled. */
const APIC: u32 = 0x200;
/** Basic ECX[27]: CR4.OSXSAVE. */
const OSXSAVE: u32 = 0x8000000;
/** Extended state: subleaf 1 describes the compact format, 2 the AVX state. */
const COMPACT: u32 = 1;
const AVX_STATE: u32 = 2;
/** Subleaf 1, EAX: XSAVEC or XSAVES exists. */
const HAS_COMPACT: u32 = 0xa;
/** The legacy region and the header of an XSAVE area. */
const XSAVE_BASE_BYTES: u32 = 576;

/** EAX, EBX, ECX, EDX. */
const ANSWER = <u32>memory.data(16, 16);

export const CPUID_ANSWER_ADDRESS: u32 = ANSWER;

/** EAX, EBX, ECX, EDX ← the answer for EAX and ECX. No exceptions. */
export function cpuid(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Cpuid)) return exitInstruction(ExitCode.Cpuid);
  answerCpuid(<u32>cpu().rax, <u32>cpu().rcx);
  setRegister<u32>(Reg.Rax, load<u32>(ANSWER));
  setRegister<u32>(Reg.Rbx, load<u32>(ANSWER, 4));
  setRegister<u32>(Reg.Rcx, load<u32>(ANSWER, 8));
  setRegister<u32>(Reg.Rdx, load<u32>(ANSWER, 12));
  return Flow.Next;
}

/** Leaves the row for (leaf, subleaf), with the bits that follow from control registers, at `CPUID_ANSWER_ADDRESS`. */
export function answerCpuid(leaf: u32, subleaf: u32): void {
  const row = findCpuidRow(leaf, subleaf);
  if (!row) {
    v128.store(ANSWER, i64x2.splat(0));
    return;
  }
  store<u32>(ANSWER, row.eax);
  store<u32>(ANSWER, currentEbx(row), 4);
  store<u32>(ANSWER, currentEcx(row), 8);
  store<u32>(ANSWER, currentEdx(row), 12);
}

/** Extended state: the bytes that what is enabled in XCR0 takes, in the standard and in the compact format. */
function currentEbx(row: CpuidRow): u32 {
  if (row.leaf != EXTENDED_STATE || row.subleaf > COMPACT) return row.ebx;
  if (row.subleaf == COMPACT && (row.eax & HAS_COMPACT) == 0) return 0;
  const avx = findCpuidRow(EXTENDED_STATE, AVX_STATE);
  return avx && (cpu().xcr0 & Xcr0.Avx) != 0 ? XSAVE_BASE_BYTES + avx.eax : XSAVE_BASE_BYTES;
}

function currentEcx(row: CpuidRow): u32 {
  if (row.leaf != BASIC_FEATURES) return row.ecx;
  return (cpu().cr4 & Cr4.Osxsave) != 0 ? row.ecx | OSXSAVE : row.ecx & ~OSXSAVE;
}

function currentEdx(row: CpuidRow): u32 {
  if (row.leaf != BASIC_FEATURES && row.leaf != EXTENDED_FEATURES) return row.edx;
  return (cpu().apicBase & ApicBase.Enabled) == 0 ? row.edx & ~APIC : row.edx;
}
