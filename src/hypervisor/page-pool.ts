/** Pages of system-physical memory, handed out one after another and never taken back. */
import { PAGE_BYTES } from './memory-layout.js';

export class PagePool {
  /** @param next Physical address of the next page. */
  constructor(public next: number) {}

  take(): number {
    const page = this.next;
    this.next += PAGE_BYTES;
    return page;
  }
}
