/** Reads a file of variables, such as `.dev.vars`, by the rules by which Wrangler reads it. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** The variables by name, or `null` when there is no such file. */
export function readVars(path: string): Record<string, string> | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? '']));
}
