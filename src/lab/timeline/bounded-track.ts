/**
 * Marks in bounded space. While they fit, each is kept as it is; from then on time is cut into buckets, twice as long each
 * time that even those do not fit, and the marks of one kind that begin in one bucket are one.
 */
import type { Mark, Track } from './timeline.js';

/** What is particular to one kind of mark. */
export interface MarkKind<T extends Mark> {
  /** Marks of different classes are never joined. */
  readonly classOf: (mark: T) => string;
  /** One mark for two of a class, `first` the earlier, but for what every mark has. */
  readonly join: (first: T, second: T) => Omit<T, keyof Mark>;
}

export interface Bounds {
  /** Most marks to keep. */
  readonly limit: number;
  /** Marks before and after are not kept. */
  readonly from: number;
  readonly to: number;
}

export class BoundedTrack<T extends Mark> {
  private resolution = 1;
  private marks: T[] = [];
  /** By bucket and class, as soon as there are buckets. */
  private joined = new Map<string, T>();

  constructor(
    private readonly kind: MarkKind<T>,
    private readonly bounds: Bounds,
  ) {}

  /** Marks stand for several events by now. */
  get isAggregated(): boolean {
    return this.resolution > 1;
  }

  add(mark: T): void {
    if (mark.to < this.bounds.from || mark.from > this.bounds.to) return;
    if (this.resolution === 1) {
      this.marks.push(mark);
      if (this.marks.length > this.bounds.limit) this.coarsen(this.marks);
    } else {
      this.put(mark);
      if (this.joined.size > this.bounds.limit) this.coarsen([...this.joined.values()]);
    }
  }

  /** A copy, in the order of time, with marks that are not over yet. */
  track(open: readonly T[] = []): Track<T> {
    if (open.length > 0) return this.with(open).track();
    const marks = this.resolution === 1 ? this.marks : [...this.joined.values()];
    return { resolution: this.resolution, marks: marks.toSorted((a, b) => a.from - b.from) };
  }

  private with(more: readonly T[]): BoundedTrack<T> {
    const copy = new BoundedTrack(this.kind, this.bounds);
    copy.resolution = this.resolution;
    copy.marks = [...this.marks];
    copy.joined = new Map(this.joined);
    for (const mark of more) copy.add(mark);
    return copy;
  }

  private put(mark: T): void {
    const key = `${Math.floor(mark.from / this.resolution)} ${this.kind.classOf(mark)}`;
    const known = this.joined.get(key);
    this.joined.set(key, known === undefined ? mark : this.join(known, mark));
  }

  private join(a: T, b: T): T {
    const [first, second] = a.from <= b.from ? [a, b] : [b, a];
    const extent = { from: first.from, to: Math.max(first.to, second.to), count: first.count + second.count };
    return { ...first, ...this.kind.join(first, second), ...extent };
  }

  /** Half of the room is free afterwards, or this would be done again at once. */
  private coarsen(marks: readonly T[]): void {
    do {
      this.resolution *= 2;
      this.joined = new Map();
      for (const mark of marks) this.put(mark);
    } while (this.joined.size > this.bounds.limit / 2 && this.resolution < Number.MAX_SAFE_INTEGER / 2);
    this.marks = [];
  }
}
