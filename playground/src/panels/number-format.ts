/** Numbers as the panels write them. */

/** Hexadecimal, upper case, zero-filled, without prefix. */
export function hex(value: bigint | number, digits: number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase().padStart(digits, '0');
}

/** Hexadecimal as the manual writes it: 61h, 0A0h. */
export function hexh(value: bigint | number): string {
  const digits = BigInt(value).toString(16).toUpperCase();
  return `${/^[A-F]/.test(digits) ? '0' : ''}${digits}h`;
}

/** 12,345. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** "1 exit", "2 exits". */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}
