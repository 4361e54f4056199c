/** The packages of %use: sources that are read where they are asked for. */
import { ALIGN_MODE } from '../parse-directive.js';

/** In the order of their numbers. */
const LEGACY = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const LOW_BYTES = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const HIGH_BYTES = ['ah', 'ch', 'dh', 'bh'];

/** Numbers for the registers that have names, and the names that Intel gives to low bytes. */
function alternateRegisters(): string[] {
  return [
    ...LEGACY.flatMap((name, i) => [`r${i} r${name}`, `r${i}d e${name}`, `r${i}w ${name}`]),
    ...LOW_BYTES.flatMap((name, i) => [`r${i}l ${name}`, `r${i}b ${name}`]),
    ...Array.from({ length: 8 }, (_, i) => `r${i + 8}l r${i + 8}b`),
    ...HIGH_BYTES.map((name, i) => `r${i}h ${name}`),
  ].map((definition) => `%idefine ${definition}`);
}

const FLOATS = ['8', '16', '32', '64', '80m', '80e', '128l', '128h'].map((size) => `float${size}`);

const SMART_ALIGN = `
%imacro alignmode 1.nolist
[${ALIGN_MODE} %1]
%endmacro
%imacro alignmode 2.nolist
[${ALIGN_MODE} %1, %2]
%endmacro
[${ALIGN_MODE} generic]`;

const SOURCES: Readonly<Record<string, string>> = {
  altreg: alternateRegisters().join('\n'),
  smartalign: SMART_ALIGN,
  ifunc: ['ilog2 e', 'ilog2e e', 'ilog2w w', 'ilog2f f', 'ilog2c c']
    .map((entry) => entry.split(' '))
    .map(([name = '', rounding = '']) => `%idefine ${name}(x) (__?ilog2${rounding}?__(x))`)
    .join('\n'),
  fp: [
    ...[...FLOATS, 'bfloat16'].map((name) => `%define ${name}(x) __?${name}?__(x)`),
    ...['Inf Infinity', 'NaN QNaN', 'QNaN QNaN', 'SNaN SNaN']
      .map((entry) => entry.split(' '))
      .map(([name = '', value = '']) => `%define ${name} __?${value}?__`),
  ].join('\n'),
};

/** The packages that there are. */
export const PACKAGE_NAMES: readonly string[] = Object.keys(SOURCES);

/** The source of a package; undefined if there is none. */
export function packageSource(name: string): string | undefined {
  if (!Object.hasOwn(SOURCES, name)) return undefined;
  const mark = name.toUpperCase();
  return `%define __?USE_${mark}?__\n%define __USE_${mark}__\n${SOURCES[name]!}\n`;
}
