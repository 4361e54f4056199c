/** Chooses the core function of a `Uop.Sys`; no semantics in it. */
import { Flow } from './abi/stop';
import { SysOp } from './abi/sys-op';
import { Vector } from './abi/vector';
import { intN, int3, into, int1, iret, bound } from './exec/interrupt-ops';
import { jmpFar, callFar, retFar } from './exec/far';
import {
  loadFarPointer,
  movToSegment,
  movFromSegment,
  popSegment,
  lldt,
  ltr,
  sldt,
  str,
} from './exec/segment-ops';
import { lar, lsl, verr, verw, arpl } from './exec/descriptor-query';
import { clac, stac } from './exec/access-flag';
import { pushf, popf, pusha, popa, enter } from './exec/stack';
import { movs, stos, lods, cmps, scas, ins, outs } from './exec/string';
import { portIn, portOut } from './exec/port';
import { cli, sti, hlt, pause, monitor, mwait } from './exec/activity';
import { movFromCr, movToCr, clts, lmsw, smsw } from './exec/control';
import { movFromDr, movToDr } from './exec/debug-register';
import { lgdt, lidt, sgdt, sidt } from './exec/descriptor-table';
import { clzero, invlpg, invlpga, invd, wbinvd } from './exec/cache';
import { xgetbv, xsetbv } from './exec/extended-control';
import { fxrstor, fxsave } from './exec/fxsave';
import { rdrand } from './exec/random';
import { readSegmentBase, writeSegmentBase } from './exec/segment-base';
import { xrstor, xrstors } from './exec/xrstor';
import { xsave, xsavec, xsaveopt, xsaves } from './exec/xsave';
import { rdmsr, wrmsr } from './exec/msr';
import { rdpid, rdtsc, rdtscp, rdpmc } from './exec/time';
import { cpuid } from './exec/cpuid';
import { syscall, sysret, sysenter, sysexit, swapgs } from './exec/system-call';
import { vmrun, vmmcall, vmload, vmsave, stgi, clgi, skinit, rsm } from './exec/svm';
import { cmpxchg16b, cmpxchg8b } from './exec/atomic';
import { storeSelectedBytes } from './exec/masked-store';
import { compareStrings } from './exec/string-compare';
import { gather, maskedLoad, maskedStore } from './exec/vector-masked';
import { raise, raiseGp, raiseUd, unimplemented } from './fault';
import { UopRecord } from './uop-record';

export function executeSystem(uop: UopRecord): Flow {
  switch (<SysOp>((<i32>uop.imm) & 0xffff)) {
    case SysOp.Undefined:
      return raiseUd();
    case SysOp.DeviceNotAvailable:
      return raise(Vector.Nm);
    case SysOp.TooLong:
      return raiseGp();
    case SysOp.IntN:
      return intN(uop);
    case SysOp.Int3:
      return int3(uop);
    case SysOp.Into:
      return into(uop);
    case SysOp.Int1:
      return int1(uop);
    case SysOp.Iret:
      return iret(uop);
    case SysOp.Bound:
      return bound(uop);
    case SysOp.JmpFar:
      return jmpFar(uop);
    case SysOp.CallFar:
      return callFar(uop);
    case SysOp.RetFar:
      return retFar(uop);
    case SysOp.MovToSegment:
      return movToSegment(uop);
    case SysOp.LoadFarPointer:
      return loadFarPointer(uop);
    case SysOp.MovFromSegment:
      return movFromSegment(uop);
    case SysOp.PopSegment:
      return popSegment(uop);
    case SysOp.Lldt:
      return lldt(uop);
    case SysOp.Ltr:
      return ltr(uop);
    case SysOp.Sldt:
      return sldt(uop);
    case SysOp.Str:
      return str(uop);
    case SysOp.Lar:
      return lar(uop);
    case SysOp.Lsl:
      return lsl(uop);
    case SysOp.Verr:
      return verr(uop);
    case SysOp.Verw:
      return verw(uop);
    case SysOp.Arpl:
      return arpl(uop);
    case SysOp.Pushf:
      return pushf(uop);
    case SysOp.Popf:
      return popf(uop);
    case SysOp.Pusha:
      return pusha(uop);
    case SysOp.Popa:
      return popa(uop);
    case SysOp.Enter:
      return enter(uop);
    case SysOp.Movs:
      return movs(uop);
    case SysOp.Stos:
      return stos(uop);
    case SysOp.Lods:
      return lods(uop);
    case SysOp.Cmps:
      return cmps(uop);
    case SysOp.Scas:
      return scas(uop);
    case SysOp.Ins:
      return ins(uop);
    case SysOp.Outs:
      return outs(uop);
    case SysOp.In:
      return portIn(uop);
    case SysOp.Out:
      return portOut(uop);
    case SysOp.Cli:
      return cli(uop);
    case SysOp.Sti:
      return sti(uop);
    case SysOp.Clac:
      return clac(uop);
    case SysOp.Stac:
      return stac(uop);
    case SysOp.Hlt:
      return hlt(uop);
    case SysOp.Pause:
      return pause(uop);
    case SysOp.Monitor:
      return monitor(uop);
    case SysOp.Mwait:
      return mwait(uop);
    case SysOp.MovFromCr:
      return movFromCr(uop);
    case SysOp.MovToCr:
      return movToCr(uop);
    case SysOp.MovFromDr:
      return movFromDr(uop);
    case SysOp.MovToDr:
      return movToDr(uop);
    case SysOp.Clts:
      return clts(uop);
    case SysOp.Lmsw:
      return lmsw(uop);
    case SysOp.Smsw:
      return smsw(uop);
    case SysOp.Lgdt:
      return lgdt(uop);
    case SysOp.Lidt:
      return lidt(uop);
    case SysOp.Sgdt:
      return sgdt(uop);
    case SysOp.Sidt:
      return sidt(uop);
    case SysOp.Invlpg:
      return invlpg(uop);
    case SysOp.Invlpga:
      return invlpga(uop);
    case SysOp.Invd:
      return invd(uop);
    case SysOp.Wbinvd:
      return wbinvd(uop);
    case SysOp.Rdmsr:
      return rdmsr(uop);
    case SysOp.Wrmsr:
      return wrmsr(uop);
    case SysOp.Rdtsc:
      return rdtsc(uop);
    case SysOp.Rdtscp:
      return rdtscp(uop);
    case SysOp.Rdpmc:
      return rdpmc(uop);
    case SysOp.Cpuid:
      return cpuid(uop);
    case SysOp.Syscall:
      return syscall(uop);
    case SysOp.Sysret:
      return sysret(uop);
    case SysOp.Sysenter:
      return sysenter(uop);
    case SysOp.Sysexit:
      return sysexit(uop);
    case SysOp.Swapgs:
      return swapgs(uop);
    case SysOp.Vmrun:
      return vmrun(uop);
    case SysOp.Vmmcall:
      return vmmcall(uop);
    case SysOp.Vmload:
      return vmload(uop);
    case SysOp.Vmsave:
      return vmsave(uop);
    case SysOp.Stgi:
      return stgi(uop);
    case SysOp.Clgi:
      return clgi(uop);
    case SysOp.Skinit:
      return skinit(uop);
    case SysOp.Rsm:
      return rsm(uop);
    case SysOp.Cmpxchg8b:
      return cmpxchg8b(uop);
    case SysOp.Cmpxchg16b:
      return cmpxchg16b(uop);
    case SysOp.StoreSelectedBytes:
      return storeSelectedBytes(uop);
    case SysOp.CompareStrings:
      return compareStrings(uop);
    case SysOp.Fxsave:
      return fxsave(uop);
    case SysOp.Fxrstor:
      return fxrstor(uop);
    case SysOp.Xsave:
      return xsave(uop);
    case SysOp.Xsaveopt:
      return xsaveopt(uop);
    case SysOp.Xsavec:
      return xsavec(uop);
    case SysOp.Xsaves:
      return xsaves(uop);
    case SysOp.Xrstor:
      return xrstor(uop);
    case SysOp.Xrstors:
      return xrstors(uop);
    case SysOp.Xgetbv:
      return xgetbv(uop);
    case SysOp.Xsetbv:
      return xsetbv(uop);
    case SysOp.ReadSegmentBase:
      return readSegmentBase(uop);
    case SysOp.WriteSegmentBase:
      return writeSegmentBase(uop);
    case SysOp.Rdpid:
      return rdpid(uop);
    case SysOp.Rdrand:
      return rdrand(uop);
    case SysOp.Clzero:
      return clzero(uop);
    case SysOp.MaskedLoad:
      return maskedLoad(uop);
    case SysOp.MaskedStore:
      return maskedStore(uop);
    case SysOp.Gather:
      return gather(uop);
    default:
      return unimplemented();
  }
}
