/** A Chromium of this machine, for tests that a real browser has to judge. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of the one that `CHROMIUM` names, or of the first on the `PATH`; `null` where there is none. */
export async function findBrowser(): Promise<string | null> {
  const { CHROMIUM: named = '', PATH: path = '' } = process.env;
  const found = path.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  for (const candidate of named === '' ? found : [named]) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // It may be the next one.
    }
  }
  return null;
}
