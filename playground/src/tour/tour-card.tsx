/** The tour's text, beside what it is about. */
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../toolbar/icon-button.js';
import { TOUR } from './steps.js';
import { endTour, showStep, tourStep } from './tour-state.js';

export function TourCard() {
  const index = tourStep.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Read out by a screen reader, and where Tab goes on from.
    if (index !== null) heading.current?.focus({ preventScroll: true });
  }, [index]);
  const step = index === null ? undefined : TOUR[index];
  if (index === null || step === undefined) return null;
  const isLast = index === TOUR.length - 1;
  return (
    <section class="tour-card" aria-label="Guided tour">
      <div class="tour-head">
        <span class="dim">
          {index + 1} of {TOUR.length}
        </span>
        <h2 ref={heading} tabIndex={-1}>
          {step.title}
        </h2>
        <IconButton label="End the tour" icon="close" onClick={endTour} />
      </div>
      {step.text.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <div class="tour-foot">
        <button
          type="button"
          class="button outlined"
          disabled={index === 0}
          onClick={() => showStep(index - 1)}
        >
          Back
        </button>
        <button
          type="button"
          class="button primary"
          onClick={() => (isLast ? endTour() : showStep(index + 1))}
        >
          {isLast ? 'Done' : 'Next'}
        </button>
      </div>
    </section>
  );
}
