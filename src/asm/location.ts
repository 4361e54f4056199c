/** Where the next byte goes: a section and how far in, or an address without bytes. */
import { FatalProblem } from './diagnostics.js';
import { Section } from './sections.js';
import { add, scalar, type Value } from './value.js';

/** Room that is reserved beyond this is a mistake in the source. */
const MOST_ROOM = 2 ** 40;

export class Location {
  readonly sections: Section[] = [];
  private section: Section | undefined;
  /** ABSOLUTE's address; undefined in a section. */
  private absolute: Value | undefined;
  private offset = 0;

  /** Empties all sections and starts in the first. */
  begin(): void {
    for (const section of this.sections) section.reset();
    this.enter('.text');
  }

  enter(name: string): Section {
    let section = this.sections.find((candidate) => candidate.name === name);
    if (section === undefined) this.sections.push((section = new Section(name)));
    this.section = section;
    this.absolute = undefined;
    return section;
  }

  enterAbsolute(address: Value): void {
    this.absolute = address;
    this.offset = 0;
  }

  get current(): Section | undefined {
    return this.absolute === undefined ? this.section : undefined;
  }

  /** Of the section that ABSOLUTE left, if it did. */
  get sectionName(): string | undefined {
    return this.section?.name;
  }

  /** Bytes from the start of the section. */
  get position(): number {
    return this.current?.length ?? this.offset;
  }

  /** $ */
  here(): Value {
    return add(this.start(), scalar(BigInt(this.position)));
  }

  /** $$ */
  start(): Value {
    const { current } = this;
    if (current === undefined) return this.absolute ?? scalar(0n);
    return { number: 0n, terms: [{ of: current.base, factor: 1n }], isUnknown: false };
  }

  append(bytes: Uint8Array): void {
    const { current } = this;
    if (current === undefined || current.isNoBits) this.skip(bytes.length);
    else current.append(bytes);
  }

  reserve(count: number): void {
    const { current } = this;
    if (current === undefined || current.isNoBits) this.skip(count);
    else current.reserve(count);
  }

  private skip(count: number): void {
    if (this.position + count > MOST_ROOM)
      throw new FatalProblem('LIMIT', `more than ${MOST_ROOM / 2 ** 30} GiB are reserved`);
    if (this.current === undefined) this.offset += count;
    else this.current.length += count;
  }
}
