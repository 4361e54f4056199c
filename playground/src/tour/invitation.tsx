/** What a first visitor should know: what a Virtual NMI is, and where it can be seen. */
import { invites, startTour } from './tour-state.js';

export function Invitation() {
  if (!invites.value) return null;
  return (
    <section class="tour-card invitation" aria-label="What a Virtual NMI is">
      <div class="tour-head">
        <h2>What is a Virtual NMI?</h2>
      </div>
      <p>
        An NMI interrupts a guest whatever its IF says; while its handler runs, the next one has to wait. A
        hypervisor can see to that itself: it injects each NMI and intercepts IRET, to learn that the handler
        is done. That is an exit for every NMI.
      </p>
      <p>
        With <b>Virtual NMI</b> the processor does it: V_NMI waits behind V_NMI_MASK until the handler’s IRET
        completes, and nothing exits.
      </p>
      <div class="tour-foot">
        <button type="button" class="button primary" onClick={startTour}>
          See it, in five steps
        </button>
        <button
          type="button"
          class="button outlined"
          onClick={() => {
            invites.value = false;
          }}
        >
          Not now
        </button>
      </div>
    </section>
  );
}
