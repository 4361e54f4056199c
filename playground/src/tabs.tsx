/** Tabs, as the ARIA practices describe them: arrows move between them, Tab goes into the panel. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';

export interface TabSpec {
  readonly id: string;
  readonly label: string;
  /** A small number beside the label. */
  readonly count?: string | undefined;
  readonly content: () => ComponentChildren;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly TabSpec[];
  readonly selected: Signal<string>;
  readonly class?: string;
}

export function Tabs({ label, tabs, selected, class: classes = '' }: Props) {
  const current = tabs.find(({ id }) => id === selected.value) ?? tabs[0];
  const move = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || current === undefined) return;
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    selected.value = next.id;
    document.getElementById(`tab-${next.id}`)?.focus();
    event.preventDefault();
  };
  return (
    <section class={`panel ${classes}`} aria-label={label}>
      <div class="panel-head">
        <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
          {tabs.map(({ id, label: text, count }) => (
            <button
              key={id}
              type="button"
              role="tab"
              class="tab"
              id={`tab-${id}`}
              aria-selected={id === current?.id}
              aria-controls={id === current?.id ? `panel-${id}` : undefined}
              tabIndex={id === current?.id ? 0 : -1}
              onClick={() => {
                selected.value = id;
              }}
            >
              {text}
              {count !== undefined && <span class="count">{count}</span>}
            </button>
          ))}
        </div>
      </div>
      {current !== undefined && (
        <div
          class="panel-body"
          role="tabpanel"
          tabIndex={0}
          id={`panel-${current.id}`}
          aria-labelledby={`tab-${current.id}`}
        >
          {current.content()}
        </div>
      )}
    </section>
  );
}
