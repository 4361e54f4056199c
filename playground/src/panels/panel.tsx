/** A titled box: what every inspector sits in. */
import type { ComponentChildren } from 'preact';

interface Props {
  readonly title: string;
  readonly class?: string;
  /** Right of the title. */
  readonly aside?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function Panel({ title, class: classes = '', aside, children }: Props) {
  return (
    <section class={`panel ${classes}`} aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        <span class="spacer" />
        {aside}
      </div>
      <div class="panel-body">{children}</div>
    </section>
  );
}
