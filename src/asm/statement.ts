/** What a line says, once macros are gone. */
import type { Expression } from './expression.js';
import type { Operand } from './operand.js';
import type { PaddingMode } from './padding.js';
import type { Prefixes } from './prefixes.js';

/** One item of DB and its kind. */
export type DataItem =
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'float'; readonly text: string; readonly isNegative: boolean; readonly column: number }
  | { readonly kind: 'number'; readonly expression: Expression }
  /** `?` */
  | { readonly kind: 'nothing' }
  /** count DUP (items) */
  | { readonly kind: 'repeat'; readonly count: Expression; readonly items: readonly DataItem[] };

export type Body =
  | { readonly kind: 'data'; readonly unit: number; readonly items: readonly DataItem[] }
  | { readonly kind: 'reserve'; readonly unit: number; readonly count: Expression }
  | { readonly kind: 'equ'; readonly expression: Expression }
  | {
      readonly kind: 'incbin';
      readonly file: string;
      readonly skip: Expression | undefined;
      readonly length: Expression | undefined;
    }
  /** `filler` is what fills the gap: a statement of one byte, what does nothing, or for ALIGNB room. */
  | { readonly kind: 'align'; readonly boundary: Expression; readonly filler: Body | 'nothing' | 'room' }
  /** How gaps are filled from here on. `threshold` is undefined for what the mode has. */
  | {
      readonly kind: 'alignmode';
      readonly mode: PaddingMode;
      readonly threshold: Expression | 'never' | undefined;
    }
  | {
      readonly kind: 'instruction';
      readonly name: string;
      readonly prefixes: Prefixes;
      readonly operands: readonly Operand[];
    }
  | { readonly kind: 'bits'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'origin'; readonly expression: Expression }
  | { readonly kind: 'section'; readonly name: string; readonly attributes: readonly SectionAttribute[] }
  | { readonly kind: 'absolute'; readonly expression: Expression }
  | { readonly kind: 'default'; readonly isRelative: boolean }
  /** Directives that change nothing in a flat binary. */
  | { readonly kind: 'nothing' };

/** `align=16`, `nobits`. */
export interface SectionAttribute {
  readonly name: string;
  /** A number, or the name of a section. */
  readonly value: Expression | string | undefined;
  readonly column: number;
}

export interface Label {
  readonly name: string;
  readonly column: number;
}

export interface Statement {
  readonly label: Label | undefined;
  readonly times: Expression | undefined;
  readonly body: Body | undefined;
  /** Where the body begins. */
  readonly column: number;
  readonly warning: string | undefined;
}
