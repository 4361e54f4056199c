/** Where the element's guest comes from: a file on the server, or a source in the page. */
import { UsageError } from '../errors.js';
import type { SentOptions } from '../worker/protocol.js';

/** Extensions of sources; everything else is a binary. */
const SOURCE = /\.(asm|nasm|s)$/i;
const INLINE_TYPE = 'text/x-nasm';

/**
 * The bytes or the source that `src` names, or the source in the element: that of a `<script type="text/x-nasm">`, or its text.
 * Rejects with a `UsageError` if there is none, or if the server does not have it.
 */
export async function readGuest(element: HTMLElement): Promise<SentOptions['guest']> {
  const src = element.getAttribute('src');
  if (src !== null) return fetchGuest(new URL(src, element.baseURI));
  const script = element.querySelector(`script[type="${INLINE_TYPE}"]`);
  const assembly = script?.textContent ?? element.textContent ?? '';
  if (assembly.trim() === '')
    throw new UsageError(`there is no guest: give src="guest.asm", or a source between the tags`);
  return { assembly, name: 'source' };
}

async function fetchGuest(url: URL): Promise<SentOptions['guest']> {
  const name = url.pathname.split('/').at(-1) ?? url.pathname;
  const response = await fetch(url).catch((cause: unknown) => {
    throw new UsageError(`cannot load ${url.href}: ${String(cause)}`, { cause });
  });
  if (!response.ok) throw new UsageError(`cannot load ${url.href}: the server answers ${response.status}`);
  if (SOURCE.test(name)) return { assembly: await response.text(), name };
  return new Uint8Array(await response.arrayBuffer());
}
