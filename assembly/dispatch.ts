/**
 * The interpreter of micro-ops: one switch, one arm for each member of `Uop`, no semantics in it.
 *
 * asc and Binaryen make the switch one `br_table`. Arms that can stop leave the address of their micro-op in
 * `runningUop`, from which the run loop knows the instruction.
 */
import { Rflags } from './abi/processor-bits';
import { Reg } from './abi/register';
import { Flow } from './abi/stop';
import { Uop, UOP_BYTES } from './abi/uop';
import { setRunningUop } from './code-cache';
import { adc, add, cmp, cmpxchg, dec, inc, neg, sbb, sub } from './exec/arith';
import { bitAddress, bsf, bsr, bt, btc, btr, bts } from './exec/bit';
import {
  addWithCarry,
  addWithOverflow,
  andNot,
  deposit,
  extract,
  extractField,
  isolateLowest,
  leadingZeros,
  maskToLowest,
  multiply,
  popcount,
  resetLowest,
  shiftArithmetic,
  shiftLeft,
  shiftRight,
  trailingZeros,
  zeroHigh,
} from './exec/bit-manipulation';
import { branchIf, branchTo, checkTarget, continueNext, loop, target } from './exec/branch';
import { crc32 } from './exec/crc32';
import { aaa, aad, aam, aas, daa, das } from './exec/decimal';
import { and, not, or, test, xor } from './exec/logic';
import {
  call32,
  call64,
  effectiveAddress,
  leaAddress,
  loadHit,
  loadRmwHit,
  loadRmwTo,
  loadTo,
  pop32,
  pop64,
  popHit32,
  popHit64,
  push32,
  push64,
  pushHit32,
  pushHit64,
  segmentAddress,
  storeFrom,
  storeHit,
} from './exec/memory-access';
import { byteSwap, exchange, extend, move, moveIf, setIf } from './exec/move';
import { div, idiv, imul, imulTruncating, mul } from './exec/muldiv';
import { rcl, rcr, rol, ror, sar, shl, shld, shr, shrd } from './exec/shift';
import {
  loadVector128,
  loadVector256,
  loadVectorScalar,
  storeVector128,
  storeVector256,
  storeVectorScalar,
} from './exec/vector-access';
import { executeCrypto } from './crypto';
import { carryFlag, setCarryFlag, setStatusFlags, statusFlags } from './flags';
import { executeFloat } from './float';
import { nextBlock } from './next-block';
import { cpu, register, setRegister } from './state';
import { callSystem } from './system-call-site';
import { UopRecord } from './uop-record';
import { executeVector, executeVectorTest, executeVectorWhole, moveToVector, readMmx } from './vector';
import { vectorAddress } from './vector-file';
import { executeX87 } from './x87';
import { checkX87Pending, enterMmx, leaveMmx } from './x87-state';

/** Runs the micro-ops of a block from the one at `first`, and of blocks that follow directly, until one leaves. */
export function execute(first: u32): Flow {
  let at = first;
  while (true) {
    const uop = changetype<UopRecord>(at);
    switch (<Uop>(<i32>uop.code)) {
      case Uop.MovRR8:
        move<u8>(uop.a, uop.b);
        break;
      case Uop.MovRR16:
        move<u16>(uop.a, uop.b);
        break;
      case Uop.MovRR32:
        move<u32>(uop.a, uop.b);
        break;
      case Uop.MovRR64:
        move<u64>(uop.a, uop.b);
        break;
      case Uop.MovRI8:
        setRegister<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.MovRI16:
        setRegister<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.MovRI32:
        setRegister<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.MovRI64:
        setRegister<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.Movzx8To16:
        extend<u8, u16>(uop.a, uop.b);
        break;
      case Uop.Movzx8To32:
        extend<u8, u32>(uop.a, uop.b);
        break;
      case Uop.Movzx8To64:
        extend<u8, u64>(uop.a, uop.b);
        break;
      case Uop.Movzx16To32:
        extend<u16, u32>(uop.a, uop.b);
        break;
      case Uop.Movzx16To64:
        extend<u16, u64>(uop.a, uop.b);
        break;
      case Uop.Movsx8To16:
        extend<i8, i16>(uop.a, uop.b);
        break;
      case Uop.Movsx8To32:
        extend<i8, i32>(uop.a, uop.b);
        break;
      case Uop.Movsx8To64:
        extend<i8, i64>(uop.a, uop.b);
        break;
      case Uop.Movsx16To32:
        extend<i16, i32>(uop.a, uop.b);
        break;
      case Uop.Movsx16To64:
        extend<i16, i64>(uop.a, uop.b);
        break;
      case Uop.Movsx32To64:
        extend<i32, i64>(uop.a, uop.b);
        break;
      case Uop.Xchg8:
        exchange<u8>(uop.a, uop.b);
        break;
      case Uop.Xchg16:
        exchange<u16>(uop.a, uop.b);
        break;
      case Uop.Xchg32:
        exchange<u32>(uop.a, uop.b);
        break;
      case Uop.Xchg64:
        exchange<u64>(uop.a, uop.b);
        break;
      case Uop.Cmov16:
        moveIf<u16>(uop.a, uop.b, uop.n);
        break;
      case Uop.Cmov32:
        moveIf<u32>(uop.a, uop.b, uop.n);
        break;
      case Uop.Cmov64:
        moveIf<u64>(uop.a, uop.b, uop.n);
        break;
      case Uop.Setcc:
        setIf(uop.a, uop.n);
        break;
      case Uop.Lea16:
        setRegister<u64>(uop.a, <u64>(<u16>leaAddress(uop)));
        break;
      case Uop.Lea32:
        setRegister<u64>(uop.a, <u64>(<u32>leaAddress(uop)));
        break;
      case Uop.Lea64:
        setRegister<u64>(uop.a, <u64>(<u64>leaAddress(uop)));
        break;
      case Uop.Load8:
        if (loadHit<u8>(uop)) break;
        if (!loadTo<u8>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.Load16:
        if (loadHit<u16>(uop)) break;
        if (!loadTo<u16>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.Load32:
        if (loadHit<u32>(uop)) break;
        if (!loadTo<u32>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.Load64:
        if (loadHit<u64>(uop)) break;
        if (!loadTo<u64>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.LoadWrap8:
        if (!loadTo<u8>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadWrap16:
        if (!loadTo<u16>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadWrap32:
        if (!loadTo<u32>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadWrap64:
        if (!loadTo<u64>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadRmw8:
        if (loadRmwHit<u8>(uop)) break;
        if (!loadRmwTo<u8>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.LoadRmw16:
        if (loadRmwHit<u16>(uop)) break;
        if (!loadRmwTo<u16>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.LoadRmw32:
        if (loadRmwHit<u32>(uop)) break;
        if (!loadRmwTo<u32>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.LoadRmw64:
        if (loadRmwHit<u64>(uop)) break;
        if (!loadRmwTo<u64>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.LoadRmwWrap8:
        if (!loadRmwTo<u8>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadRmwWrap16:
        if (!loadRmwTo<u16>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadRmwWrap32:
        if (!loadRmwTo<u32>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.LoadRmwWrap64:
        if (!loadRmwTo<u64>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.Store8:
        if (storeHit<u8>(uop)) break;
        if (!storeFrom<u8>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.Store16:
        if (storeHit<u16>(uop)) break;
        if (!storeFrom<u16>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.Store32:
        if (storeHit<u32>(uop)) break;
        if (!storeFrom<u32>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.Store64:
        if (storeHit<u64>(uop)) break;
        if (!storeFrom<u64>(uop, effectiveAddress(uop))) return abortAt(at);
        break;
      case Uop.StoreWrap8:
        if (!storeFrom<u8>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.StoreWrap16:
        if (!storeFrom<u16>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.StoreWrap32:
        if (!storeFrom<u32>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.StoreWrap64:
        if (!storeFrom<u64>(uop, effectiveAddress(uop) & 0xffffffff)) return abortAt(at);
        break;
      case Uop.SegmentRead:
        if (!segmentAddress(uop, false)) return abortAt(at);
        break;
      case Uop.SegmentWrite:
        if (!segmentAddress(uop, true)) return abortAt(at);
        break;
      case Uop.Push32:
        if (pushHit32(uop)) break;
        if (!push32(uop, register<u32>(uop.a))) return abortAt(at);
        break;
      case Uop.Push64:
        if (pushHit64(uop)) break;
        if (!push64(uop, register<u64>(uop.a))) return abortAt(at);
        break;
      case Uop.Pop32:
        if (popHit32(uop)) break;
        if (!pop32(uop)) return abortAt(at);
        break;
      case Uop.Pop64:
        if (popHit64(uop)) break;
        if (!pop64(uop)) return abortAt(at);
        break;
      case Uop.AddRR8:
        add<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.AddRR16:
        add<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.AddRR32:
        add<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.AddRR64:
        add<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.AddRI8:
        add<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.AddRI16:
        add<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.AddRI32:
        add<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.AddRI64:
        add<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.OrRR8:
        or<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.OrRR16:
        or<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.OrRR32:
        or<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.OrRR64:
        or<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.OrRI8:
        or<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.OrRI16:
        or<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.OrRI32:
        or<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.OrRI64:
        or<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.AdcRR8:
        adc<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.AdcRR16:
        adc<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.AdcRR32:
        adc<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.AdcRR64:
        adc<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.AdcRI8:
        adc<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.AdcRI16:
        adc<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.AdcRI32:
        adc<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.AdcRI64:
        adc<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.SbbRR8:
        sbb<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.SbbRR16:
        sbb<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.SbbRR32:
        sbb<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.SbbRR64:
        sbb<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.SbbRI8:
        sbb<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.SbbRI16:
        sbb<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.SbbRI32:
        sbb<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.SbbRI64:
        sbb<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.AndRR8:
        and<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.AndRR16:
        and<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.AndRR32:
        and<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.AndRR64:
        and<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.AndRI8:
        and<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.AndRI16:
        and<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.AndRI32:
        and<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.AndRI64:
        and<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.SubRR8:
        sub<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.SubRR16:
        sub<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.SubRR32:
        sub<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.SubRR64:
        sub<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.SubRI8:
        sub<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.SubRI16:
        sub<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.SubRI32:
        sub<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.SubRI64:
        sub<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.XorRR8:
        xor<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.XorRR16:
        xor<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.XorRR32:
        xor<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.XorRR64:
        xor<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.XorRI8:
        xor<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.XorRI16:
        xor<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.XorRI32:
        xor<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.XorRI64:
        xor<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.CmpRR8:
        cmp<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.CmpRR16:
        cmp<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.CmpRR32:
        cmp<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.CmpRR64:
        cmp<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.CmpRI8:
        cmp<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.CmpRI16:
        cmp<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.CmpRI32:
        cmp<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.CmpRI64:
        cmp<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.TestRR8:
        test<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.TestRR16:
        test<u16>(uop.a, register<u16>(uop.b));
        break;
      case Uop.TestRR32:
        test<u32>(uop.a, register<u32>(uop.b));
        break;
      case Uop.TestRR64:
        test<u64>(uop.a, register<u64>(uop.b));
        break;
      case Uop.TestRI8:
        test<u8>(uop.a, <u8>uop.imm);
        break;
      case Uop.TestRI16:
        test<u16>(uop.a, <u16>uop.imm);
        break;
      case Uop.TestRI32:
        test<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.TestRI64:
        test<u64>(uop.a, <u64>uop.imm);
        break;
      case Uop.AddQuietRR32:
        setRegister<u32>(uop.a, register<u32>(uop.a) + register<u32>(uop.b));
        break;
      case Uop.AddQuietRR64:
        setRegister<u64>(uop.a, register<u64>(uop.a) + register<u64>(uop.b));
        break;
      case Uop.AddQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) + <u32>uop.imm);
        break;
      case Uop.AddQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) + <u64>uop.imm);
        break;
      case Uop.OrQuietRR32:
        setRegister<u32>(uop.a, register<u32>(uop.a) | register<u32>(uop.b));
        break;
      case Uop.OrQuietRR64:
        setRegister<u64>(uop.a, register<u64>(uop.a) | register<u64>(uop.b));
        break;
      case Uop.OrQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) | (<u32>uop.imm));
        break;
      case Uop.OrQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) | (<u64>uop.imm));
        break;
      case Uop.AndQuietRR32:
        setRegister<u32>(uop.a, register<u32>(uop.a) & register<u32>(uop.b));
        break;
      case Uop.AndQuietRR64:
        setRegister<u64>(uop.a, register<u64>(uop.a) & register<u64>(uop.b));
        break;
      case Uop.AndQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) & (<u32>uop.imm));
        break;
      case Uop.AndQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) & (<u64>uop.imm));
        break;
      case Uop.SubQuietRR32:
        setRegister<u32>(uop.a, register<u32>(uop.a) - register<u32>(uop.b));
        break;
      case Uop.SubQuietRR64:
        setRegister<u64>(uop.a, register<u64>(uop.a) - register<u64>(uop.b));
        break;
      case Uop.SubQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) - <u32>uop.imm);
        break;
      case Uop.SubQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) - <u64>uop.imm);
        break;
      case Uop.XorQuietRR32:
        setRegister<u32>(uop.a, register<u32>(uop.a) ^ register<u32>(uop.b));
        break;
      case Uop.XorQuietRR64:
        setRegister<u64>(uop.a, register<u64>(uop.a) ^ register<u64>(uop.b));
        break;
      case Uop.XorQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) ^ (<u32>uop.imm));
        break;
      case Uop.XorQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) ^ (<u64>uop.imm));
        break;
      case Uop.Inc8:
        inc<u8>(uop.a);
        break;
      case Uop.Inc16:
        inc<u16>(uop.a);
        break;
      case Uop.Inc32:
        inc<u32>(uop.a);
        break;
      case Uop.Inc64:
        inc<u64>(uop.a);
        break;
      case Uop.Dec8:
        dec<u8>(uop.a);
        break;
      case Uop.Dec16:
        dec<u16>(uop.a);
        break;
      case Uop.Dec32:
        dec<u32>(uop.a);
        break;
      case Uop.Dec64:
        dec<u64>(uop.a);
        break;
      case Uop.Neg8:
        neg<u8>(uop.a);
        break;
      case Uop.Neg16:
        neg<u16>(uop.a);
        break;
      case Uop.Neg32:
        neg<u32>(uop.a);
        break;
      case Uop.Neg64:
        neg<u64>(uop.a);
        break;
      case Uop.Not8:
        not<u8>(uop.a);
        break;
      case Uop.Not16:
        not<u16>(uop.a);
        break;
      case Uop.Not32:
        not<u32>(uop.a);
        break;
      case Uop.Not64:
        not<u64>(uop.a);
        break;
      case Uop.RolRR8:
        rol<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RolRR16:
        rol<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RolRR32:
        rol<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RolRR64:
        rol<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RolRI8:
        rol<u8>(uop.a, uop.n);
        break;
      case Uop.RolRI16:
        rol<u16>(uop.a, uop.n);
        break;
      case Uop.RolRI32:
        rol<u32>(uop.a, uop.n);
        break;
      case Uop.RolRI64:
        rol<u64>(uop.a, uop.n);
        break;
      case Uop.RorRR8:
        ror<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RorRR16:
        ror<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RorRR32:
        ror<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RorRR64:
        ror<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RorRI8:
        ror<u8>(uop.a, uop.n);
        break;
      case Uop.RorRI16:
        ror<u16>(uop.a, uop.n);
        break;
      case Uop.RorRI32:
        ror<u32>(uop.a, uop.n);
        break;
      case Uop.RorRI64:
        ror<u64>(uop.a, uop.n);
        break;
      case Uop.RclRR8:
        rcl<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RclRR16:
        rcl<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RclRR32:
        rcl<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RclRR64:
        rcl<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RclRI8:
        rcl<u8>(uop.a, uop.n);
        break;
      case Uop.RclRI16:
        rcl<u16>(uop.a, uop.n);
        break;
      case Uop.RclRI32:
        rcl<u32>(uop.a, uop.n);
        break;
      case Uop.RclRI64:
        rcl<u64>(uop.a, uop.n);
        break;
      case Uop.RcrRR8:
        rcr<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RcrRR16:
        rcr<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RcrRR32:
        rcr<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RcrRR64:
        rcr<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.RcrRI8:
        rcr<u8>(uop.a, uop.n);
        break;
      case Uop.RcrRI16:
        rcr<u16>(uop.a, uop.n);
        break;
      case Uop.RcrRI32:
        rcr<u32>(uop.a, uop.n);
        break;
      case Uop.RcrRI64:
        rcr<u64>(uop.a, uop.n);
        break;
      case Uop.ShlRR8:
        shl<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShlRR16:
        shl<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShlRR32:
        shl<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShlRR64:
        shl<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShlRI8:
        shl<u8>(uop.a, uop.n);
        break;
      case Uop.ShlRI16:
        shl<u16>(uop.a, uop.n);
        break;
      case Uop.ShlRI32:
        shl<u32>(uop.a, uop.n);
        break;
      case Uop.ShlRI64:
        shl<u64>(uop.a, uop.n);
        break;
      case Uop.ShrRR8:
        shr<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShrRR16:
        shr<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShrRR32:
        shr<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShrRR64:
        shr<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.ShrRI8:
        shr<u8>(uop.a, uop.n);
        break;
      case Uop.ShrRI16:
        shr<u16>(uop.a, uop.n);
        break;
      case Uop.ShrRI32:
        shr<u32>(uop.a, uop.n);
        break;
      case Uop.ShrRI64:
        shr<u64>(uop.a, uop.n);
        break;
      case Uop.SarRR8:
        sar<u8>(uop.a, register<u8>(uop.b));
        break;
      case Uop.SarRR16:
        sar<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.SarRR32:
        sar<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.SarRR64:
        sar<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.SarRI8:
        sar<u8>(uop.a, uop.n);
        break;
      case Uop.SarRI16:
        sar<u16>(uop.a, uop.n);
        break;
      case Uop.SarRI32:
        sar<u32>(uop.a, uop.n);
        break;
      case Uop.SarRI64:
        sar<u64>(uop.a, uop.n);
        break;
      case Uop.RolQuietRI32:
        setRegister<u32>(uop.a, rotl<u32>(register<u32>(uop.a), <u32>uop.n));
        break;
      case Uop.RolQuietRI64:
        setRegister<u64>(uop.a, rotl<u64>(register<u64>(uop.a), <u64>uop.n));
        break;
      case Uop.RorQuietRI32:
        setRegister<u32>(uop.a, rotr<u32>(register<u32>(uop.a), <u32>uop.n));
        break;
      case Uop.RorQuietRI64:
        setRegister<u64>(uop.a, rotr<u64>(register<u64>(uop.a), <u64>uop.n));
        break;
      case Uop.ShlQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) << uop.n);
        break;
      case Uop.ShlQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) << uop.n);
        break;
      case Uop.ShrQuietRI32:
        setRegister<u32>(uop.a, register<u32>(uop.a) >> uop.n);
        break;
      case Uop.ShrQuietRI64:
        setRegister<u64>(uop.a, register<u64>(uop.a) >> uop.n);
        break;
      case Uop.SarQuietRI32:
        setRegister<u32>(uop.a, <u32>((<i32>register<u32>(uop.a)) >> uop.n));
        break;
      case Uop.SarQuietRI64:
        setRegister<u64>(uop.a, <u64>((<i64>register<u64>(uop.a)) >> uop.n));
        break;
      case Uop.Shld16:
        shld<u16>(uop.a, uop.b, register<u8>(uop.c));
        break;
      case Uop.Shld32:
        shld<u32>(uop.a, uop.b, register<u8>(uop.c));
        break;
      case Uop.Shld64:
        shld<u64>(uop.a, uop.b, register<u8>(uop.c));
        break;
      case Uop.Shrd16:
        shrd<u16>(uop.a, uop.b, register<u8>(uop.c));
        break;
      case Uop.Shrd32:
        shrd<u32>(uop.a, uop.b, register<u8>(uop.c));
        break;
      case Uop.Shrd64:
        shrd<u64>(uop.a, uop.b, register<u8>(uop.c));
        break;
      case Uop.Mul8:
        mul<u8>(uop.b);
        break;
      case Uop.Mul16:
        mul<u16>(uop.b);
        break;
      case Uop.Mul32:
        mul<u32>(uop.b);
        break;
      case Uop.Mul64:
        mul<u64>(uop.b);
        break;
      case Uop.Imul8:
        imul<u8>(uop.b);
        break;
      case Uop.Imul16:
        imul<u16>(uop.b);
        break;
      case Uop.Imul32:
        imul<u32>(uop.b);
        break;
      case Uop.Imul64:
        imul<u64>(uop.b);
        break;
      case Uop.Div8:
        if (div<u8>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Div16:
        if (div<u16>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Div32:
        if (div<u32>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Div64:
        if (div<u64>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Idiv8:
        if (idiv<u8>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Idiv16:
        if (idiv<u16>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Idiv32:
        if (idiv<u32>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Idiv64:
        if (idiv<u64>(uop.b) != Flow.Next) return abortAt(at);
        break;
      case Uop.Imul2RR16:
        imulTruncating<u16>(uop.a, register<u16>(uop.a), register<u16>(uop.b));
        break;
      case Uop.Imul2RR32:
        imulTruncating<u32>(uop.a, register<u32>(uop.a), register<u32>(uop.b));
        break;
      case Uop.Imul2RR64:
        imulTruncating<u64>(uop.a, register<u64>(uop.a), register<u64>(uop.b));
        break;
      case Uop.Imul3RI16:
        imulTruncating<u16>(uop.a, register<u16>(uop.b), <u16>uop.imm);
        break;
      case Uop.Imul3RI32:
        imulTruncating<u32>(uop.a, register<u32>(uop.b), <u32>uop.imm);
        break;
      case Uop.Imul3RI64:
        imulTruncating<u64>(uop.a, register<u64>(uop.b), <u64>uop.imm);
        break;
      case Uop.BtRR16:
        bt<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtRR32:
        bt<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtRR64:
        bt<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtRI16:
        bt<u16>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtRI32:
        bt<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtRI64:
        bt<u64>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtsRR16:
        bts<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtsRR32:
        bts<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtsRR64:
        bts<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtsRI16:
        bts<u16>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtsRI32:
        bts<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtsRI64:
        bts<u64>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtrRR16:
        btr<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtrRR32:
        btr<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtrRR64:
        btr<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtrRI16:
        btr<u16>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtrRI32:
        btr<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtrRI64:
        btr<u64>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtcRR16:
        btc<u16>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtcRR32:
        btc<u32>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtcRR64:
        btc<u64>(uop.a, register<u8>(uop.b));
        break;
      case Uop.BtcRI16:
        btc<u16>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtcRI32:
        btc<u32>(uop.a, <u32>uop.imm);
        break;
      case Uop.BtcRI64:
        btc<u64>(uop.a, <u32>uop.imm);
        break;
      case Uop.BitAddress16:
        bitAddress<u16>(uop.a, uop.b);
        break;
      case Uop.BitAddress32:
        bitAddress<u32>(uop.a, uop.b);
        break;
      case Uop.BitAddress64:
        bitAddress<u64>(uop.a, uop.b);
        break;
      case Uop.Bsf16:
        bsf<u16>(uop.a, uop.b);
        break;
      case Uop.Bsf32:
        bsf<u32>(uop.a, uop.b);
        break;
      case Uop.Bsf64:
        bsf<u64>(uop.a, uop.b);
        break;
      case Uop.Bsr16:
        bsr<u16>(uop.a, uop.b);
        break;
      case Uop.Bsr32:
        bsr<u32>(uop.a, uop.b);
        break;
      case Uop.Bsr64:
        bsr<u64>(uop.a, uop.b);
        break;
      case Uop.Bswap16:
        setRegister<u16>(uop.a, 0);
        break;
      case Uop.Bswap32:
        byteSwap<u32>(uop.a);
        break;
      case Uop.Bswap64:
        byteSwap<u64>(uop.a);
        break;
      case Uop.Cmpxchg8:
        cmpxchg<u8>(uop.a, uop.b, Reg.T1);
        break;
      case Uop.Cmpxchg16:
        cmpxchg<u16>(uop.a, uop.b, Reg.T1);
        break;
      case Uop.Cmpxchg32:
        cmpxchg<u32>(uop.a, uop.b, Reg.T1);
        break;
      case Uop.Cmpxchg64:
        cmpxchg<u64>(uop.a, uop.b, Reg.T1);
        break;
      case Uop.Popcnt16:
        popcount<u16>(uop.a, uop.b);
        break;
      case Uop.Popcnt32:
        popcount<u32>(uop.a, uop.b);
        break;
      case Uop.Popcnt64:
        popcount<u64>(uop.a, uop.b);
        break;
      case Uop.Lzcnt16:
        leadingZeros<u16>(uop.a, uop.b);
        break;
      case Uop.Lzcnt32:
        leadingZeros<u32>(uop.a, uop.b);
        break;
      case Uop.Lzcnt64:
        leadingZeros<u64>(uop.a, uop.b);
        break;
      case Uop.Tzcnt16:
        trailingZeros<u16>(uop.a, uop.b);
        break;
      case Uop.Tzcnt32:
        trailingZeros<u32>(uop.a, uop.b);
        break;
      case Uop.Tzcnt64:
        trailingZeros<u64>(uop.a, uop.b);
        break;
      case Uop.Andn32:
        andNot<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Andn64:
        andNot<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Blsi32:
        isolateLowest<u32>(uop.a, uop.b);
        break;
      case Uop.Blsi64:
        isolateLowest<u64>(uop.a, uop.b);
        break;
      case Uop.Blsmsk32:
        maskToLowest<u32>(uop.a, uop.b);
        break;
      case Uop.Blsmsk64:
        maskToLowest<u64>(uop.a, uop.b);
        break;
      case Uop.Blsr32:
        resetLowest<u32>(uop.a, uop.b);
        break;
      case Uop.Blsr64:
        resetLowest<u64>(uop.a, uop.b);
        break;
      case Uop.Bextr32:
        extractField<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Bextr64:
        extractField<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Bzhi32:
        zeroHigh<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Bzhi64:
        zeroHigh<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Adcx32:
        addWithCarry<u32>(uop.a, uop.b);
        break;
      case Uop.Adcx64:
        addWithCarry<u64>(uop.a, uop.b);
        break;
      case Uop.Adox32:
        addWithOverflow<u32>(uop.a, uop.b);
        break;
      case Uop.Adox64:
        addWithOverflow<u64>(uop.a, uop.b);
        break;
      case Uop.Pdep32:
        deposit<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Pdep64:
        deposit<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Pext32:
        extract<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Pext64:
        extract<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Mulx32:
        multiply<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Mulx64:
        multiply<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Rorx32:
        setRegister<u32>(uop.a, rotr<u32>(register<u32>(uop.b), <u32>uop.n));
        break;
      case Uop.Rorx64:
        setRegister<u64>(uop.a, rotr<u64>(register<u64>(uop.b), <u64>uop.n));
        break;
      case Uop.Sarx32:
        shiftArithmetic<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Sarx64:
        shiftArithmetic<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Shlx32:
        shiftLeft<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Shlx64:
        shiftLeft<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Shrx32:
        shiftRight<u32>(uop.a, uop.b, uop.c);
        break;
      case Uop.Shrx64:
        shiftRight<u64>(uop.a, uop.b, uop.c);
        break;
      case Uop.Movbe16:
        setRegister<u16>(uop.a, bswap<u16>(register<u16>(uop.b)));
        break;
      case Uop.Crc32Of8:
        crc32<u8>(uop.a, uop.b);
        break;
      case Uop.Crc32Of16:
        crc32<u16>(uop.a, uop.b);
        break;
      case Uop.Crc32Of32:
        crc32<u32>(uop.a, uop.b);
        break;
      case Uop.Crc32Of64:
        crc32<u64>(uop.a, uop.b);
        break;
      case Uop.Clc:
        setCarryFlag(0);
        break;
      case Uop.Stc:
        setCarryFlag(1);
        break;
      case Uop.Cmc:
        setCarryFlag(carryFlag() ^ 1);
        break;
      case Uop.Cld:
        cpu().systemFlags &= ~(<u32>Rflags.Df);
        break;
      case Uop.Std:
        cpu().systemFlags |= Rflags.Df;
        break;
      case Uop.Sahf:
        setStatusFlags((statusFlags() & (<u32>Rflags.Of)) | (register<u8>(Reg.Rax + 1) & 0xd5));
        break;
      case Uop.Lahf:
        setRegister<u8>(Reg.Rax + 1, <u8>((statusFlags() & 0xd5) | 2));
        break;
      case Uop.Salc:
        setRegister<u8>(Reg.Rax, carryFlag() != 0 ? 0xff : 0);
        break;
      case Uop.Daa:
        daa();
        break;
      case Uop.Das:
        das();
        break;
      case Uop.Aaa:
        aaa();
        break;
      case Uop.Aas:
        aas();
        break;
      case Uop.Aam:
        if (aam((<u32>uop.imm) & 0xff) != Flow.Next) return abortAt(at);
        break;
      case Uop.Aad:
        aad((<u32>uop.imm) & 0xff);
        break;
      case Uop.Next:
        continueNext(uop);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.Jmp:
        if (branchTo(target(uop), uop.c) == Flow.Abort) return abortAt(at);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.Jcc:
        if (branchIf(uop) == Flow.Abort) return abortAt(at);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.JmpReg:
        if (branchTo(register<u64>(uop.b), uop.c) == Flow.Abort) return abortAt(at);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.Loop:
        if (loop(uop) == Flow.Abort) return abortAt(at);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.CallRel32:
        if (call32(uop) == Flow.Abort) return abortAt(at);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.CallRel64:
        if (call64(uop) == Flow.Abort) return abortAt(at);
        at = nextBlock(at);
        if (at == 0) return Flow.Leave;
        continue;
      case Uop.CheckTarget:
        if (checkTarget(uop.b, uop.c) != Flow.Next) return abortAt(at);
        break;
      case Uop.LoadVector8:
        if (!loadVectorScalar<u8>(uop)) return Flow.Abort;
        break;
      case Uop.LoadVector16:
        if (!loadVectorScalar<u16>(uop)) return Flow.Abort;
        break;
      case Uop.LoadVector32:
        if (!loadVectorScalar<u32>(uop)) return Flow.Abort;
        break;
      case Uop.LoadVector64:
        if (!loadVectorScalar<u64>(uop)) return Flow.Abort;
        break;
      case Uop.LoadVector128:
        if (!loadVector128(uop)) return Flow.Abort;
        break;
      case Uop.LoadVector256:
        if (!loadVector256(uop)) return Flow.Abort;
        break;
      case Uop.StoreVector8:
        if (!storeVectorScalar<u8>(uop)) return Flow.Abort;
        break;
      case Uop.StoreVector16:
        if (!storeVectorScalar<u16>(uop)) return Flow.Abort;
        break;
      case Uop.StoreVector32:
        if (!storeVectorScalar<u32>(uop)) return Flow.Abort;
        break;
      case Uop.StoreVector64:
        if (!storeVectorScalar<u64>(uop)) return Flow.Abort;
        break;
      case Uop.StoreVector128:
        if (!storeVector128(uop)) return Flow.Abort;
        break;
      case Uop.StoreVector256:
        if (!storeVector256(uop)) return Flow.Abort;
        break;
      case Uop.Vector:
        executeVector(uop);
        break;
      case Uop.VectorWhole:
        executeVectorWhole(uop);
        break;
      case Uop.VectorTest:
        executeVectorTest(uop);
        break;
      case Uop.Crypto:
        executeCrypto(uop);
        break;
      case Uop.MovToVector32:
        moveToVector(uop, <u64>register<u32>(uop.b));
        break;
      case Uop.MovToVector64:
        moveToVector(uop, register<u64>(uop.b));
        break;
      case Uop.MovFromVector32:
        setRegister<u32>(uop.a, load<u32>(vectorAddress(uop.b)));
        break;
      case Uop.MovFromVector64:
        setRegister<u64>(uop.a, load<u64>(vectorAddress(uop.b)));
        break;
      case Uop.MmxCheck:
        if (checkX87Pending() != Flow.Next) return abortAt(at);
        break;
      case Uop.MmxEnter:
        enterMmx();
        break;
      case Uop.MmxLeave:
        leaveMmx();
        break;
      case Uop.MmxRead:
        readMmx(uop);
        break;
      case Uop.Float:
        if (executeFloat(uop) != Flow.Next) return abortAt(at);
        break;
      case Uop.X87:
        if (executeX87(uop) != Flow.Next) return abortAt(at);
        break;
      case Uop.Done:
        return Flow.Next;
      case Uop.Sys: {
        const flow = callSystem(at, uop);
        if (flow != Flow.Next) return flow;
        break;
      }
      default:
        unreachable();
    }
    at += UOP_BYTES;
  }
}

function abortAt(at: u32): Flow {
  setRunningUop(at);
  return Flow.Abort;
}
