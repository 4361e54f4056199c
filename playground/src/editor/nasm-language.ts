/**
 * NASM's syntax for the editor: enough to colour a line, by the words it is made of. What a word means is the assembler's
 * business; the first word of a statement that is neither a directive nor a label is taken for an instruction.
 */
import { LanguageSupport, StreamLanguage, type StringStream } from '@codemirror/language';
import { tags } from '@lezer/highlight';

/** Where in a statement the tokenizer is. */
interface Place {
  /** The instruction or directive is still to come. */
  isStart: boolean;
}

const DIRECTIVES = new Set(
  (
    'bits use16 use32 use64 org section segment align alignb sectalign absolute equ times incbin default global extern ' +
    'common static cpu float struc endstruc istruc iend at db dw dd dq dt do resb resw resd resq rest reso'
  ).split(' '),
);

const PREFIXES = new Set('lock rep repe repz repne repnz xacquire xrelease bnd o16 o32 a16 a32'.split(' '));

const SIZES = new Set(
  'byte word dword qword tword oword yword ptr near far short strict rel abs seg wrt nosplit'.split(' '),
);

const REGISTER = new RegExp(
  '^(?:' +
    [
      '[re]?[abcd]x|[abcd][lh]|[re]?(?:si|di|bp|sp)|(?:si|di|bp|sp)l|r(?:[89]|1[0-5])[bwdl]?',
      '[re]?ip|[re]?flags|[cdefgs]s|cr\\d+|dr\\d+|st\\d?|mm[0-7]|[xy]mm(?:\\d|1[0-5])',
    ].join('|') +
    ')$',
);

const NUMBER =
  /^(?:0[xh][\da-f_]+|\$\d[\da-f_]*|0[bydoqt][\d_]+|\d[\d_]*\.[\d_]*(?:e[+-]?\d+)?|\d[\da-f_]*h|[\d_]+(?:[bydoqt])?)(?![\w.])/i;
const WORD = /^[\w$.?@~#][\w$.?@~#]*/;
const STRING = /^(?:'[^']*'?|"[^"]*"?|`(?:\\.|[^`\\])*`?)/;

function token(stream: StringStream, place: Place): string | null {
  if (stream.sol()) place.isStart = true;
  if (stream.eatSpace()) return null;
  if (stream.match(/^;.*/)) return 'comment';
  if (stream.match(STRING)) return 'string';
  if (place.isStart && stream.match(/^%[\w?+!*]+/)) return startEnds(place, 'directive');
  if (stream.match(/^%[%$!+-]*[\w?]+/)) return 'macroParameter';
  if (stream.match(NUMBER)) return 'number';
  if (stream.match(WORD)) return word(stream, place);
  stream.next();
  return 'operator';
}

function word(stream: StringStream, place: Place): string | null {
  const text = stream.current().toLowerCase();
  if (REGISTER.test(text)) return 'register';
  if (!place.isStart) return SIZES.has(text) ? 'size' : DIRECTIVES.has(text) ? 'directive' : null;
  if (stream.match(/^\s*:/)) return 'label';
  if (PREFIXES.has(text)) return 'mnemonic';
  if (DIRECTIVES.has(text)) {
    // What TIMES repeats is a statement of its own.
    place.isStart = text === 'times';
    return 'directive';
  }
  // A name before EQU, DB and the like, without a colon.
  if (stream.match(/^(?=\s+(?:equ|d[bwdqto]|res[bwdqto])\b)/i, false)) return 'label';
  return startEnds(place, 'mnemonic');
}

function startEnds(place: Place, style: string): string {
  place.isStart = false;
  return style;
}

const language = StreamLanguage.define<Place>({
  name: 'nasm',
  startState: () => ({ isStart: true }),
  copyState: (place) => ({ ...place }),
  token,
  languageData: { commentTokens: { line: ';' } },
  tokenTable: {
    mnemonic: tags.keyword,
    directive: tags.definitionKeyword,
    register: tags.standard(tags.variableName),
    size: tags.modifier,
    label: tags.labelName,
    macroParameter: tags.special(tags.variableName),
  },
});

export function nasm(): LanguageSupport {
  return new LanguageSupport(language);
}
