/** The rules of the house that no compiler and no linter knows. Each one names the files that break it. */
import { codeOf, importsOf, type SourceFile } from './source-files.ts';

/** A file that breaks a rule, and where, in words. */
type Rule = (files: readonly SourceFile[]) => string[];

/** A newcomer reads the first line, and knows what the file is for. */
export const firstLineSaysWhatFor: Rule = (files) =>
  pathsWhere(files, ({ text }) => !/^(\/\*\*|\/\/) \S+( \S+){2,}/.test(text.split('\n')[0] ?? ''));

/** Names in lower case with hyphens, folders too. `.test`, `.config` and `.d` say what kind of file it is. */
export const namesAreKebabCase: Rule = (files) =>
  pathsWhere(
    files,
    ({ path }) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?\.ts$/.test(path),
  );

/** A name that could hold anything soon does. */
export const namesSaySomething: Rule = (files) =>
  pathsWhere(files, ({ path }) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)|\.service\.ts$/.test(path));

/** Where a clock is handed in, none is looked at. */
export const clockIsHandedIn: Rule = (files) => linesWith(files, /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/);

/** Money is integer fen: there is nothing to read or write with a decimal point. */
export const moneyIsNoFloat: Rule = (files) => linesWith(files, /\bparseFloat\b|\.toFixed\b/);

/** What a core function is for, and what it refuses, stands directly above it. */
export const coreFunctionsAreExplained: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    return lines.flatMap((line, index) => {
      const name = /^export (?:default )?(?:async )?function\*? ?(\w*)|^export const (\w+) = (?:async )?\(/.exec(line);
      const isExplained = lines[index - 1]?.trimEnd().endsWith('*/') === true;
      return name && !isExplained ? [`${path}: ${name[1] ?? name[2]}`] : [];
    });
  });

/** A migration opens with why it is there and how to check that it worked. */
export const migrationsSayWhy: Rule = (files) =>
  pathsWhere(files, ({ text }) => {
    const opening = /^(--.*\n)+/.exec(text)?.[0] ?? '';
    return !/\bWhy\b/.test(opening) || !/\bCheck\b/.test(opening);
  });

/** Files that nobody gets to from where a program begins. */
export function unreachable(files: readonly SourceFile[], begins: readonly string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const ahead = [...begins];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    const file = byPath.get(path);
    if (!file || seen.has(path)) continue;
    seen.add(path);
    ahead.push(...importsOf(file));
  }
  return files.map(({ path }) => path).filter((path) => !seen.has(path));
}

function pathsWhere(files: readonly SourceFile[], isBroken: (file: SourceFile) => boolean): string[] {
  return files.filter((file) => isBroken(file)).map(({ path }) => path);
}

function linesWith(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    codeOf(text)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}
