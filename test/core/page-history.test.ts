/** Any version of memory can be gone to, in any order, and has the pages that it had; against whole copies. */
import { expect, it } from 'vitest';
import {
  PageHistory,
  type PageImage,
  type PageVersion,
  type TrackedPages,
} from '../../src/core/page-history.js';
import { Random } from '../silicon/random.js';

const PAGES = 12;
const WORDS = 1024;

/** Pages that tell before they change, as the core does; the last one never tells. */
class Pages implements TrackedPages {
  readonly memory = Array.from({ length: PAGES }, () => new Int32Array(WORDS));
  readonly history = new PageHistory(this);
  private readonly isClean = new Array<boolean>(PAGES).fill(false);
  copies = 0;
  readonly images = new Set<PageImage>();

  get watched(): number {
    return this.isClean.filter(Boolean).length;
  }

  write(number: number, value: number): void {
    if (this.isClean[number] && number !== PAGES - 1) this.touch(number);
    this.memory[number]!.fill(value);
  }

  words(number: number): PageImage {
    return this.memory[number]!;
  }

  replace(number: number, image: PageImage): void {
    this.memory[number]!.set(image);
    this.copies++;
    this.images.add(image);
  }

  watch(numbers: Iterable<number> | 'all'): void {
    if (numbers === 'all') this.isClean.fill(true);
    else for (const number of numbers) this.isClean[number] = true;
  }

  protect(): void {}

  unwatch(): void {
    this.isClean.fill(false);
  }

  touchUnannounced(): void {
    if (this.isClean[PAGES - 1]) this.touch(PAGES - 1);
  }

  look(): string {
    return this.memory.map((page) => page[7]).join(' ');
  }

  private touch(number: number): void {
    this.isClean[number] = false;
    this.history.preserve(number);
  }
}

it('goes to any version, in any order', () => {
  const pages = new Pages();
  const { history } = pages;
  const random = new Random(20261122);
  const held: { version: PageVersion; state: string }[] = [];
  for (let step = 0; step < 5000; step++) {
    const kind = random.below(8);
    if (kind < 3) pages.write(random.below(PAGES), random.u32());
    else if (kind < 5 && held.length < 12) held.push({ version: history.take(), state: pages.look() });
    else if (held.length === 0) continue;
    else if (kind < 7) {
      const { version, state } = random.pick(held);
      history.returnTo(version);
      expect(pages.look()).toBe(state);
    } else history.release(held.splice(random.below(held.length), 1)[0]!.version);
    for (const { version, state } of held.slice(0, 2)) {
      const was = pages.memory.map((_, number) => history.pageAt(version, number)[7]);
      expect(was.join(' ')).toBe(state);
      const since = history.changedSince(version);
      for (const [number, image] of since) expect(image[7]).toBe(was[number]);
      const changed = [...since.keys()];
      const differing = pages.memory.flatMap((page, number) => (page[7] === was[number] ? [] : [number]));
      expect(changed).toEqual(expect.arrayContaining(differing));
    }
    expect(history.imageCount).toBeLessThanOrEqual(PAGES * held.length);
  }
  for (const { version } of held) history.release(version);
  expect(history.imageCount).toBe(0);
});

it('keeps a page once that several versions share, until the last of them goes', () => {
  const pages = new Pages();
  const { history } = pages;
  pages.write(1, 1);
  const versions = Array.from({ length: 10 }, () => history.take());
  const unannounced = history.imageCount;
  pages.write(1, 2);
  expect(history.imageCount).toBe(unannounced + 1);
  for (const version of versions.slice(0, 9)) history.release(version);
  expect(history.pageAt(versions[9]!, 1)[0]).toBe(1);
  history.release(versions[9]!);
  expect(history.imageCount).toBe(0);
});

it('copies what differs and nothing else', () => {
  const pages = new Pages();
  const { history } = pages;
  const version = history.take();
  pages.write(3, 1);
  pages.write(3, 2);
  history.returnTo(version);
  expect(pages.copies).toBe(2); // page 3, and the one that never tells
});

it('uses its images again', () => {
  const pages = new Pages();
  const { history } = pages;
  const first = history.take();
  pages.write(3, 1);
  const second = history.take();
  for (let round = 0; round < 20; round++) for (const version of [first, second]) history.returnTo(version);
  expect(pages.images.size).toBeLessThanOrEqual(4); // of page 3, and of the one that never tells
});

it('forgets all, and watches no more', () => {
  const pages = new Pages();
  const { history } = pages;
  const versions = [history.take()];
  pages.write(3, 1);
  versions.push(history.take());
  history.returnTo(versions[0]!);
  pages.write(3, 2);
  versions.push(history.take());
  history.forgetAll();
  expect(versions.map(({ isAlive }) => isAlive)).toEqual([false, false, false]);
  expect([history.imageCount, pages.watched]).toEqual([0, 0]);
});
