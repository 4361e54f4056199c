/**
 * EVENTINJ and nothing else: the baseline that shows what tracking is for.
 *
 * An NMI that EVENTINJ delivers masks no other (APM vol 2 §15.20), so without the hypervisor's help handlers nest as
 * deep as requests are frequent. And when an exit cuts a delivery short, nobody looks at EXITINTINFO: the NMI is lost.
 */
import { injectNmi, isInjectionPending } from '../../svm/event-injection.js';
import { NmiDelivery, type SavedDelivery } from './delivery.js';

const ONE_EVENT = 'EVENTINJ holds one event, and one NMI was waiting for the next VMRUN';
const NOT_REINJECTED = 'a #VMEXIT cut its delivery short and nobody looked at EXITINTINFO';

export class NaiveEventInjection extends NmiDelivery {
  private isPending = false;

  override request(): void {
    if (this.isPending) this.host.merge(ONE_EVENT);
    this.isPending = true;
  }

  override prepareEntry(): void {
    if (!this.isPending || isInjectionPending(this.vmcb)) return;
    this.isPending = false;
    injectNmi(this.vmcb);
  }

  override redeliver(): void {
    this.host.lose(NOT_REINJECTED);
  }

  override held(): number {
    return this.isPending ? 1 : 0;
  }

  override save(): SavedDelivery {
    return { isPending: this.isPending };
  }

  override restore({ isPending }: SavedDelivery): void {
    this.isPending = isPending === true;
  }

  override isDue(): boolean {
    return this.isPending;
  }
}
