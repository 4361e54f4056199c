/**
 * The registers as GDB knows them (gdb/features/i386 in GDB's sources): its own features for what it has a name for, and one of
 * ours for control and debug registers and MSRs.
 */

export interface TargetRegister {
  /** GDB's name. */
  readonly name: string;
  /** The name in `vm.registers`; a segment's base is `fs.base`. */
  readonly source: string;
  readonly bits: number;
  readonly type: string;
}

export interface TargetDescription {
  readonly xml: string;
  /** In GDB's order. */
  readonly registers: readonly TargetRegister[];
}

const GENERAL_64 = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp'];
const NUMBERED = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const GENERAL_32 = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
const SEGMENTS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'];
/** GDB's name and ours. */
const X87_CONTROL = [
  ['fctrl', 'fcw'],
  ['fstat', 'fsw'],
  ['ftag', 'ftw'],
  ['fiseg', 'fcs'],
  ['fioff', 'fip'],
  ['foseg', 'fds'],
  ['fooff', 'fdp'],
  ['fop', 'fop'],
] as const;
// prettier-ignore
const SYSTEM = [
  'cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'efer', 'dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7',
  'star', 'lstar', 'cstar', 'sfmask', 'kernelGsBase', 'xcr0',
];

/** The union types that GDB expects of SSE registers. */
const VECTOR_TYPES = [
  '<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>',
  '<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>',
  '<vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>',
  '<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>',
  '<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/>',
  '<field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/>',
  '<field name="uint128" type="uint128"/></union>',
].join('');

/** @param isLong The guest executes 64-bit code. */
export function describeTarget(isLong: boolean): TargetDescription {
  const features = [
    feature('core', '', coreRegisters(isLong)),
    feature('sse', VECTOR_TYPES, [
      ...range(isLong ? 16 : 8).map((i) => row(`xmm${i}`, 128, 'vec128')),
      row('mxcsr', 32, 'int'),
    ]),
    ...(isLong
      ? [
          feature('segments', '', [
            row('fs_base', 64, 'int', 'fs.base'),
            row('gs_base', 64, 'int', 'gs.base'),
          ]),
        ]
      : []),
    { name: 'org.vmexit.system', types: '', registers: SYSTEM.map((name) => row(name, 64, 'int64')) },
  ];
  const architecture = isLong ? 'i386:x86-64' : 'i386';
  const body = features.map(({ name, types, registers }) => {
    const rows = registers.map((one) => `<reg name="${one.name}" bitsize="${one.bits}" type="${one.type}"/>`);
    return `<feature name="${name}">${types}${rows.join('')}</feature>`;
  });
  return {
    xml: `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target><architecture>${architecture}</architecture>${body.join('')}</target>`,
    registers: features.flatMap(({ registers }) => registers),
  };
}

interface Feature {
  readonly name: string;
  readonly types: string;
  readonly registers: readonly TargetRegister[];
}

function feature(name: string, types: string, registers: readonly TargetRegister[]): Feature {
  return { name: `org.gnu.gdb.i386.${name}`, types, registers };
}

function coreRegisters(isLong: boolean): TargetRegister[] {
  const general = isLong
    ? [...GENERAL_64, ...NUMBERED].map((name) => row(name, 64, /^r[bs]p$/.test(name) ? 'data_ptr' : 'int64'))
    : GENERAL_32.map((name) => row(name, 32, /^e[bs]p$/.test(name) ? 'data_ptr' : 'int32'));
  const pointer = isLong ? row('rip', 64, 'code_ptr') : row('eip', 32, 'code_ptr', 'rip');
  return [
    ...general,
    pointer,
    row('eflags', 32, 'int32'),
    ...SEGMENTS.map((name) => row(name, 32, 'int32')),
    ...range(8).map((i) => row(`st${i}`, 80, 'i387_ext')),
    ...X87_CONTROL.map(([name, source]) => row(name, 32, 'int', source)),
  ];
}

function row(name: string, bits: number, type: string, source = name): TargetRegister {
  return { name, source, bits, type };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
