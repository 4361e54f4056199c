/** Errors of the operating system, in words. */

/** What the operating system says, without its code and path. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  const words = /^E[A-Z0-9]+: (.*?),/.exec(error.message)?.[1];
  return words ?? error.message;
}
