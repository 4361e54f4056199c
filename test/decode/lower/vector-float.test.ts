/** Floating-point instructions: the micro-ops of each form. */
import { expect, it } from 'vitest';
import { Mode } from '../../../assembly/abi/processor-bits.js';
import { bitsOf, disassembler, hex, lower } from '../decoding.js';

const VECTORS = Mode.Osfxsr | Mode.Avx;

// prettier-ignore
it.each<[text: string, bytes: string, uops: string[]]>([
  ['addps xmm0,xmm1',            '0f58c1',       ['Float Add Legacy V0, V0, V1, 0 PackedSingle']],
  ['addpd xmm0,[rcx]',           '660f5801',     ['LoadVector128 V16, Ds:[Rcx + 0]', 'Float Add Legacy V0, V0, V16, 0 PackedDouble']],
  ['addss xmm0,[rcx]',           'f30f5801',     ['LoadVector32 V16, Ds:[Rcx + 0]', 'Float Add Legacy V0, V0, V16, 0 ScalarSingle']],
  ['vaddss xmm0,xmm2,[rcx]',     'c5ea5801',     ['LoadVector32 V16, Ds:[Rcx + 0]', 'Float Add Vex128 V0, V2, V16, 0 ScalarSingle']],
  ['vaddps ymm0,ymm2,[rcx]',     'c5ec5801',     ['LoadVector256 V16, Ds:[Rcx + 0]', 'Float Add Vex256 V0, V2, V16, 0 PackedSingle']],
  ['vsqrtps xmm0,[rcx]',         'c5f85101',     ['LoadVector128 V16, Ds:[Rcx + 0]', 'Float Sqrt Vex128 V0, V16, V16, 0 PackedSingle']],
  ['vsqrtss xmm0,xmm2,xmm1',     'c5ea51c1',     ['Float Sqrt Vex128 V0, V2, V1, 0 ScalarSingle']],
  ['vrcpps xmm0,xmm1',           'c5f853c1',     ['Float Rcp Vex128 V0, V1, V1, 0 PackedSingle']],
  ['cmpnltsd xmm0,xmm1',         'f20fc2c105',   ['Float Cmp Legacy V0, V0, V1, 5 ScalarDouble']],
  ['ucomiss xmm0,[rcx]',         '0f2e01',       ['LoadVector32 V16, Ds:[Rcx + 0]', 'Float Ucomi Legacy V0, V0, V16, 0 ScalarSingle']],
  ['vfmadd132ss xmm0,xmm2,xmm1', 'c4e26999c1',   ['Float Fmadd Vex128 V0, V2, V1, 0 ScalarSingle Order132']],
  ['vfmadd231sd xmm0,xmm2,[rcx]', 'c4e2edb901',  ['LoadVector64 V16, Ds:[Rcx + 0]', 'Float Fmadd Vex128 V0, V2, V16, 0 ScalarDouble Order231']],
  ['cvtps2pd xmm0,[rcx]',        '0f5a01',       ['LoadVector64 V16, Ds:[Rcx + 0]', 'Float CvtPs2Pd Legacy V0, V0, V16, 0 ScalarSingle']],
  ['vcvtdq2pd ymm0,xmm1',        'c5fee6c1',     ['Float CvtDq2Pd Vex256 V0, V0, V1, 0 ScalarSingle']],
  ['vcvtpd2dq xmm0,yword [rcx]', 'c5ffe601',     ['LoadVector256 V16, Ds:[Rcx + 0]', 'Float CvtPd2Dq Vex256 V0, V0, V16, 0 ScalarSingle']],
  ['vcvtpd2dq xmm0,oword [rcx]', 'c5fbe601',     ['LoadVector128 V16, Ds:[Rcx + 0]', 'Float CvtPd2Dq Vex128 V0, V0, V16, 0 ScalarSingle']],
  ['vcvtps2ph [rcx],ymm0,2',     'c4e37d1d0102', ['LoadRmw64 T0, Ds:[Rcx + 0]', 'LoadRmw64 T0, Ds:[Rcx + 8]', 'LoadVector128 V16, Ds:[Rcx + 0]', 'Float CvtPs2Ph Vex256 V16, V0, V0, 2 ScalarSingle', 'StoreVector128 V16, Ds:[Rcx + 0]']],
  ['cvtsi2ss xmm0,rcx',          'f3480f2ac1',   ['Float CvtSi64 Legacy V0, V0, V8, 0 ScalarSingle']],
  ['vcvtsi2ss xmm0,xmm2,dword [rcx]', 'c5ea2a01', ['Load32 T0, Ds:[Rcx + 0]', 'Float CvtSi32 Vex128 V0, V2, V192, 0 ScalarSingle']],
  ['cvttsd2si eax,xmm1',         'f20f2cc1',     ['Float CvttToSi32 Legacy V0, V1, V1, 0 ScalarDouble']],
  ['vcvtsd2si rax,[rcx]',        'c4e1fb2d01',   ['LoadVector64 V16, Ds:[Rcx + 0]', 'Float CvtToSi64 Vex128 V0, V16, V16, 0 ScalarDouble']],
  ['ldmxcsr [rcx]',              '0fae11',       ['Load32 T0, Ds:[Rcx + 0]', 'Float LoadMxcsr Legacy V0, V0, V0, 0 ScalarSingle']],
  ['vstmxcsr [rcx]',             'c5f8ae19',     ['Float StoreMxcsr Legacy V0, V0, V0, 0 ScalarSingle', 'Store32 T0, Ds:[Rcx + 0]']],
  ['cvtpi2ps xmm0,mm1',          '0f2ac1',       ['MmxCheck', 'MmxRead V16, MM1', 'MmxEnter', 'Float CvtDq2Ps Legacy V17, V17, V16, 0 ScalarSingle', 'Vector MoveLow64 Legacy V0, V0, V17, 0']],
  ['cvtpi2ps xmm0,[rcx]',        '0f2a01',       ['LoadVector64 V16, Ds:[Rcx + 0]', 'Float CvtDq2Ps Legacy V17, V17, V16, 0 ScalarSingle', 'Vector MoveLow64 Legacy V0, V0, V17, 0']],
  ['cvtpd2pi mm0,[rcx]',         '660f2d01',     ['MmxCheck', 'LoadVector128 V16, Ds:[Rcx + 0]', 'MmxEnter', 'Float CvtPd2Dq Legacy V17, V17, V16, 0 ScalarSingle', 'Vector Move Mmx MM0, V17, V17, 0']],
])('%s', (text, bytes, uops) => {
  expect(disassembler.format(hex(bytes), bitsOf('long'), 0).text).toBe(text);
  const lines = lower('long', bytes, VECTORS).slice(0, -1);
  expect(lines).toEqual(uops.map((uop) => `0: ${uop}`));
});
