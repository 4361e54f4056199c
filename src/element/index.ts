/** vmexit/element: importing it defines `<x86-guest>`. */
import { X86GuestElement } from './x86-guest.js';

export { type GuestState, X86GuestElement } from './x86-guest.js';

const NAME = 'x86-guest';

if ('customElements' in globalThis && customElements.get(NAME) === undefined)
  customElements.define(NAME, X86GuestElement);

declare global {
  interface HTMLElementTagNameMap {
    [NAME]: X86GuestElement;
  }
}
