/** Files by the last part of their path. */
export function byFileName(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1), content]),
  );
}
