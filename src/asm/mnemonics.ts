/** Where NASM's names of instructions differ from those in iced's strings. */

/** Conditions with several names, by the one that iced uses. */
// prettier-ignore
const CONDITION_NAMES: Readonly<Record<string, readonly string[]>> = {
  b: ['c', 'nae'], ae: ['nc', 'nb'], e: ['z'], ne: ['nz'], be: ['na'], a: ['nbe'], p: ['pe'], np: ['po'],
  l: ['nge'], ge: ['nl'], le: ['ng'], g: ['nle'],
};

/** Names that stand for others: any encoding of theirs will do. */
// prettier-ignore
export const ALIASES: Readonly<Record<string, readonly string[]>> = {
  // The operand size is that of the code unless a suffix says otherwise.
  iret: ['iret', 'iretd'], iretw: ['iret'],
  pushf: ['pushf', 'pushfd', 'pushfq'], pushfw: ['pushf'],
  popf: ['popf', 'popfd', 'popfq'], popfw: ['popf'],
  pusha: ['pusha', 'pushad'], pushaw: ['pusha'], popa: ['popa', 'popad'], popaw: ['popa'],
  xlat: ['xlatb'], fwait: ['wait', 'fwait'], wait: ['wait', 'fwait'], int03: ['int3'], icebp: ['int1'], retn: ['ret'], movsx: ['movsx', 'movsxd'],
  sal: ['shl'], loopz: ['loope'], loopnz: ['loopne'], ud2a: ['ud2'], ud2b: ['ud1'],
  ...conditions('j'), ...conditions('set'), ...conditions('cmov'),
};

/** The names of iced's that `name` stands for. */
export function mnemonicsOf(name: string): readonly string[] {
  return ALIASES[name] ?? [name];
}

function conditions(prefix: string): Record<string, readonly string[]> {
  const entries = Object.entries(CONDITION_NAMES).flatMap(([name, others]) =>
    others.map((other) => [prefix + other, [prefix + name]] as const),
  );
  return Object.fromEntries(entries);
}
