/** The shapes of moments, as paths around the point 0 0, eight pixels across. */
import type { MarkSymbol } from './rows.js';

export const SYMBOL_PATHS: Readonly<Record<MarkSymbol, string>> = {
  triangle: 'M-4.5-4H4.5L0 4.5Z',
  square: 'M-3.7-3.7H3.7V3.7H-3.7Z',
  diamond: 'M0-5L5 0 0 5-5 0Z',
  caret: 'M-4.5 4H4.5L0-4.5Z',
  plus: 'M-1.6-4.6H1.6V-1.6H4.6V1.6H1.6V4.6H-1.6V1.6H-4.6V-1.6H-1.6Z',
  hexagon: 'M-4.6 0L-2.3-4H2.3L4.6 0 2.3 4H-2.3Z',
  ring: 'M-3.5 0A3.5 3.5 0 1 1 3.5 0A3.5 3.5 0 1 1-3.5 0Z',
  cross: 'M-4-2.4L-2.4-4 0-1.6 2.4-4 4-2.4 1.6 0 4 2.4 2.4 4 0 1.6-2.4 4-4 2.4-1.6 0Z',
  dot: 'M-2.2 0A2.2 2.2 0 1 1 2.2 0A2.2 2.2 0 1 1-2.2 0Z',
  flag: 'M-1-5H0V-4.5L5-2 0 .5V5H-1Z',
};

/** Drawn as an outline. */
export const HOLLOW: ReadonlySet<MarkSymbol> = new Set<MarkSymbol>(['ring']);
