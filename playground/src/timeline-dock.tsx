/** The strip under source and machine: what happened when, and how often, in this run and under every delivery. */
export function TimelineDock() {
  return <section class="timeline-dock" aria-label="Timeline" />;
}
