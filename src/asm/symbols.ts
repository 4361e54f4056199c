/** Labels and constants, over the passes. */
import { Problem } from './diagnostics.js';
import { UNKNOWN, type Value } from './value.js';

interface Symbol {
  value: Value;
  /** The pass that defined it last. */
  pass: number;
  /** No address takes part in it: its value is that of the first pass. */
  isPure: boolean;
  isConstant: boolean;
}

/** Names that are no labels: macro-local ones, and what the preprocessor makes. */
function isInternal(name: string): boolean {
  return name.startsWith('..@');
}

export class SymbolTable {
  private readonly symbols = new Map<string, Symbol>();
  private pass = 0;
  /** The label that local ones belong to. */
  private scope = '';
  /** A symbol that depends on addresses, or a position, was read since this was last cleared. */
  hasTouchedAddress = false;
  /** A value is not the one that earlier statements of this pass may have seen. */
  hasChanged = false;

  begin(pass: number): void {
    this.pass = pass;
    this.scope = '';
    this.hasChanged = false;
  }

  /** The name in full: `.x` belongs to the label before it. */
  fullName(name: string): string {
    return name.startsWith('.') && !name.startsWith('..') ? this.scope + name : name;
  }

  /** Opens the scope of a label; local and special labels open none. */
  enter(name: string): void {
    if (!name.startsWith('.')) this.scope = name;
  }

  define(name: string, value: Value, isConstant: boolean, isPure: boolean, column: number): void {
    const full = this.fullName(name);
    const known = this.symbols.get(full);
    if (known === undefined) {
      this.symbols.set(full, { value, pass: this.pass, isPure, isConstant });
      this.hasChanged = true;
      return;
    }
    if (known.pass === this.pass) throw new Problem('DUPLICATE_SYMBOL', `${full} is defined twice`, column);
    if (!isSame(known.value, value)) this.hasChanged = true;
    known.value = value;
    known.pass = this.pass;
  }

  lookUp(name: string, column: number): Value {
    const full = this.fullName(name);
    const symbol = this.symbols.get(full);
    if (symbol === undefined) {
      this.hasTouchedAddress = true;
      if (this.pass === 1) return UNKNOWN;
      throw new Problem('UNDEFINED_SYMBOL', `${full} is not defined${this.suggestion(full)}`, column);
    }
    if (!symbol.isPure) this.hasTouchedAddress = true;
    return symbol.value;
  }

  isDefined(name: string): boolean {
    return this.symbols.has(this.fullName(name));
  }

  /** Labels and constants by name. */
  entries(): { name: string; value: Value; isConstant: boolean }[] {
    return [...this.symbols]
      .filter(([name]) => !isInternal(name))
      .map(([name, { value, isConstant }]) => ({ name, value, isConstant }));
  }

  /** A name that differs in case only is what was meant. */
  private suggestion(name: string): string {
    const lower = name.toLowerCase();
    for (const known of this.symbols.keys())
      if (known.toLowerCase() === lower) return `: did you mean ${known}?`;
    return '';
  }
}

function isSame(a: Value, b: Value): boolean {
  return (
    a.number === b.number &&
    a.isUnknown === b.isUnknown &&
    a.terms.length === b.terms.length &&
    a.terms.every(({ of, factor }, i) => of === b.terms[i]?.of && factor === b.terms[i]?.factor)
  );
}
