/**
 * Caches and translations (APM vol 2 §5.5.3, §7.6).
 *
 * Data caches are not modelled: memory is always up to date, so INVD and WBINVD only check and can be intercepted.
 */
import { ExitCode } from '../abi/exit-code';
import { Flow } from '../abi/stop';
import { exitInstruction, isAborted, isIntercepted, raiseExit, raiseGp } from '../fault';
import { probeWrite, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { cpu, register } from '../state';
import { flushLinearTlb, flushTlb } from '../tlb';
import { UopRecord } from '../uop-record';
import { leave } from './completion';
import { isSvmAllowed } from './svm-gate';

/**
 * Drops the translation of one address. The whole page of it goes, which may be 2 MiB or 1 GiB while the TLB holds
 * parts of 4 KiB, so everything is dropped: the manual allows more to go than was asked for.
 */
export function invlpg(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.Invlpg))
    return raiseExit(ExitCode.Invlpg, register<u64>(uop.a), 0, cpu().nextRip);
  flushLinearTlb();
  return leave();
}

/** As INVLPG, for the address in rAX and the ASID in ECX. */
export function invlpga(uop: UopRecord): Flow {
  if (!isSvmAllowed()) return Flow.Abort;
  if (isIntercepted(ExitCode.Invlpga)) return exitInstruction(ExitCode.Invlpga);
  flushTlb();
  return leave();
}

export function invd(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.Invd)) return exitInstruction(ExitCode.Invd);
  return Flow.Next;
}

/** Also WBNOINVD. */
export function wbinvd(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.Wbinvd)) return exitInstruction(ExitCode.Wbinvd);
  return Flow.Next;
}

const LINE_BYTES: u32 = 64;

/** Clears the line of 64 bytes that the offset in rAX, of address size c, lies in; b is the segment. */
export function clzero(uop: UopRecord): Flow {
  const address = uop.c == 1 ? cpu().rax & 0xffff : uop.c == 2 ? cpu().rax & 0xffffffff : cpu().rax;
  const linear = segmentLinear(uop.b, address & ~(<u64>(LINE_BYTES - 1)), LINE_BYTES, true);
  if (isAborted()) return Flow.Abort;
  probeWrite(linear, LINE_BYTES, uop.b);
  if (isAborted()) return Flow.Abort;
  for (let at: u32 = 0; at < LINE_BYTES; at += 8) writeLinear<u64>(linear + at, uop.b, 0);
  return Flow.Next;
}
