/** x87 arithmetic, loads and stores of numbers. The rows are what a Zen 4 does (test/silicon compares many more). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../helpers/machine.js';
import { ONE, OPERAND, runX87, stackOf, statusOf, TWO } from '../../helpers/x87.js';

const C1 = 0x200;

const machine = await Machine.create();
beforeEach(() => machine.long());

// prettier-ignore
it.each<[name: string, code: string, control: number, stack: string[], results: string[], status: number]>([
  ['fadd', 'd8c1', 0x07f, ['c001:d147ad9b6b0404f2', '4002:feaf2f71374cb756'], ['4002:960b590000000000'], 0x0220],
  ['fadd', 'd8c1', 0x67f, ['3ffc:af7e753b039d74ed', '3fff:928cceb011bb55f8'], ['3fff:a87c9d57722f0000'], 0x0020],
  ['fadd', 'd8c1', 0x77f, ['bffd:856b3f39b1a4a4f9', 'c001:f0014b8ac54cb0e4'], ['c001:f857ff7e6066fb34'], 0x0220],
  ['fmul', 'd8c9', 0x07f, ['c001:8b52c8fad1484c93', '3ffc:949ee10374002b8e'], ['bffe:a1c4a70000000000'], 0x0020],
  ['fmul', 'd8c9', 0x27f, ['3fff:97eca05d26ae54ee', 'bfff:e8fa7dc3ddaaad70'], ['c000:8a43190bcd1df800'], 0x0220],
  ['fmul', 'd8c9', 0x47f, ['4002:d4393351e4daf1c3', '4002:ca5687d1e5bb876a'], ['4006:a7bcde0000000000'], 0x0020],
  ['fmul', 'd8c9', 0x67f, ['4000:c78b6e4579f075e6', 'bffd:f62a59d9575aec6a'], ['bfff:bfe0fedfbd30f800'], 0x0220],
  ['fmul', 'd8c9', 0x87f, ['bfff:b16129c3805e5007', 'bfff:a2029c1b62f7c6f9'], ['3fff:e082970000000000'], 0x0220],
  ['fmul', 'd8c9', 0xa7f, ['4001:ff14d65fb74ba47d', '3ffc:88f994f87dd58a3f'], ['3fff:887bc19701fa7000'], 0x0220],
  ['fmul', 'd8c9', 0xc7f, ['4000:c73af74c51927773', 'bffc:d5b7f3802e40df04'], ['bffe:a653380000000000'], 0x0020],
  ['fmul', 'd8c9', 0xe7f, ['3ffe:e1845ecc58bba837', 'bffe:8d380ead3eea7b74'], ['bffd:f8ce943249454000'], 0x0020],
  ['fsub', 'd8e1', 0x07f, ['3fff:94771d365ff7d829', '4001:f308862985089ee2'], ['c001:cdeabf0000000000'], 0x0220],
  ['fsub', 'd8e1', 0x27f, ['3ffd:def54b3ff62042d7', 'bffe:c0c8fef67dac664c'], ['3fff:9821d24b3c5e4000'], 0x0020],
  ['fsub', 'd8e1', 0x37f, ['bffd:c7e99c75298c0166', '4002:e30fb32d684f8cd3'], ['c002:e94f0011119becde'], 0x0020],
  ['fsub', 'd8e1', 0x47f, ['bffe:ed392b790d5b4027', 'bffe:b5b3dbbe08e6209d'], ['bffc:de153f0000000000'], 0x0220],
  ['fsub', 'd8e1', 0xa7f, ['bffd:dd3e8d55beefe067', '3ffe:fabc7fc923bc15b4'], ['bfff:b4ade33a019a0000'], 0x0020],
  ['fsubr', 'd8e9', 0x27f, ['bffe:e2e9e89e99f273db', 'c000:ecb73d88e7100e9c'], ['c000:b3fcc36140937000'], 0x0020],
  ['fsubr', 'd8e9', 0x37f, ['4000:91d4ef8946a6be69', 'bffc:d7b7de7961e2bb4d'], ['c000:9f506d70dcc4ea1e'], 0x0220],
  ['fsubr', 'd8e9', 0x67f, ['3ffe:9ff85021a4d3efdf', '4000:a0ebd2de6bcd3055'], ['3fff:f1db7dac05306800'], 0x0020],
  ['fsubr', 'd8e9', 0xa7f, ['bffd:b2cf9d5718476085', '3ffc:b9328f4aa448e03c'], ['3ffe:87b4727e3535f000'], 0x0220],
  ['fsubr', 'd8e9', 0xb7f, ['bffc:a402f191a7c3440f', 'c000:a981e7a8f12cd90e'], ['c000:9f41b88fd6b0a4cd'], 0x0020],
  ['fsubr', 'd8e9', 0xf7f, ['4002:99ceb6dd60b8341c', '4000:85e945d5c1ce6e79'], ['c001:f0a8cacfe08930fb'], 0x0020],
  ['fdiv', 'd8f1', 0x37f, ['3ffc:bb606906633ce6d1', 'bfff:c8919251c3904463'], ['bffb:ef297d38d9563dfa'], 0x0020],
  ['fdiv', 'd8f1', 0x67f, ['4001:a8249c6b9aed857c', 'bffd:93fd7e13638d0d05'], ['c003:916e3c552b4c5000'], 0x0220],
  ['fdiv', 'd8f1', 0x87f, ['c000:c650859dcd9639f7', '4000:c5d04399193b738f'], ['bfff:8052fe0000000000'], 0x0020],
  ['fdiv', 'd8f1', 0xe7f, ['4001:c34cfa2c9fee18d4', '3ffd:cee8228610503663'], ['4002:f1a3de8bf8fa5000'], 0x0020],
  ['fdivr', 'd8f9', 0x27f, ['bfff:ef19a3351b8c141b', '3ffc:e83bf0bea06563cb'], ['bffb:f8a611251855f800'], 0x0020],
  ['fdivr', 'd8f9', 0xe7f, ['bffc:d4ac0a8a0c7f76fd', '3ffd:da228b7f468c90a4'], ['c000:8349b61ee95ae800'], 0x0020],
  ['fadd', 'd8c1', 0x37f, ['3fff:ffffffffffffffff', '3fff:ffffffffffffffff'], ['4000:ffffffffffffffff'], 0x0000],
  ['fadd', 'd8c1', 0x37f, ['7ffe:ffffffffffffffff', '7ffe:ffffffffffffffff'], ['7fff:8000000000000000'], 0x0228],
  ['fadd', 'd8c1', 0x37f, ['0001:8000000000000000', '0001:8000000000000000'], ['0002:8000000000000000'], 0x0000],
  ['fadd', 'd8c1', 0xb7f, ['7ffe:ffffffffffffffff', '3fff:8000000000000000'], ['7fff:8000000000000000'], 0x0228],
  ['fadd', 'd8c1', 0xf7f, ['7ffe:ffffffffffffffff', '3fff:c000000000000000'], ['7ffe:ffffffffffffffff'], 0x0020],
  ['fmul', 'd8c9', 0x37f, ['3fff:ffffffffffffffff', '3fff:ffffffffffffffff'], ['4000:fffffffffffffffe'], 0x0020],
  ['fmul', 'd8c9', 0x37f, ['7ffe:ffffffffffffffff', '7ffe:ffffffffffffffff'], ['7fff:8000000000000000'], 0x0228],
  ['fmul', 'd8c9', 0x37f, ['0001:8000000000000000', '0001:8000000000000000'], ['0000:0000000000000000'], 0x0030],
  ['fmul', 'd8c9', 0xb7f, ['7ffe:ffffffffffffffff', '3fff:8000000000000000'], ['7ffe:ffffffffffffffff'], 0x0000],
  ['fmul', 'd8c9', 0xf7f, ['7ffe:ffffffffffffffff', '3fff:c000000000000000'], ['7ffe:ffffffffffffffff'], 0x0028],
  ['fadd', 'd8c1', 0x37f, ['3fff:8000000000000000', '3fbf:8000000000000000'], ['3fff:8000000000000000'], 0x0020],
  ['fadd', 'd8c1', 0x37f, ['3fff:8000000000000001', '3fbf:8000000000000000'], ['3fff:8000000000000002'], 0x0220],
  ['fadd', 'd8c1', 0xb7f, ['3fff:8000000000000000', '3f37:8000000000000000'], ['3fff:8000000000000001'], 0x0220],
  ['fsub', 'd8e1', 0x37f, ['3fff:8000000000000000', '3ffe:ffffffffffffffff'], ['3fbf:8000000000000000'], 0x0000],
  ['fsub', 'd8e1', 0x37f, ['3fff:8000000000000000', '3fbe:8000000000000000'], ['3fff:8000000000000000'], 0x0220],
  ['fsub', 'd8e1', 0x37f, ['3fff:8000000000000000', '3fff:8000000000000000'], ['0000:0000000000000000'], 0x0000],
  ['fsub', 'd8e1', 0x77f, ['3fff:8000000000000000', '3fff:8000000000000000'], ['8000:0000000000000000'], 0x0000],
  ['fadd', 'd8c1', 0x07f, ['3fff:ffffffffffffffff', '3fbf:8000000000000000'], ['4000:8000000000000000'], 0x0220],
  ['fmul', 'd8c9', 0x27f, ['3fff:fffffffffffffc00', '3fff:8000000000000000'], ['4000:8000000000000000'], 0x0220],
  ['fmul', 'd8c9', 0x36f, ['0005:8000000000000000', '0007:8000000000000000'], ['200d:8000000000000000'], 0x8090],
  ['fmul', 'd8c9', 0x377, ['7ff0:ffffffffffffffff', '7ff0:ffffffffffffffff'], ['5fe2:fffffffffffffffe'], 0x80a8],
  ['fmul', 'd8c9', 0x07f, ['0001:8000000000000000', '3ffe:ffffff0000000000'], ['0001:8000000000000000'], 0x0230],
  ['fadd NaNs', 'd8c1', 0x37f, ['7fff:c000000000000123', 'ffff:c000000000000456'], ['ffff:c000000000000456'], 0x0000],
  ['fadd signalling and quiet', 'd8c1', 0x37f, ['7fff:bfffffffffffffff', '7fff:c000000000000000'], ['7fff:c000000000000000'], 0x0001],
  ['fadd equal NaNs', 'd8c1', 0x37f, ['ffff:c000000000000001', '7fff:c000000000000001'], ['7fff:c000000000000001'], 0x0000],
  ['fadd signalling NaNs', 'd8c1', 0x37f, ['ffff:8000000000000001', '7fff:8000000000000002'], ['7fff:c000000000000002'], 0x0001],
  ['fadd unsupported and NaN', 'd8c1', 0x37f, ['3fff:4000000000000000', '7fff:c000000000000001'], ['ffff:c000000000000000'], 0x0001],
  ['fsub infinities', 'd8e1', 0x37f, ['7fff:8000000000000000', '7fff:8000000000000000'], ['ffff:c000000000000000'], 0x0001],
  ['fdiv by zero', 'd8f1', 0x37f, ['3fff:8000000000000000', '8000:0000000000000000'], ['ffff:8000000000000000'], 0x0004],
  ['fdiv denormal by zero', 'd8f1', 0x37f, ['0000:0000000000000001', '0000:0000000000000000'], ['7fff:8000000000000000'], 0x0004],
  ['fdiv zeros', 'd8f1', 0x37f, ['0000:0000000000000000', '0000:0000000000000000'], ['ffff:c000000000000000'], 0x0001],
  ['fmul pseudo-denormal', 'd8c9', 0x37f, ['0000:8000000000000000', '4000:8000000000000000'], ['0002:8000000000000000'], 0x0002],
  ['fadd denormals', 'd8c1', 0x37f, ['0000:7fffffffffffffff', '0000:0000000000000001'], ['0001:8000000000000000'], 0x0002],
  ['fdiv, denormal unmasked', 'd8f1', 0x37d, ['0000:0000000000000001', '3fff:8000000000000000'], ['0000:0000000000000001'], 0x8082],
  ['fprem', 'd9f8', 0x37f, ['4009:ffffffffffffffff', '3fff:c000000000000000'], ['3ffd:fffffffffffff000'], 0x0300],
  ['fprem, partial', 'd9f8', 0x37f, ['4063:ffffffffffffffff', '3fff:c000000000000000'], ['403d:ffffffc000000000'], 0x0400],
  ['fprem1', 'd9f5', 0x37f, ['3fff:ffffffffffffffff', '4000:8000000000000000'], ['bfc0:8000000000000000'], 0x0200],
  ['fprem1 to even', 'd9f5', 0x37f, ['3fff:8000000000000000', '4000:8000000000000000'], ['3fff:8000000000000000'], 0x0000],
  ['fprem1 from odd', 'd9f5', 0x37f, ['4000:c000000000000000', '4000:8000000000000000'], ['bfff:8000000000000000'], 0x4000],
  ['fprem of infinity', 'd9f8', 0x37f, ['7fff:8000000000000000', '3fff:8000000000000000'], ['ffff:c000000000000000'], 0x0001],
  ['fscale', 'd9fd', 0x37f, ['3fff:c000000000000000', '4000:e000000000000000'], ['4002:c000000000000000'], 0x0000],
  ['fscale beyond', 'd9fd', 0x37f, ['3fff:c000000000000000', '4013:8000000000000000'], ['7fff:8000000000000000'], 0x0228],
  ['fscale far beyond, unmasked', 'd9fd', 0x377, ['3fff:c000000000000000', '4013:8000000000000000'], ['7fff:8000000000000000'], 0x82a8],
  ['fscale far below, unmasked', 'd9fd', 0xb6f, ['3fff:c000000000000000', 'c013:8000000000000000'], ['0000:0000000000000000'], 0x80b0],
  ['fscale of zero by infinity', 'd9fd', 0x37f, ['0000:0000000000000000', '7fff:8000000000000000'], ['ffff:c000000000000000'], 0x0001],
  ['fsqrt', 'd9fa', 0x37f, ['3fff:c000000000000000', '0000:0000000000000000'], ['3fff:9cc470a0490973e8'], 0x0020],
  ['fsqrt to 24 bits', 'd9fa', 0x87f, ['3fff:c000000000000000', '0000:0000000000000000'], ['3fff:9cc4710000000000'], 0x0220],
  ['fsqrt of a negative denormal', 'd9fa', 0x37f, ['8000:0000000000000001', '0000:0000000000000000'], ['ffff:c000000000000000'], 0x0001],
  ['fsqrt of -0', 'd9fa', 0x37f, ['8000:0000000000000000', '0000:0000000000000000'], ['8000:0000000000000000'], 0x0000],
  ['frndint', 'd9fc', 0x37f, ['4000:a000000000000000', '0000:0000000000000000'], ['4000:8000000000000000'], 0x0020],
  ['frndint up', 'd9fc', 0xb7f, ['3ff5:a000000000000000', '0000:0000000000000000'], ['3fff:8000000000000000'], 0x0220],
  ['frndint of a denormal', 'd9fc', 0x37f, ['8000:0000000000000001', '0000:0000000000000000'], ['8000:0000000000000000'], 0x0022],
  ['fxtract', 'd9f4', 0x37f, ['3ffa:c000000000000000'], ['3fff:c000000000000000', 'c001:a000000000000000'], 0x0000],
  ['fxtract of a denormal', 'd9f4', 0x37f, ['0000:0000000000000003'], ['3fff:c000000000000000', 'c00d:8078000000000000'], 0x0002],
  ['fxtract of zero', 'd9f4', 0x37f, ['8000:0000000000000000'], ['8000:0000000000000000', 'ffff:8000000000000000'], 0x0004],
  ['fxtract of -infinity', 'd9f4', 0x37f, ['ffff:8000000000000000'], ['ffff:8000000000000000', '7fff:8000000000000000'], 0x0000],
])('%s %s with control word %i: %j', (_name, code, control, stack, results, status) => {
  runX87(machine, code, { stack, control, status: C1 });
  expect([stackOf(machine).slice(0, results.length), statusOf(machine)]).toEqual([results, status]);
});

describe('loads', () => {
  it.each([
    ['fld dword', 'd903', '0000c03f', ['3fff:c000000000000000'], 0],
    ['fld dword, -0', 'd903', '00000080', ['8000:0000000000000000'], 0],
    ['fld dword, denormal', 'd903', '01000000', ['3f6a:8000000000000000'], 2],
    ['fld dword, signalling NaN', 'd903', '0100807f', ['7fff:c000010000000000'], 1],
    ['fld qword', 'dd03', '9a9999999999b9bf', ['bffb:ccccccccccccd000'], 0],
    ['fld qword, infinity', 'dd03', '000000000000f0ff', ['ffff:8000000000000000'], 0],
    ['fld tword, as it is', 'db2b', '01000000000000007f7f', ['7f7f:0000000000000001'], 0],
    ['fild word', 'df03', 'feff', ['c000:8000000000000000'], 0],
    ['fild dword', 'db03', '00000080', ['c01e:8000000000000000'], 0],
    ['fild qword', 'df2b', 'ffffffffffffff7f', ['403d:fffffffffffffffe'], 0],
    ['fbld', 'df23', '21436587092143658780', ['c03a:c2a1b6801330cb10'], 0],
    ['fbld, what is no digit', 'df23', 'af000000000000000000', ['4005:e600000000000000'], 0],
  ])('%s of %s', (_name, code, bytes, stack, status) => {
    machine.core.write(OPERAND, Uint8Array.from(Buffer.from(bytes, 'hex')));
    runX87(machine, code, { status: C1 });
    expect([stackOf(machine), statusOf(machine)]).toEqual([stack, status]);
  });

  it('an unmasked denormal is loaded all the same', () => {
    machine.core.write(OPERAND, Uint8Array.of(1, 0, 0, 0));
    runX87(machine, 'd903', { control: 0x37d });
    expect([stackOf(machine), statusOf(machine)]).toEqual([['3f6a:8000000000000000'], 0x8082]);
  });

  it.each([
    [0, ['4000:d49a784bcd1b8afe', '3fff:b8aa3b295c17f0bc', '4000:c90fdaa22168c235']],
    [1, ['4000:d49a784bcd1b8afe', '3fff:b8aa3b295c17f0bb', '4000:c90fdaa22168c234']],
    [2, ['4000:d49a784bcd1b8aff', '3fff:b8aa3b295c17f0bc', '4000:c90fdaa22168c235']],
  ])('FLDL2T, FLDL2E and FLDPI with rounding %i', (mode, constants) => {
    const found = ['d9e9', 'd9ea', 'd9eb'].map((code) => {
      runX87(machine, code, { control: 0x37f | (mode << 10) });
      return stackOf(machine)[0];
    });
    expect(found).toEqual(constants);
  });
});

describe('stores', () => {
  const stored = (bytes: number) => Buffer.from(machine.core.read(OPERAND, bytes)).toString('hex');

  it.each([
    ['fstp dword, rounded up', 'd91b', '3fff:8000018000000000', '0200803f', 0x220],
    ['fstp dword, rounded down', 'd91b', '3fff:8000008000000000', '0000803f', 0x20],
    ['fstp dword, too large', 'd91b', '407f:8000000000000000', '0000807f', 0x228],
    ['fstp dword, almost too large', 'd91b', '407e:ffffffffffffffff', '0000807f', 0x228],
    ['fstp dword, denormal result', 'd91b', '3f80:8000000000000000', '00004000', 0],
    ['fstp dword, denormal operand', 'd91b', '0000:0000000000000001', '00000000', 0x30],
    ['fstp qword', 'dd1b', 'bfff:8000000000000001', '000000000000f0bf', 0x20],
    ['fstp qword, signalling NaN', 'dd1b', '7fff:8000000000001000', '020000000000f87f', 1],
    ['fistp word', 'df1b', '4000:a000000000000000', '0200', 0x20],
    ['fistp word, too large', 'df1b', '400e:8000000000000000', '0080', 1],
    ['fistp dword', 'db1b', '4000:e000000000000000', '04000000', 0x220],
    ['fisttp dword', 'db0b', '4000:ffffffffffffffff', '03000000', 0x20],
    ['fistp qword, least', 'df3b', 'c03e:8000000000000000', '0000000000000080', 0],
    ['fistp qword of a NaN', 'df3b', '7fff:c000000000000000', '0000000000000080', 1],
    ['fbstp', 'df33', 'c005:f600000000000000', '23010000000000000080', 0],
    ['fbstp, too large', 'df33', '403b:de0b6b3a76400000', '00000000000000c0ffff', 1],
    ['fstp tword', 'db3b', '1234:56789abcdef01234', '3412f0debc9a78563412', 0],
  ])('%s of %s', (_name, code, value, bytes, status) => {
    runX87(machine, code, { stack: [value, ONE], status: C1 });
    expect([stored(bytes.length / 2), statusOf(machine)]).toEqual([bytes, status]);
    expect(stackOf(machine)).toEqual([ONE]);
  });

  it('an unmasked overflow is not stored, and not called inexact', () => {
    runX87(machine, 'd91b', { stack: ['407f:8000000000000001', TWO], control: 0x377 });
    expect([stored(4), statusOf(machine)]).toEqual(['00000000', 0x8088]);
    expect(stackOf(machine)).toHaveLength(2);
  });

  it('an unmasked inexact result is stored', () => {
    runX87(machine, 'd91b', { stack: ['3fff:8000008000000000', TWO], control: 0x35f });
    expect([stored(4), statusOf(machine)]).toEqual(['0000803f', 0x80a0]);
    expect(stackOf(machine)).toEqual([TWO]);
  });

  it('an empty register gives the indefinite value', () => {
    runX87(machine, 'df33');
    expect([stored(10), statusOf(machine)]).toEqual(['00000000000000c0ffff', 0x41]);
  });
});
