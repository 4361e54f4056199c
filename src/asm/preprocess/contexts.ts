/** The context stack: %push, %pop and the names that belong to a context, `%$x`. */
import { Problem } from '../diagnostics.js';

interface Context {
  name: string;
  readonly serial: number;
}

export class ContextStack {
  private readonly contexts: Context[] = [];
  private serial = 0;

  get current(): string | undefined {
    return this.contexts.at(-1)?.name;
  }

  change(directive: 'push' | 'pop' | 'repl', name: string | undefined, column: number): void {
    if (directive === 'push') {
      this.serial += 1;
      this.contexts.push({ name: name ?? '', serial: this.serial });
      return;
    }
    const top = this.contexts.at(-1);
    if (top === undefined) throw new Problem('MACRO', `%${directive} without %push`, column);
    if (directive === 'repl') {
      top.name = name ?? '';
      return;
    }
    if (name !== undefined && name !== top.name)
      throw new Problem('MACRO', `%pop ${name}, but the context is ${top.name}`, column);
    this.contexts.pop();
  }

  /** The full name of `$x`, or of `$$x`, which belongs to the context around. */
  nameOf(local: string, column: number): string {
    const depth = /^\$+/.exec(local)?.[0].length ?? 1;
    const context = this.contexts.at(-depth);
    if (context === undefined) throw new Problem('MACRO', `%${local} needs ${depth} %push before it`, column);
    return `..@c${context.serial}.${local.slice(depth)}`;
  }
}
