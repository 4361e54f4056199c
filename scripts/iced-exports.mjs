/** The exports of iced-x86's binary that vmexit calls; `IcedExports` in src/decode/iced.ts gives their types. */
export const ICED_EXPORTS = [
  'memory',
  '__wbindgen_malloc',
  '__wbindgen_free',
  'decoder_new',
  'decoder_set_ip',
  'decoder_set_position',
  'decoder_decodeOut',
  'decoder_lastError',
  'instruction_new',
  'instruction_mnemonic',
  'instruction_memorySize',
  'instruction_encoding',
  'instruction_cpuidFeatures',
  'formatter_new',
  'formatter_format',
];
