/** Moves, packs, extensions, shuffles, blends and permutations of vectors: what a Zen 4 makes of fixed registers (APM vol 4). */
import { describe, expect, it } from 'vitest';
import { Rflags } from '../../../assembly/abi/processor-bits.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, upperHalf, xmm } from '../../helpers/vector-registers.js';

const machine = enableVectors(await Machine.create());

/** YMM0 to YMM3: YMM0 is a mask, YMM1 numbers its bytes, YMM2 has all signs, YMM3 chooses lanes. */
const REGISTERS = [
  '8000000000000000_00ff00ff00ff00ff_80000000007fffff_ff00000080000001',
  '1f1e1d1c1b1a1918_1716151413121110_0f0e0d0c0b0a0908_0706050403020100',
  'ff7f8000fffe0001_80007fff12345678_fedcba9876543210_0123456789abcdef',
  '0000000300000006_0000000100000004_0000000700000002_0000000500000000',
];

function run(bytes: string): void {
  REGISTERS.forEach((digits, n) => setVector(machine, n, digits));
  expect(outcomeOf(machine, [...hex(bytes)])).toBe('completed');
}

/** Bytes of memory at rBX and behind. */
const DATA = 0x2000;

describe('YMM1 after', () => {
  // prettier-ignore
  it.each([
    ['packsswb xmm1, xmm2', '660f63ca', '1f1e1d1c1b1a1918_1716151413121110_80807f7f7f7f8080_7f7f7f7f7f7f7f7f'],
    ['packuswb xmm1, xmm2', '660f67ca', '1f1e1d1c1b1a1918_1716151413121110_0000ffffffff0000_ffffffffffffffff'],
    ['packssdw xmm1, xmm2', '660f6bca', '1f1e1d1c1b1a1918_1716151413121110_80007fff7fff8000_7fff7fff7fff7fff'],
    ['packusdw xmm1, xmm2', '660f382bca', '1f1e1d1c1b1a1918_1716151413121110_0000ffffffff0000_ffffffffffffffff'],
    ['vpackuswb ymm1, ymm2, ymm3', 'c5ed67cb', '0003000600010004_0000000100ffffff_0007000200050000_0000ffffffff0000'],
    ['punpcklbw xmm1, xmm2', '660f60ca', '1f1e1d1c1b1a1918_1716151413121110_0107230645056704_8903ab02cd01ef00'],
    ['punpckhwd xmm1, xmm2', '660f69ca', '1f1e1d1c1b1a1918_1716151413121110_fedc0f0eba980d0c_76540b0a32100908'],
    ['punpckldq xmm1, xmm2', '660f62ca', '1f1e1d1c1b1a1918_1716151413121110_0123456707060504_89abcdef03020100'],
    ['punpckhqdq xmm1, xmm2', '660f6dca', '1f1e1d1c1b1a1918_1716151413121110_fedcba9876543210_0f0e0d0c0b0a0908'],
    ['vpunpcklwd ymm1, ymm2, ymm3', 'c5ed61cb', '0000800000017fff_0000123400045678_0000012300054567_000089ab0000cdef'],
    ['unpckhps xmm1, xmm2', '0f15ca', '1f1e1d1c1b1a1918_1716151413121110_fedcba980f0e0d0c_765432100b0a0908'],
    ['vunpcklpd ymm1, ymm2, ymm3', 'c5ed14cb', '0000000100000004_80007fff12345678_0000000500000000_0123456789abcdef'],
    ['pmovsxbw xmm1, xmm2', '660f3820ca', '1f1e1d1c1b1a1918_1716151413121110_0001002300450067_ff89ffabffcdffef'],
    ['pmovsxbd xmm1, xmm2', '660f3821ca', '1f1e1d1c1b1a1918_1716151413121110_ffffff89ffffffab_ffffffcdffffffef'],
    ['pmovsxbq xmm1, xmm2', '660f3822ca', '1f1e1d1c1b1a1918_1716151413121110_ffffffffffffffcd_ffffffffffffffef'],
    ['pmovzxwd xmm1, xmm2', '660f3833ca', '1f1e1d1c1b1a1918_1716151413121110_0000012300004567_000089ab0000cdef'],
    ['pmovzxwq xmm1, xmm2', '660f3834ca', '1f1e1d1c1b1a1918_1716151413121110_00000000000089ab_000000000000cdef'],
    ['pmovzxdq xmm1, xmm2', '660f3835ca', '1f1e1d1c1b1a1918_1716151413121110_0000000001234567_0000000089abcdef'],
    ['vpmovsxbw ymm1, xmm2', 'c4e27d20ca', 'fffeffdcffbaff98_0076005400320010_0001002300450067_ff89ffabffcdffef'],
    ['vpmovsxwq ymm1, xmm2', 'c4e27d24ca', '0000000000000123_0000000000004567_ffffffffffff89ab_ffffffffffffcdef'],
    ['vpmovzxbq ymm1, xmm2', 'c4e27d32ca', '0000000000000089_00000000000000ab_00000000000000cd_00000000000000ef'],
    ['vpmovsxdq ymm1, xmm2', 'c4e27d25ca', 'fffffffffedcba98_0000000076543210_0000000001234567_ffffffff89abcdef'],
    ['pshufb xmm1, xmm2', '660f3800ca', '1f1e1d1c1b1a1918_1716151413121110_0000000006040200_0103050700000000'],
    ['pshufd xmm1, xmm2, 1bh', '660f70ca1b', '1f1e1d1c1b1a1918_1716151413121110_89abcdef01234567_76543210fedcba98'],
    ['pshuflw xmm1, xmm2, 93h', 'f20f70ca93', '1f1e1d1c1b1a1918_1716151413121110_fedcba9876543210_456789abcdef0123'],
    ['pshufhw xmm1, xmm2, 93h', 'f30f70ca93', '1f1e1d1c1b1a1918_1716151413121110_ba9876543210fedc_0123456789abcdef'],
    ['vpshufd ymm1, ymm2, 4eh', 'c5fd70ca4e', '80007fff12345678_ff7f8000fffe0001_0123456789abcdef_fedcba9876543210'],
    ['shufps xmm1, xmm2, 8dh', '0fc6ca8d', '1f1e1d1c1b1a1918_1716151413121110_7654321089abcdef_0f0e0d0c07060504'],
    ['shufpd xmm1, xmm2, 1', '660fc6ca01', '1f1e1d1c1b1a1918_1716151413121110_0123456789abcdef_0f0e0d0c0b0a0908'],
    ['vshufpd ymm1, ymm2, ymm3, 6h', 'c5edc6cb06', '0000000100000004_ff7f8000fffe0001_0000000700000002_0123456789abcdef'],
    ['palignr xmm1, xmm2, 5', '660f3a0fca05', '1f1e1d1c1b1a1918_1716151413121110_0403020100fedcba_9876543210012345'],
    ['palignr xmm1, xmm2, 21', '660f3a0fca15', '1f1e1d1c1b1a1918_1716151413121110_00000000000f0e0d_0c0b0a0908070605'],
    ['palignr xmm1, xmm2, 32', '660f3a0fca20', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_0000000000000000'],
    ['vpalignr ymm1, ymm2, ymm3, 3', 'c4e36d0fcb03', '3456780000000300_0000060000000100_abcdef0000000700_0000020000000500'],
    ['blendps xmm1, xmm2, 6', '660f3a0cca06', '1f1e1d1c1b1a1918_1716151413121110_0f0e0d0c76543210_0123456703020100'],
    ['vblendps ymm1, ymm2, ymm3, 96h', 'c4e36d0ccb96', '00000003fffe0001_80007fff00000004_fedcba9800000002_0000000589abcdef'],
    ['vblendpd ymm1, ymm2, ymm3, 9h', 'c4e36d0dcb09', '0000000300000006_80007fff12345678_fedcba9876543210_0000000500000000'],
    ['pblendw xmm1, xmm2, 5ah', '660f3a0eca5a', '1f1e1d1c1b1a1918_1716151413121110_0f0eba980b0a3210_0123050489ab0100'],
    ['vpblendd ymm1, ymm2, ymm3, 3ch', 'c4e36d02cb3c', 'ff7f8000fffe0001_0000000100000004_0000000700000002_0123456789abcdef'],
    ['pblendvb xmm1, xmm2, xmm0', '660f3810ca', '1f1e1d1c1b1a1918_1716151413121110_fe0e0d0c0b0a3210_0106050489020100'],
    ['blendvps xmm1, xmm2, xmm0', '660f3814ca', '1f1e1d1c1b1a1918_1716151413121110_fedcba980b0a0908_0123456789abcdef'],
    ['vblendvpd ymm1, ymm2, ymm3, ymm2', 'c4e36d4bcb20', '0000000300000006_0000000100000004_0000000700000002_0123456789abcdef'],
    ['vpblendvb ymm1, ymm2, ymm3, ymm0', 'c4e36d4ccb00', '007f8000fffe0001_80007f0112005604_00dcba9876540002_0023456700abcdef'],
    ['movddup xmm1, xmm2', 'f20f12ca', '1f1e1d1c1b1a1918_1716151413121110_0123456789abcdef_0123456789abcdef'],
    ['vmovddup ymm1, ymm2', 'c5ff12ca', '80007fff12345678_80007fff12345678_0123456789abcdef_0123456789abcdef'],
    ['movshdup xmm1, xmm2', 'f30f16ca', '1f1e1d1c1b1a1918_1716151413121110_fedcba98fedcba98_0123456701234567'],
    ['vmovsldup ymm1, ymm2', 'c5fe12ca', 'fffe0001fffe0001_1234567812345678_7654321076543210_89abcdef89abcdef'],
    ['movlhps xmm1, xmm2', '0f16ca', '1f1e1d1c1b1a1918_1716151413121110_0123456789abcdef_0706050403020100'],
    ['vmovhlps xmm1, xmm2, xmm3', 'c5e812cb', '0000000000000000_0000000000000000_fedcba9876543210_0000000700000002'],
    ['movss xmm1, xmm2', 'f30f10ca', '1f1e1d1c1b1a1918_1716151413121110_0f0e0d0c0b0a0908_0706050489abcdef'],
    ['vmovsd xmm1, xmm2, xmm3', 'c5eb10cb', '0000000000000000_0000000000000000_fedcba9876543210_0000000500000000'],
    ['movq xmm1, xmm2', 'f30f7eca', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_0123456789abcdef'],
    ['vmovq xmm1, xmm2', 'c5fa7eca', '0000000000000000_0000000000000000_0000000000000000_0123456789abcdef'],
    ['insertps xmm1, xmm2, 9ch', '660f3a21ca9c', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_7654321003020100'],
    ['vperm2f128 ymm1, ymm2, ymm3, 21h', 'c4e36d06cb21', '0000000700000002_0000000500000000_ff7f8000fffe0001_80007fff12345678'],
    ['vperm2i128 ymm1, ymm2, ymm3, 83h', 'c4e36d46cb83', '0000000000000000_0000000000000000_0000000300000006_0000000100000004'],
    ['vpermq ymm1, ymm2, 1bh', 'c4e3fd00ca1b', '0123456789abcdef_fedcba9876543210_80007fff12345678_ff7f8000fffe0001'],
    ['vpermd ymm1, ymm3, ymm2', 'c4e26536ca', 'fedcba98fffe0001_0123456712345678_ff7f800076543210_80007fff89abcdef'],
    ['vpermilps ymm1, ymm2, 39h', 'c4e37d04ca39', '12345678ff7f8000_fffe000180007fff_89abcdeffedcba98_7654321001234567'],
    ['vpermilps ymm1, ymm2, ymm3', 'c4e26d0ccb', 'ff7f8000fffe0001_80007fff12345678_fedcba9876543210_0123456789abcdef'],
    ['vpermilpd ymm1, ymm2, 9h', 'c4e37d05ca09', 'ff7f8000fffe0001_80007fff12345678_0123456789abcdef_fedcba9876543210'],
    ['vpermilpd ymm1, ymm2, ymm3', 'c4e26d0dcb', 'ff7f8000fffe0001_80007fff12345678_fedcba9876543210_0123456789abcdef'],
    ['vinsertf128 ymm1, ymm2, xmm3, 1', 'c4e36d18cb01', '0000000700000002_0000000500000000_fedcba9876543210_0123456789abcdef'],
    ['vinserti128 ymm1, ymm2, xmm3, 0', 'c4e36d38cb00', 'ff7f8000fffe0001_80007fff12345678_0000000700000002_0000000500000000'],
    ['vextractf128 xmm1, ymm2, 1', 'c4e37d19d101', '0000000000000000_0000000000000000_ff7f8000fffe0001_80007fff12345678'],
    ['vpbroadcastb xmm1, xmm2', 'c4e27978ca', '0000000000000000_0000000000000000_efefefefefefefef_efefefefefefefef'],
    ['vpbroadcastw ymm1, xmm2', 'c4e27d79ca', 'cdefcdefcdefcdef_cdefcdefcdefcdef_cdefcdefcdefcdef_cdefcdefcdefcdef'],
    ['vbroadcastss ymm1, xmm2', 'c4e27d18ca', '89abcdef89abcdef_89abcdef89abcdef_89abcdef89abcdef_89abcdef89abcdef'],
    ['vbroadcastsd ymm1, xmm2', 'c4e27d19ca', '0123456789abcdef_0123456789abcdef_0123456789abcdef_0123456789abcdef'],
    ['extrq xmm1, 12, 5', '660f78c10c05', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_0000000000000008'],
    ['extrq xmm1, xmm2', '660f79ca', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_0000383028201810'],
    ['insertq xmm1, xmm2, 8, 4', 'f20f78ca0804', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_0706050403020ef0'],
    ['insertq xmm1, xmm2', 'f20f79ca', '1f1e1d1c1b1a1918_1716151413121110_0000000000000000_37be050403020100'],
  ])('%s', (_text, bytes, ymm1) => {
    run(bytes);
    expect(upperHalf(machine, 1) + xmm(machine, 1)).toBe(ymm1.replaceAll('_', ''));
  });
});

describe('elements', () => {
  // prettier-ignore
  it.each([
    ['movd eax, xmm2',         '660f7ed0',     0x89abcdefn],
    ['movq rax, xmm2',         '66480f7ed0',   0x0123456789abcdefn],
    ['pextrb eax, xmm2, 9',    '660f3a14d009', 0x32n],
    ['pextrw eax, xmm2, 7',    '660fc5c207',   0xfedcn],
    ['pextrd eax, xmm2, 3',    '660f3a16d003', 0xfedcba98n],
    ['pextrq rax, xmm2, 1',    '66480f3a16d001', 0xfedcba9876543210n],
    ['extractps eax, xmm2, 1', '660f3a17d001', 0x01234567n],
    ['pmovmskb eax, xmm2',     '660fd7c2',     0xf00fn],
    ['vpmovmskb eax, ymm2',    'c5fdd7c2',     0xac90f00fn],
    ['movmskps eax, xmm2',     '0f50c2',       0b1001n],
    ['vmovmskps eax, ymm2',    'c5fc50c2',     0b11101001n],
    ['movmskpd eax, xmm2',     '660f50c2',     0b10n],
    ['vmovmskpd eax, ymm2',    'c5fd50c2',     0b1110n],
  ])('%s', (_text, bytes, rax) => {
    machine.state.setBig('rax', ~0n);
    run(bytes);
    expect(machine.state.big('rax').toString(16)).toBe(rax.toString(16));
  });

  // prettier-ignore
  it.each([
    ['movd xmm1, eax',         '660f6ec8',       '00000000000000000000000076543210'],
    ['movq xmm1, rax',         '66480f6ec8',     '0000000000000000fedcba9876543210'],
    ['pinsrb xmm1, eax, 9',    '660f3a20c809',   '0f0e0d0c0b0a10080706050403020100'],
    ['pinsrw xmm1, eax, 2',    '660fc4c802',     '0f0e0d0c0b0a09080706321003020100'],
    ['pinsrd xmm1, eax, 3',    '660f3a22c803',   '765432100b0a09080706050403020100'],
    ['pinsrq xmm1, rax, 1',    '66480f3a22c801', 'fedcba98765432100706050403020100'],
    ['movss xmm1, [rbx]',      'f30f100b',       '00000000000000000000000004030201'],
    ['movsd xmm1, [rbx]',      'f20f100b',       '00000000000000000807060504030201'],
    ['movlps xmm1, [rbx]',     '0f120b',         '0f0e0d0c0b0a09080807060504030201'],
    ['movhps xmm1, [rbx]',     '0f160b',         '08070605040302010706050403020100'],
    ['insertps xmm1, [rbx], 0d0h', '660f3a210bd0', '0f0e0d0c0b0a09080403020103020100'],
    ['movddup xmm1, [rbx]',    'f20f120b',       '08070605040302010807060504030201'],
    ['pmovzxbq xmm1, [rbx]',   '660f38320b',     '00000000000000020000000000000001'],
  ])('%s keeps the upper half', (_text, bytes, low) => {
    machine.core.write(DATA, Uint8Array.from({ length: 32 }, (_, i) => i + 1));
    machine.state.setBig('rax', 0xfedcba9876543210n);
    machine.state.setNum('rbx', DATA);
    run(bytes);
    expect([upperHalf(machine, 1), xmm(machine, 1)]).toEqual(['1f1e1d1c1b1a19181716151413121110', low]);
  });

  // prettier-ignore
  it.each([
    ['movss [rbx], xmm2',        'f30f1113',     'efcdab8900000000'],
    ['movhps [rbx], xmm2',       '0f1713',       '1032547698badcfe'],
    ['movlps [rbx], xmm2',       '0f1313',       'efcdab8967452301'],
    ['pextrb [rbx], xmm2, 15',   '660f3a14130f', 'fe00000000000000'],
    ['pextrw [rbx], xmm2, 1',    '660f3a151301', 'ab89000000000000'],
    ['movntsd [rbx], xmm2',      'f20f2b13',     'efcdab8967452301'],
    ['movntss [rbx], xmm2',      'f30f2b13',     'efcdab8900000000'],
    ['vextractf128 [rbx], ymm2, 1', 'c4e37d191301', '78563412ff7f0080'],
  ])('%s', (_text, bytes, stored) => {
    machine.core.write(DATA, new Uint8Array(32));
    machine.state.setNum('rbx', DATA);
    run(bytes);
    expect(Buffer.from(machine.core.read(DATA, 8)).toString('hex')).toBe(stored);
  });
});

describe('flags of', () => {
  const { Cf, Zf } = Rflags;
  // prettier-ignore
  it.each([
    ['ptest xmm1, xmm1',     '660f3817c9', Cf],
    ['ptest xmm1, xmm2',     '660f3817ca', 0],
    ['vptest ymm4, ymm2',    'c4e27d17e2', Zf],
    ['vtestps xmm3, xmm2',   'c4e2790eda', Zf],
    ['vtestps ymm2, ymm3',   'c4e27d0ed3', Zf | Cf],
    ['vtestpd ymm2, ymm0',   'c4e27d0fd0', 0],
    ['vtestpd ymm2, ymm2',   'c4e27d0fd2', Cf],
  ])('%s', (_text, bytes, flags) => {
    setVector(machine, 4, '0'.repeat(64));
    machine.rflags = BigInt(Rflags.Status | Rflags.Always1);
    run(bytes);
    expect(Number(machine.rflags) & Rflags.Status).toBe(flags);
  });
});

it('VZEROUPPER and VZEROALL write every register of the mode', () => {
  machine.core.vectorRegisters.fill(0xee);
  run('c5f877');
  expect([upperHalf(machine, 15), xmm(machine, 15)]).toEqual(['0'.repeat(32), 'ee'.repeat(16)]);
  run('c5fc77');
  expect(machine.core.vectorRegisters.subarray(0, 16 * 32).every((byte) => byte === 0)).toBe(true);
});
