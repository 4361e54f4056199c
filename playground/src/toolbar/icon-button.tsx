/** A button that is only a picture; its name is said and shown as a hint. */
import { ICONS } from './icons.js';

interface Props {
  readonly label: string;
  readonly icon: keyof typeof ICONS;
  readonly onClick: () => void;
}

export function IconButton({ label, icon, onClick }: Props) {
  return (
    <button type="button" class="button icon" aria-label={label} title={label} onClick={onClick}>
      {ICONS[icon]}
    </button>
  );
}
