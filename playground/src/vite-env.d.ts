/** What Vite gives to `import.meta.env`. */
interface ImportMetaEnv {
  /** Version of the package that the page was built from. */
  readonly VMEXIT_VERSION: string;
}
