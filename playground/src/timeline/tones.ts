/** The colour of what a mark means, in the page's theme. */
import { DARK, LIGHT, type Tone } from 'vmexit/lab';
import { theme } from '../theme.js';

export function colourOf(tone: Tone): string {
  return (theme.value === 'dark' ? DARK : LIGHT)[tone];
}
