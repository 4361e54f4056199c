/** What the assembler calls the source of the editor. */
export const MAIN_FILE = 'guest.asm';
