/**
 * The members that we use of iced-x86's enums. Its own come with its JavaScript, which we do not load.
 * test/decode/iced-enums.test.ts compares each with the package's.
 */
/** Kinds of operands. */
// prettier-ignore
export enum OpKind {
  Register = 0, NearBranch16 = 1, NearBranch32 = 2, NearBranch64 = 3, FarBranch16 = 4, FarBranch32 = 5,
  Immediate8 = 6, Immediate8_2nd = 7, Immediate16 = 8, Immediate32 = 9, Immediate64 = 10,
  Immediate8to16 = 11, Immediate8to32 = 12, Immediate8to64 = 13, Immediate32to64 = 14, MemorySegSI = 15,
  MemorySegESI = 16, MemorySegRSI = 17, MemorySegDI = 18, MemorySegEDI = 19, MemorySegRDI = 20,
  MemoryESDI = 21, MemoryESEDI = 22, MemoryESRDI = 23, Memory = 24,
}

/** First of each run of registers; the runs are in encoding order. */
// prettier-ignore
export enum Register {
  None = 0, AL = 1, AH = 5, SPL = 9, AX = 21, EAX = 37, RAX = 53, EIP = 69, RIP = 70, ES = 71, GS = 76,
  CR0 = 185, DR0 = 201,
}

/** Types of memory operands. */
// prettier-ignore
export enum MemorySize {
  UInt8 = 1, UInt16 = 2, UInt32 = 3, UInt64 = 5, Int8 = 9, Int16 = 10, Int32 = 11, Int64 = 12,
  SegPtr16 = 16, SegPtr32 = 17, SegPtr64 = 18, WordOffset = 19, DwordOffset = 20, QwordOffset = 21,
  Bound16_WordWord = 22, Bound32_DwordDword = 23,
}

/** Instructions. */
// prettier-ignore
export enum Mnemonic {
  Aaa = 1, Aad = 2, Aam = 3, Aas = 4, Adc = 5, Adcx = 6, Add = 7, Adox = 14, And = 21, Andn = 22, Arpl = 27,
  Bextr = 28, Blsi = 39, Blsmsk = 41, Blsr = 42, Bound = 50, Bsf = 51, Bsr = 52, Bswap = 53, Bt = 54, Btc = 55,
  Btr = 56, Bts = 57, Bzhi = 58, Call = 59, Cbw = 60, Cdq = 61, Cdqe = 62, Clac = 64, Clc = 65, Cld = 66,
  Cldemote = 67, Clflush = 68, Clgi = 70, Cli = 71, Clts = 73, Cmc = 76, Cmova = 77, Cmovae = 78, Cmovb = 79,
  Cmovbe = 80, Cmove = 81, Cmovg = 82, Cmovge = 83, Cmovl = 84, Cmovle = 85, Cmovne = 86, Cmovno = 87,
  Cmovnp = 88, Cmovns = 89, Cmovo = 90, Cmovp = 91, Cmovs = 92, Cmp = 93, Cmpsb = 96, Cmpsd = 97, Cmpsq = 98,
  Cmpsw = 100, Cmpxchg = 101, Cmpxchg16b = 102, Cmpxchg8b = 103, Cpuid = 106, Cqo = 107, Cwd = 131, Cwde = 132,
  Daa = 133, Das = 134, Dec = 137, Div = 138, Encls = 148, Enclu = 149, Enclv = 150, Endbr32 = 151,
  Endbr64 = 152, Enter = 155, Getsec = 266, Hlt = 272, Idiv = 276, Imul = 277, In = 278, Inc = 279, Insb = 282,
  Insd = 283, Insw = 286, Int = 287, Int1 = 288, Into = 289, Invd = 290, Invept = 291, Invlpg = 292,
  Invlpga = 293, Invvpid = 295, Iret = 296, Ja = 297, Jae = 298, Jb = 299, Jbe = 300, Jcxz = 301, Je = 302,
  Jecxz = 303, Jg = 304, Jge = 305, Jl = 306, Jle = 307, Jmp = 308, Jne = 310, Jno = 311, Jnp = 312, Jns = 313,
  Jo = 314, Jp = 315, Jrcxz = 316, Js = 317, Lahf = 369, Lar = 370, Lds = 373, Lea = 374, Leave = 375,
  Les = 376, Lfence = 377, Lfs = 378, Lgdt = 379, Lgs = 380, Lidt = 381, Lldt = 382, Lmsw = 384, Lodsb = 386,
  Lodsd = 387, Lodsq = 388, Lodsw = 389, Loop = 390, Loope = 391, Loopne = 392, Lsl = 393, Lss = 394,
  Ltr = 395, Lzcnt = 398, Mfence = 406, Monitor = 411, Mov = 414, Movbe = 417, Movnti = 435, Movsb = 443,
  Movsd = 444, Movsq = 447, Movsw = 449, Movsx = 450, Movsxd = 451, Movzx = 454, Mul = 456, Mulx = 461,
  Mwait = 462, Neg = 464, Nop = 465, Not = 466, Or = 467, Out = 470, Outsb = 471, Outsd = 472, Outsw = 473,
  Pause = 492, Pdep = 515, Pext = 516, Pop = 590, Popa = 591, Popcnt = 592, Popf = 593, Prefetch = 595,
  Prefetchnta = 596, Prefetcht0 = 597, Prefetcht1 = 598, Prefetcht2 = 599, Prefetchw = 600, Prefetchwt1 = 601,
  Push = 640, Pusha = 641, Pushf = 642, Rcl = 644, Rcr = 647, Rdmsr = 650, Rdpmc = 653, Rdsspd = 657,
  Rdsspq = 658, Rdtsc = 659, Rdtscp = 660, Reservednop = 661, Ret = 662, Retf = 663, Rol = 664, Ror = 665,
  Rorx = 666, Rsm = 671, Sahf = 675, Sal = 676, Salc = 677, Sar = 678, Sarx = 679, Sbb = 681, Scasb = 682,
  Scasd = 683, Scasq = 684, Scasw = 685, Seta = 686, Setae = 687, Setb = 688, Setbe = 689, Sete = 690,
  Setg = 691, Setge = 692, Setl = 693, Setle = 694, Setne = 695, Setno = 696, Setnp = 697, Setns = 698,
  Seto = 699, Setp = 700, Sets = 701, Sfence = 703, Sgdt = 704, Shl = 712, Shld = 713, Shlx = 714, Shr = 715,
  Shrd = 716, Shrx = 717, Sidt = 720, Skinit = 721, Sldt = 722, Smsw = 724, Stac = 729, Stc = 730, Std = 731,
  Stgi = 732, Sti = 733, Stosb = 735, Stosd = 736, Stosq = 737, Stosw = 738, Str = 739, Sub = 740,
  Swapgs = 745, Syscall = 746, Sysenter = 747, Sysexit = 748, Sysret = 749, Test = 751, Tzcnt = 753, Ud0 = 757,
  Ud1 = 758, Ud2 = 759, Verr = 869, Verw = 870, Vmcall = 1025, Vmclear = 1026, Vmfunc = 1027, Vmlaunch = 1032,
  Vmload = 1033, Vmmcall = 1034, Vmptrld = 1067, Vmptrst = 1068, Vmread = 1069, Vmresume = 1070, Vmrun = 1071,
  Vmsave = 1072, Vmwrite = 1077, Vmxoff = 1078, Vmxon = 1079, Wbinvd = 1495, Wrmsr = 1499, Xabort = 1505,
  Xadd = 1506, Xbegin = 1507, Xchg = 1509, Xend = 1515, Xlatb = 1517, Xor = 1518, Xsetbv = 1533, Xtest = 1537,
  Vmgexit = 1547, Sysexitq = 1549, Sysretq = 1562, Pushad = 1612, Popad = 1613, Pushfd = 1614, Pushfq = 1615,
  Popfd = 1616, Popfq = 1617, Iretd = 1618, Iretq = 1619, Int3 = 1620, Prefetchit0 = 1858, Prefetchit1 = 1859,
}
