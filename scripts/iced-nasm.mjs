/**
 * Leaves iced-x86's NASM formatter and takes the other three out: 13 kB of a download. All four are behind one constructor, which
 * is told the syntax, and the methods of each are called through tables of its data; those tables that only the three use are
 * found by what the constructor no longer refers to. test/decode/iced-trimmed.test.ts compares what is left with the package.
 */
import binaryen from 'assemblyscript/binaryen';

/** `FormatterSyntax.Nasm`, and the constructor's parameter that takes it. */
const NASM = 3;
const SYNTAX_PARAMETER = 1;
/** What resolves branches on a constant. */
const FOLDING = ['precompute-propagate', 'dce', 'remove-unused-brs', 'vacuum', 'merge-blocks', 'vacuum'];
/** Constants in the text of a module's functions: those of instructions, and the offsets of loads and stores. */
const CONSTANTS = /i32\.const (-?\d+)|offset=(\d+)/g;
const DATA_SEGMENT = /^ *\(data .*$/gm;
/** A table of methods: how to drop an object, its size and alignment, and the methods. */
const FIRST_METHOD = 12;
const MOST_OBJECT_BYTES = 4096;
const ALIGNMENTS = [1, 2, 4, 8];
/** Number of the function that is first in the module's table. */
const FIRST_ENTRY = 1;

export function keepNasm(module) {
  const before = constantsOf(module);
  fixSyntax(module);
  module.runPasses(['remove-unused-module-elements']);
  const after = constantsOf(module);
  dropMethods(module, before, (start) => before.has(start) && !after.has(start));
  module.runPasses(['remove-unused-module-elements']);
}

function constantsOf(module) {
  const code = module.emitText().replaceAll(DATA_SEGMENT, '');
  return new Set(Array.from(code.matchAll(CONSTANTS), ([, constant, offset]) => Number(constant ?? offset)));
}

/** The constructor takes no notice of the syntax that it is told. */
function fixSyntax(module) {
  const exports = Array.from({ length: module.getNumExports() }, (_, i) => module.getExportByIndex(i));
  const { value } = exports.map(binaryen.getExportInfo).find(({ name }) => name === 'formatter_new');
  const constructor = module.getFunction(value);
  const { body } = binaryen.getFunctionInfo(constructor);
  const assignment = module.local.set(SYNTAX_PARAMETER, module.i32.const(NASM));
  binaryen.Function.setBody(constructor, module.block(null, [assignment, body]));
  module.runPassesOnFunction(constructor, FOLDING);
}

/** Takes methods out of the module's table that stand in tables which `isGone`, and in no others. */
function dropMethods(module, constants, isGone) {
  const { name, table, data } = binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(0));
  const memory = new Memory(module, data.length);
  const starts = new Set([...constants, ...memory.pointers()]);
  const gone = new Set();
  const kept = new Set();
  for (const start of starts)
    for (const method of memory.methodsAt(start, starts)) (isGone(start) ? gone : kept).add(method);
  const isDropped = (_, i) => gone.has(i + FIRST_ENTRY) && !kept.has(i + FIRST_ENTRY);
  const placeholder = data.find((_, i) => !isDropped(_, i));
  module.removeElementSegment(name);
  const entries = data.map((entry, i) => (isDropped(entry, i) ? placeholder : entry));
  module.addActiveElementSegment(table, name, entries, module.i32.const(FIRST_ENTRY));
}

/** The module's memory as its data segments make it. */
class Memory {
  /** @param tableEntries Functions in the module's table. */
  constructor(module, tableEntries) {
    const segments = Array.from({ length: module.getNumDataSegments() }, (_, i) => {
      return module.getDataSegmentInfo(module.getDataSegmentByIndex(i));
    });
    this.tableEnd = FIRST_ENTRY + tableEntries;
    this.start = Math.min(...segments.map(({ offset }) => offset));
    const end = Math.max(...segments.map(({ offset, data }) => offset + data.byteLength));
    const bytes = new Uint8Array((end + 3) & ~3);
    for (const { offset, data } of segments) bytes.set(new Uint8Array(data), offset);
    this.words = new Uint32Array(bytes.buffer);
  }

  /** Whatever may be the address of an object: words that point into the data. */
  pointers() {
    return this.words.filter((word) => word >= this.start && word < this.words.byteLength);
  }

  /** Numbers in the module's table of the methods in the table at `start`; none if there is none, which has an end at other starts. */
  methodsAt(start, starts) {
    const word = (offset) => this.words[(start + offset) >> 2] ?? 0;
    const isTable =
      start >= this.start &&
      start % 4 === 0 &&
      word(0) < this.tableEnd &&
      word(4) <= MOST_OBJECT_BYTES &&
      ALIGNMENTS.includes(word(8));
    if (!isTable) return [];
    const methods = word(0) === 0 ? [] : [word(0)];
    for (let at = FIRST_METHOD; this.isMethod(word(at)); at += 4) {
      if (at > FIRST_METHOD && starts.has(start + at)) break;
      methods.push(word(at));
    }
    return methods;
  }

  isMethod(word) {
    return word >= FIRST_ENTRY && word < this.tableEnd;
  }
}
