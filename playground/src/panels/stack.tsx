/** The top of the stack, newest first, with the labels that its values point to. */
import { previousView, view } from '../machine/machine.js';
import { hex } from './number-format.js';

export function Stack() {
  const now = view.value;
  if (now === null) return null;
  const before = new Map(previousView.value?.stack.map(({ address, value }) => [address, value]));
  const digits = now.bits / 4;
  return (
    <table class="stack mono" aria-label="Stack">
      <tbody>
        {now.stack.map(({ address, value, symbol }, index) => (
          <tr
            key={String(address)}
            class={before.has(address) && before.get(address) !== value ? 'changed' : ''}
          >
            <th scope="row">{index === 0 ? 'top' : `+${hex(index * (now.bits / 8), 2)}`}</th>
            <td class="dim">{hex(address, 8)}</td>
            <td class="value">{hex(value, digits)}</td>
            <td class="symbol">{symbol}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
