/** Kinds of access. In an entry of a translation cache, the tag that each compares is at `kind * 8`. */
export enum Access {
  Read = 0,
  Write = 1,
  Fetch = 2,
}
