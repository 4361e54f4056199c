/**
 * Versions of memory, by page: what a machine needs to go back to any of many moments at the cost of what differs.
 *
 * The versions are a tree that hangs from the present. Memory itself is the present; each version has the images of those
 * pages that were different from what they are in the next version on the way to the present, and the latest version those
 * that have changed since. To go to a version is to turn the way to it around: pages and images change places, and where
 * nobody can go back to, no image is kept. So a page that two versions share is kept once, and nothing is ever searched
 * for what differs.
 *
 * (H. G. Baker, "Shallow binding makes functional arrays fast", ACM SIGPLAN Notices 26(8), 1991.)
 */
import { InvariantError } from '../errors.js';

/** A page as it was: its 32-bit words. */
export type PageImage = Int32Array<ArrayBuffer>;

const PAGE_WORDS = 1024;
/** Images that are kept for the next who needs one: 8 MiB. */
const MOST_SPARE = 2048;

/** The pages of a machine, by number. */
export interface TrackedPages {
  /** The words of a page, as they are now. */
  words(number: number): PageImage;
  /** Puts an image into its page. */
  replace(number: number, image: PageImage): void;
  /** From now on, `preserve` is called before one of these pages changes, once for each. */
  watch(numbers: Iterable<number> | 'all'): void;
  /** No store goes by unseen any more because its page had changed before. */
  protect(): void;
  /** `preserve` need not be called any more. */
  unwatch(): void;
  /** Has `preserve` called for the pages whose changes nobody announces. */
  touchUnannounced(): void;
}

/** One moment's memory. For its owner it is a key. */
export class PageVersion {
  /** The next on the way to the present; null: this is the latest. */
  next: PageVersion | null = null;
  /** Those whose `next` this is. */
  readonly others = new Set<PageVersion>();
  /** Pages as they are here, where they differ from `next`, or from memory. */
  images = new Map<number, PageImage>();
  holders = 1;
  /** Memory can still become this. */
  isAlive = true;
}

export class PageHistory {
  /** Memory and this differ by its images; null: nobody can go anywhere. */
  private latest: PageVersion | null = null;
  private readonly spare: PageImage[] = [];

  constructor(private readonly pages: TrackedPages) {}

  /** Images that are in use, for whoever watches memory. */
  get imageCount(): number {
    let count = 0;
    const visit = ({ images, others }: PageVersion): void => {
      count += images.size;
      others.forEach(visit);
    };
    if (this.latest) visit(this.latest);
    return count;
  }

  /** A page is about to change. */
  preserve(number: number): void {
    const images = this.latest?.images;
    if (images && !images.has(number)) images.set(number, this.imageOf(number));
  }

  /** The present becomes a version, held once. */
  take(): PageVersion {
    const version = new PageVersion();
    this.pages.protect();
    this.pages.watch(this.latest ? this.latest.images.keys() : 'all');
    if (this.latest) {
      this.latest.next = version;
      version.others.add(this.latest);
    }
    this.begin(version);
    return version;
  }

  /** Memory becomes what it was. */
  returnTo(version: PageVersion): void {
    this.undo();
    for (const step of this.wayTo(version).reverse()) this.stepTo(step);
    this.begin(version);
  }

  /** One holder less. What only this version needed is free. */
  release(version: PageVersion): void {
    version.holders--;
    this.collapse(version);
  }

  /** No version is of use any more. */
  forgetAll(): void {
    if (this.latest === null) return;
    this.bury(this.latest);
    this.latest = null;
    this.spare.length = 0;
    this.pages.unwatch();
  }

  /** Pages that may differ from what they were, as they were. */
  changedSince(version: PageVersion): Map<number, PageImage> {
    const changed = new Map<number, PageImage>();
    for (let at: PageVersion | null = version; at !== null; at = at.next)
      for (const [number, image] of at.images) if (!changed.has(number)) changed.set(number, image);
    return changed;
  }

  /** A page as it was. It changes with the machine: look at it at once. */
  pageAt(version: PageVersion, number: number): PageImage {
    for (let at: PageVersion | null = version; at !== null; at = at.next) {
      const image = at.images.get(number);
      if (image) return image;
    }
    return this.pages.words(number);
  }

  private begin(version: PageVersion): void {
    this.latest = version;
    this.pages.touchUnannounced();
  }

  /** What has changed since the latest version is as it was there. */
  private undo(): void {
    const { images } = this.requireLatest();
    this.pages.watch(images.keys());
    for (const [number, image] of images) {
      this.pages.replace(number, image);
      this.recycle(image);
    }
    images.clear();
  }

  /** From a version to the one before the latest. */
  private wayTo(version: PageVersion): PageVersion[] {
    const way: PageVersion[] = [];
    for (let at = version; at.next !== null; at = at.next) way.push(at);
    return way;
  }

  /** Goes to a neighbour of the latest version, between which and memory there is no difference. */
  private stepTo(neighbour: PageVersion): void {
    const left = this.requireLatest();
    left.others.delete(neighbour);
    const isNeeded = left.holders > 0 || left.others.size > 0;
    for (const [number, image] of neighbour.images) {
      if (isNeeded) left.images.set(number, this.imageOf(number));
      this.pages.replace(number, image);
      this.recycle(image);
    }
    neighbour.images.clear();
    neighbour.next = null;
    this.latest = neighbour;
    if (!isNeeded) return;
    left.next = neighbour;
    neighbour.others.add(left);
    this.collapse(left);
  }

  /** Takes a version out that nobody holds and that is not where ways meet. */
  private collapse(version: PageVersion): void {
    if (version.holders > 0 || version.others.size > 1) return;
    const [other] = version.others;
    if (other) this.join(version, other);
    else this.drop(version);
  }

  /** A version between two others: what it has belongs to the one that came by it. */
  private join(version: PageVersion, other: PageVersion): void {
    const { next, images } = version;
    // The smaller map goes into the larger; where both have a page, the image of `other` counts.
    if (images.size > other.images.size) {
      for (const [number, image] of other.images) {
        const hidden = images.get(number);
        if (hidden) this.recycle(hidden);
        images.set(number, image);
      }
      other.images = images;
    } else {
      for (const [number, image] of images) {
        if (other.images.has(number)) this.recycle(image);
        else other.images.set(number, image);
      }
    }
    other.next = next;
    next?.others.delete(version);
    next?.others.add(other);
    if (this.latest === version) this.latest = other;
  }

  private drop(version: PageVersion): void {
    const { next, images } = version;
    for (const image of images.values()) this.recycle(image);
    images.clear();
    if (next) {
      next.others.delete(version);
      this.collapse(next);
      return;
    }
    this.forgetAll();
  }

  private bury(version: PageVersion): void {
    version.isAlive = false;
    for (const other of version.others) this.bury(other);
  }

  private imageOf(number: number): PageImage {
    const image = this.spare.pop() ?? new Int32Array(PAGE_WORDS);
    image.set(this.pages.words(number));
    return image;
  }

  private recycle(image: PageImage): void {
    if (this.spare.length < MOST_SPARE) this.spare.push(image);
  }

  private requireLatest(): PageVersion {
    if (this.latest === null) throw new InvariantError('there is no version of memory to go to');
    return this.latest;
  }
}
