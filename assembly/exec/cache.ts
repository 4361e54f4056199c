/**
 * Caches and translations (APM vol 2 §5.5.3, §7.6).
 *
 * Data caches are not modelled: memory is always up to date, so INVD and WBINVD only check and can be intercepted.
 */
import { ExitCode } from '../abi/exit-code';
import { Flow } from '../abi/stop';
import { exitInstruction, isIntercepted, raiseExit, raiseGp } from '../fault';
import { cpu, register } from '../state';
import { flushTlb } from '../tlb';
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
  flushTlb();
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
