/** IN and OUT, and who may reach a port: IOPL, the TSS and the I/O permission map (APM vol 2 §12.2.4, §15.10). */
import { ExitCode } from '../abi/exit-code';
import { IoInfo } from '../abi/io-info';
import { Rflags, SegAttr } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { matchPortBreakpoints } from '../debug';
import { isAborted, isIntercepted, raiseExit, raiseGp } from '../fault';
import { readSystem } from '../memory';
import { readPhysical } from '../physical-memory';
import { attributes, base, cpu, isRealMode, isV86, limit, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** Offset of the I/O map's offset in a TSS, 32-bit and 64-bit alike, and the least limit of a TSS that has one. */
const TSS_IO_MAP: u64 = 0x66;
const TSS_IO_MIN_LIMIT: u32 = 0x67;
/** Descriptor type of a 32-bit or 64-bit TSS, available; busy sets bit 1. */
const TSS_TYPE: u32 = 9;

/** No device is in the processor: an access that nobody intercepts reads a floating bus, all ones. */
export function portIn(uop: UopRecord): Flow {
  const port = <u32>register<u16>(uop.a);
  const bytes = (<u32>1) << uop.c;
  if (!mayUsePort(port, bytes, IoInfo.In | addressInfo(<u32>(uop.imm >> 16)))) return Flow.Abort;
  if (bytes == 1) setRegister<u8>(Reg.Rax, 0xff);
  else if (bytes == 2) setRegister<u16>(Reg.Rax, 0xffff);
  else setRegister<u32>(Reg.Rax, 0xffffffff);
  matchPortBreakpoints(port, bytes);
  return Flow.Next;
}

/** What is written where no device is goes nowhere. */
export function portOut(uop: UopRecord): Flow {
  const port = <u32>register<u16>(uop.a);
  const bytes = (<u32>1) << uop.c;
  if (!mayUsePort(port, bytes, addressInfo(<u32>(uop.imm >> 16)))) return Flow.Abort;
  matchPortBreakpoints(port, bytes);
  return Flow.Next;
}

/** EXITINFO1's address-size bit for `param & 3` of a SysOp. */
export function addressInfo(param: u32): u32 {
  const size = param & 3;
  return size == 0 ? 0 : IoInfo.Address16 << (size - 1);
}

/**
 * Whether an instruction may access `bytes` ports from `port` on. Raises #GP(0), then the IOIO exit (Table 15-7).
 *
 * @param info EXITINFO1 but for the port and the size.
 */
export function mayUsePort(port: u32, bytes: u32, info: u32): bool {
  if (!hasPrivilege(port, bytes)) return false;
  if (!isIntercepted(ExitCode.Ioio) || !isInMap(cpu().iopmBase, port, bytes)) return true;
  const state = cpu();
  const size = bytes * IoInfo.Size8;
  raiseExit(ExitCode.Ioio, <u64>(info | size | (port << IoInfo.PortShift)), state.nextRip, state.nextRip);
  return false;
}

/** Whether the IOPM marks one of the ports. The map has 3 bits more than ports, for accesses that end above FFFFh. */
function isInMap(map: u32, port: u32, bytes: u32): bool {
  const bits = (<u32>readPhysical<u16>(<u64>map + (port >> 3))) >> (port & 7);
  return (bits & portMask(bytes)) != 0;
}

function portMask(bytes: u32): u32 {
  return ((<u32>1) << bytes) - 1;
}

/** Real mode may; protected mode by IOPL; both failing that, and virtual-8086 mode always, by the TSS (§12.2.4). */
function hasPrivilege(port: u32, bytes: u32): bool {
  if (isRealMode()) return true;
  const state = cpu();
  const iopl = (state.systemFlags & Rflags.Iopl) >> 12;
  if (!isV86() && state.cpl <= iopl) return true;
  return isOpenInTss(port, bytes);
}

function isOpenInTss(port: u32, bytes: u32): bool {
  const tssLimit = limit(Seg.Tr);
  const isTss = (attributes(Seg.Tr) & SegAttr.Type & ~2) == TSS_TYPE;
  if (!isTss || tssLimit < TSS_IO_MIN_LIMIT) return refuse();
  const map = <u32>readSystem<u16>(base(Seg.Tr) + TSS_IO_MAP);
  if (isAborted()) return false;
  // Two bytes are read, so that the bits of a multi-byte access are there whatever the port.
  const offset = map + (port >> 3);
  if (offset + 1 > tssLimit) return refuse();
  const bits = (<u32>readSystem<u16>(base(Seg.Tr) + offset)) >> (port & 7);
  if (isAborted()) return false;
  return (bits & portMask(bytes)) == 0 || refuse();
}

function refuse(): bool {
  raiseGp();
  return false;
}
