/** JSON of values that have registers and addresses in them. */

export function hex(value: bigint): string {
  return `${value.toString(16)}h`;
}

/** Registers have 64 bits and more: as hexadecimal text. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_, field: unknown) => (typeof field === 'bigint' ? hex(field) : field),
    2,
  );
  return `${text}\n`;
}
