/**
 * The parts of iced-x86's data that nothing which is left refers to. A compiler that finds them by itself there is not:
 * code also reaches a table from before its start. So they are listed, where they lie in the one version that is pinned, and
 * test/decode/iced-trimmed.test.ts compares what the binary says with what the package's says.
 */
import { createHash } from 'node:crypto';

/** SHA-256 of the package's binary that the addresses are of. */
const BINARY = 'e6b572689d3296b15d58d7944f37745435a6aa914df610e0fd42ce0f964033a1';

const UNUSED = [
  // The fast formatter's mnemonics: 4.5 kB of a download.
  { start: 1254400, bytes: 8956 },
  // What another formatter knows of each instruction: 4.4 kB.
  { start: 1264540, bytes: 13463 },
  // What `RegisterExt` knows: 1.4 kB.
  { start: 1399853, bytes: 1531 },
];

/**
 * Drops them.
 *
 * @param binary The package's.
 * @param module The same less functions; its data are replaced.
 * @throws Error if this is another version of the package.
 */
export function dropUnusedData(binary, module) {
  const found = createHash('sha256').update(binary).digest('hex');
  if (found !== BINARY) throw new Error(`iced-x86 is another version (${found}): where do its data lie?`);
  const kept = dataSegments(module).flatMap((segment) => UNUSED.reduce(dropFromParts, [segment]));
  const { initial, max } = module.getMemoryInfo();
  const described = kept.map(({ start, data }) => {
    return { offset: module.i32.const(start), data, passive: false };
  });
  module.setMemory(initial, max ?? -1, null, described);
}

function dataSegments(module) {
  return Array.from({ length: module.getNumDataSegments() }, (_, i) => {
    const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
    return { start: offset, data: new Uint8Array(data) };
  });
}

/** What is left of these without the unused. */
function dropFromParts(parts, { start, bytes }) {
  return parts.flatMap((part) => {
    const before = { start: part.start, data: part.data.slice(0, Math.max(0, start - part.start)) };
    const skipped = Math.min(part.data.length, Math.max(0, start + bytes - part.start));
    const after = { start: part.start + skipped, data: part.data.slice(skipped) };
    return [before, after].filter(({ data }) => data.length > 0);
  });
}
