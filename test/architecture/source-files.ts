/** The files of this project, as the rules about them read them. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** One file; the path is relative to the project, with slashes. */
export type SourceFile = { path: string; text: string };

const ROOT = join(import.meta.dirname, '..', '..');

/** The files that match a pattern, in the order of their paths. */
export function filesOf(pattern: string): SourceFile[] {
  return globSync(pattern, { cwd: ROOT })
    .map((path) => path.split(sep).join('/'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** The code of a file: comments are blanked out, and lines stay where they are. */
export function codeOf(text: string): string {
  // A block comment begins its line here, and `//` with a blank before it is no part of an address.
  return text.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '));
}

/**
 * Everything that a file imports or exports from elsewhere, types too: project paths for what is relative, names as they
 * are for the rest. An import whose name is put together at run time is `(computed)`, which no rule allows.
 */
export function importsOf({ path, text }: SourceFile): string[] {
  const code = codeOf(text);
  const literal =
    /\b(?:(?:import|export)\b[^'"`;=]*?\bfrom|import|require)\s*\(?\s*(?<quote>['"])(?<name>[^'"]+)\k<quote>/g;
  const names = [...code.matchAll(literal)].map((match) => match.groups?.['name'] ?? '');
  const computed = [...code.matchAll(/\b(?:import|require)\s*\((?!\s*['"])/g)].map(() => '(computed)');
  return [...names, ...computed].map((name) => (name.startsWith('.') ? resolve(path, name) : name));
}

function resolve(path: string, name: string): string {
  return join(dirname(path), name).split(sep).join('/');
}
