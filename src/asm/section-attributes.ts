/** `section .x align=16 vstart=0x1000`: what each attribute means. */
import { Problem } from './diagnostics.js';
import { evaluateConstant, type Scope } from './evaluate.js';
import type { Section } from './sections.js';
import type { SectionAttribute } from './statement.js';

/** Attributes of other object formats, which a flat binary has no use for. */
const MEANINGLESS = new Set([
  'exec',
  'noexec',
  'write',
  'nowrite',
  'alloc',
  'noalloc',
  'code',
  'data',
  'rdata',
  'class',
]);

export function applyAttributes(
  section: Section,
  attributes: readonly SectionAttribute[],
  scope: Scope,
): void {
  for (const attribute of attributes) apply(section, attribute, scope);
}

function apply(section: Section, { name, value, column }: SectionAttribute, scope: Scope): void {
  switch (name) {
    case 'progbits':
      section.isNoBits = false;
      return;
    case 'nobits':
      section.isNoBits = true;
      return;
    case 'follows':
      section.follows = nameOf(name, value, column);
      return;
    case 'vfollows':
      section.virtualFollows = nameOf(name, value, column);
      return;
    case 'start':
      section.start = numberOf(name, value, column, scope);
      return;
    case 'vstart':
      section.virtualStart = numberOf(name, value, column, scope);
      return;
    case 'align':
      section.align = powerOfTwo(numberOf(name, value, column, scope), column);
      return;
    case 'valign':
      section.virtualAlign = powerOfTwo(numberOf(name, value, column, scope), column);
      return;
    default:
      if (!MEANINGLESS.has(name))
        throw new Problem('SECTION', `there is no attribute ${name} of a section`, column);
  }
}

function nameOf(name: string, value: SectionAttribute['value'], column: number): string {
  if (typeof value === 'string') return value;
  throw new Problem('SECTION', `${name} takes the name of a section`, column);
}

function numberOf(name: string, value: SectionAttribute['value'], column: number, scope: Scope): bigint {
  if (value === undefined || typeof value === 'string')
    throw new Problem('SECTION', `${name} takes a number`, column);
  return evaluateConstant(value, scope, name);
}

function powerOfTwo(number: bigint, column: number): bigint {
  if (number < 1n || (number & (number - 1n)) !== 0n)
    throw new Problem('SECTION', `${number} is no power of two to align to`, column);
  return number;
}
