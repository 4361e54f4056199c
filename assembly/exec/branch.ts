/** Near control transfer: the ends of a block (APM vol 3; limits: vol 2 §4.7). */
import { Mode } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { raiseGp } from '../fault';
import { condition, zeroFlag } from '../flags';
import { isCanonical } from '../canonical';
import { cpu, limit, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** Truncates a target to an operand size of 1 << size bytes. */
function truncate(target: u64, size: u32): u64 {
  if (size == 3) return target;
  return size == 2 ? target & 0xffffffff : target & 0xffff;
}

/** Whether RIP may become `target`: canonical, or inside the code segment's limit. */
export function isLegalTarget(target: u64): bool {
  const mode = cpu().mode;
  if ((mode & Mode.CodeSize) == Mode.Code64) return isCanonical(target);
  return (mode & Mode.Flat) != 0 || target <= <u64>limit(Seg.Cs);
}

/** Continues at `target`, or #GP(0) with RIP at the branch. */
export function branchTo(target: u64, size: u32): Flow {
  const rip = truncate(target, size);
  if (!isLegalTarget(rip)) return raiseGp();
  cpu().rip = rip;
  return Flow.Leave;
}

/** #GP(0) unless register `reg` holds a legal target. */
export function checkTarget(reg: u32, size: u32): Flow {
  return isLegalTarget(truncate(register<u64>(reg), size)) ? Flow.Next : raiseGp();
}

/** RIP at offset `offset` of the running block. */
function ripAt(offset: i32): u64 {
  const rip = cpu().blockRip + <i64>offset;
  return (cpu().mode & Mode.CodeSize) == Mode.Code64 ? rip : rip & 0xffffffff;
}

/** The offset of the branch target that a micro-op carries. */
export function target(uop: UopRecord): u64 {
  return cpu().blockRip + <i64>(<i32>uop.imm);
}

/** The instruction after the branch. */
export function fallThrough(uop: UopRecord): u64 {
  return ripAt(<i32>(uop.imm >> 32));
}

/** The block ended without a branch. */
export function continueNext(uop: UopRecord): Flow {
  cpu().rip = ripAt(<i32>uop.imm);
  return Flow.Leave;
}

/** Jcc. */
export function branchIf(uop: UopRecord): Flow {
  if (condition(uop.n)) return branchTo(target(uop), uop.c);
  cpu().rip = fallThrough(uop);
  return Flow.Leave;
}

/** LOOPNE, LOOPE, LOOP, JrCXZ: the counter is written only if the target is legal. */
export function loop(uop: UopRecord): Flow {
  const counter = truncate(register<u64>(Reg.Rcx), uop.b);
  const isTest = uop.n == 3;
  const rest = isTest ? counter : truncate(counter - 1, uop.b);
  const isTaken = isTest ? rest == 0 : rest != 0 && (uop.n == 2 || zeroFlag() == (uop.n == 1));
  if (isTaken) {
    if (branchTo(target(uop), uop.c) == Flow.Abort) return Flow.Abort;
  } else {
    cpu().rip = fallThrough(uop);
  }
  if (!isTest) setCounter(rest, uop.b);
  return Flow.Leave;
}

function setCounter(value: u64, size: u32): void {
  if (size == 1) setRegister<u16>(Reg.Rcx, <u16>value);
  else setRegister<u64>(Reg.Rcx, value);
}
