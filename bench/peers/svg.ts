/** SVG as text. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export type Attributes = Readonly<Record<string, string | number>>;

/** @param content Markup, or text that `escape` has seen. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${shorten(value)}"`);
  return content === '' ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${content}</${name}>`;
}

type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, words: string, style = '', anchor: Anchor = 'start'): string {
  const attributes = {
    x,
    y,
    ...(style && { class: style }),
    ...(anchor !== 'start' && { 'text-anchor': anchor }),
  };
  return element('text', attributes, escape(words));
}

export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return element('line', { x1, y1, x2, y2, class: style });
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A tenth of a pixel is enough. */
function shorten(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;
}
