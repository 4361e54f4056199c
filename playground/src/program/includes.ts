/** What a guest may include: the shipped include files, by the name that %include gives. */
export const INCLUDES: Readonly<Record<string, string>> = byFileName(
  import.meta.glob<string>('../../../guests/include/*.inc', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

/** Files by the last part of their path. */
export function byFileName(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
  );
}
