/** The pictures on the buttons: 16 by 16, in the colour of the text. */
import type { ComponentChildren } from 'preact';

function Icon({
  children,
  filled = false,
}: {
  readonly children: ComponentChildren;
  readonly filled?: boolean;
}) {
  const paint = filled
    ? { fill: 'currentColor', stroke: 'none' }
    : { fill: 'none', stroke: 'currentColor', 'stroke-width': '1.5' };
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" stroke-linecap="round" stroke-linejoin="round" {...paint}>
      {children}
    </svg>
  );
}

export const ICONS = {
  run: (
    <Icon filled>
      <path d="M4 2.6c0-.5.5-.8 1-.5l8 5.4c.4.3.4.8 0 1l-8 5.4c-.5.3-1 0-1-.5z" />
    </Icon>
  ),
  pause: (
    <Icon filled>
      <rect x="3.5" y="2.5" width="3.2" height="11" rx="1" />
      <rect x="9.3" y="2.5" width="3.2" height="11" rx="1" />
    </Icon>
  ),
  restart: (
    <Icon>
      <path d="M3 8a5 5 0 1 0 1.6-3.7M3 2.2v2.6h2.6" />
    </Icon>
  ),
  step: (
    <Icon>
      <path d="M2.5 7.5a5 5 0 0 1 9.3-1.6M12.3 2.6v3.6H8.7" />
      <circle cx="8" cy="12" r="1.6" fill="currentColor" />
    </Icon>
  ),
  stepBack: (
    <Icon>
      <path d="M13.5 7.5a5 5 0 0 0-9.3-1.6M3.7 2.6v3.6h3.6" />
      <circle cx="8" cy="12" r="1.6" fill="currentColor" />
    </Icon>
  ),
  nextExit: (
    <Icon>
      <path d="M2 8h7.5M6.8 5 9.8 8l-3 3M13 2.5v11" />
    </Icon>
  ),
  toCursor: (
    <Icon>
      <path d="M2 8h6.5M6 5.5 8.5 8 6 10.5M11.2 3h3.3M11.2 13h3.3M12.9 3v10" />
    </Icon>
  ),
  nmi: (
    <Icon filled>
      <path d="M9.2 1.4 3.5 8.9c-.3.4 0 .9.4.9h3l-.8 4.6c-.1.5.6.8.9.4l5.5-7.4c.3-.4 0-.9-.4-.9H9.2l.9-4.6c.1-.6-.6-.9-.9-.5z" />
    </Icon>
  ),
  link: (
    <Icon>
      <path d="M6.7 9.3a3 3 0 0 0 4.3.2l2-2a3 3 0 0 0-4.3-4.3l-.9.9M9.3 6.7a3 3 0 0 0-4.3-.2l-2 2a3 3 0 0 0 4.3 4.3l.9-.9" />
    </Icon>
  ),
  sun: (
    <Icon>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
    </Icon>
  ),
  moon: (
    <Icon>
      <path d="M13.2 9.8A5.8 5.8 0 0 1 6.2 2.8a5.8 5.8 0 1 0 7 7z" />
    </Icon>
  ),
  help: (
    <Icon>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.2 6.3a1.9 1.9 0 1 1 2.6 1.9c-.5.2-.8.6-.8 1.1v.2M8 11.6v.1" />
    </Icon>
  ),
  tour: (
    <Icon>
      <circle cx="8" cy="8" r="6" />
      <path d="m10.6 5.4-1.5 3.7-3.7 1.5 1.5-3.7z" />
    </Icon>
  ),
  close: (
    <Icon>
      <path d="m4 4 8 8M12 4l-8 8" />
    </Icon>
  ),
};
