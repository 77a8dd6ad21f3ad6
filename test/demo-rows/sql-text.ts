/** A text as SQL writes it, for a tool that takes no parameters. */

/** A string literal. In SQLite a quote is the only character that has a meaning there, and NUL the only one that ends it. */
export function sqlText(text: string): string {
  if (text.includes('\0')) throw new Error('a demo row holds a NUL character');
  return `'${text.replaceAll("'", "''")}'`;
}
