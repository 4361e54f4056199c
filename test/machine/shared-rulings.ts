/** Where both emulators disagree with vmexit in the same way: they are like Intel's processors, or differ from Zen 4. */
import type { Ruling } from './ruling.js';

const AF = 0x10;
const STATUS = 0x8d5;
const DR6_BREAKPOINTS = 0xf;
/** In the upper half of a doubleword. */
const WORD_AF = AF << 16;
/** RF, VIF and VIP, which QEMU has rulings for. */
const LEFTOVERS = 0x190000;
const FILLER_WORD = 0xcccc;

export const SHARED_RULINGS: readonly Ruling[] = [
  {
    text: 'shifts: AF otherwise than Zen 4, which test/silicon compares with; undefined (vol 3 SAL, SHR, SAR, RCL, ROL)',
    explains: ({ ours, theirs }, { scenario }) =>
      ((ours ^ theirs) & ~(AF | WORD_AF | LEFTOVERS)) === 0 &&
      /^((66|f2|f3) )*(d[0-3]|c[01]) |^wrmsr/.test(scenario.name),
  },
  {
    text: 'undefined opcodes: a ModRM byte counts to the 15 bytes; on Zen 4 it does not (measured)',
    explains: (_, { scenario, ours }) => ours.get('vector') === 6 && /^(\w\w )\1{11,}/.test(scenario.name),
  },
  {
    text: 'VEX and EVEX after a prefix that makes them undefined: nothing behind it counts to the 15 bytes; on Zen 4 it does (measured)',
    explains: (_, { scenario, ours }) =>
      ours.get('vector') === 13 && /^(\w\w )\1{11,}(c4|c5|62) /.test(scenario.name),
  },
  {
    text: 'IRET in virtual-8086 mode to CCCC:CCCC, from a stack of filler: a PC has no memory there, vmexit has zeros',
    explains: (_, { scenario, ours }) => scenario.group === 'v86' && ours.get('8FD0') === FILLER_WORD,
  },
  {
    text: 'SYSRET: sets the RPL of SS to 3, as on Intel; on AMD it is that of STAR (vol 3 SYSRET)',
    explains: ({ ours, theirs }, { scenario }) => scenario.name.startsWith('sysret') && (ours | 3) === theirs,
  },
  {
    text: 'long mode, far transfers through memory with REX.W: reads a 64-bit offset, which AMD does not have (vol 3 JMP, CALL)',
    explains: (_, { scenario }) => scenario.name.includes('far form 3'),
  },
  {
    text: 'long mode, IRET to an inner level with a null SS of another RPL: lets it pass; AMD is silent, Intel has #GP (SDM vol 2 IRET)',
    explains: (_, { scenario, ours }) =>
      ours.get('vector') === 13 && /at level 0 .*stack [0-3]$/.test(scenario.name),
  },
  {
    text: 'long mode, #PF on the stack of a conforming handler at level 3: a supervisor access; the CPL is still 3 (vol 2 §8.4.2)',
    explains: ({ ours, theirs }, { ours: outcome }) => outcome.get('vector') === 14 && (ours ^ theirs) === 4,
  },
  {
    text: 'MUL, IMUL: SF, ZF, AF and PF otherwise than Zen 4, which test/silicon compares with; undefined (vol 3)',
    explains: ({ ours, theirs }, { scenario }) =>
      ((ours ^ theirs) & ~(STATUS | (STATUS << 16) | LEFTOVERS)) === 0 &&
      /0f af |^(66 )?f[67] /.test(scenario.name),
  },
  {
    text: 'near CALL to an address that is not canonical: stores the return address first; Zen 4 does not (measured)',
    explains: (_, { scenario, ours }) => scenario.name.startsWith('call rbx') && ours.get('vector') === 13,
  },
  {
    text: 'long mode, IRET and RETF to 32-bit code: RIP above 4 GiB is truncated; the manual compares it with the limit (vol 3)',
    explains: (_, { scenario, ours }) =>
      ours.get('vector') === 13 &&
      /^(iret|retf) 64 .*:(ffff800000000000|800000000000|100005000)/.test(scenario.name),
  },
  {
    text: 'MOV SS; INT under TF: forgets the trap that MOV SS held back; it comes before the handler (vol 2 §8.5)',
    explains: (_, { scenario }) =>
      scenario.name.startsWith('mov ss, bx; int 20h') && / TF/.test(scenario.name),
  },
  {
    text: 'PREFETCH with a register: a NOP; undefined on Zen 4 (measured)',
    explains: (_, { scenario, ours }) => ours.get('vector') === 6 && /0f 0d [c-f]/.test(scenario.name),
  },
  {
    text: 'DR6: B0 to B3 also for breakpoints that are not enabled or not reached yet; the manual: only enabled ones (vol 2 §13.1.1.3)',
    explains: ({ field, ours, theirs }) =>
      field === 'dr6' && ((ours ^ theirs) & ~DR6_BREAKPOINTS) === 0 && (ours & ~theirs) === 0,
  },
  {
    text: 'DR7: an instruction breakpoint with a length covers so many bytes; the manual requires LEN 0 (vol 2 §13.1.1.4)',
    explains: (_, { scenario, ours, theirs }) =>
      scenario.name.startsWith('mov dr7') && theirs.get('vector') === 1 && ours.get('vector') === 6,
  },
];
