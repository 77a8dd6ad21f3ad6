/** Whether this deployment can do its work: configuration, database, and a cron that runs. */

import { prepare } from './compose.ts';
import { oldestJobRun } from './db/job-runs.ts';
import { openDatabase } from './db/open-database.ts';
import { JOB_NAMES } from './jobs.ts';

/** A cron that fires each minute and has not been seen this long is not running, ms. */
const CRON_SILENT_MS = 5 * 60_000;

/** One word for each check; `ready` when all of them are `ok`. */
export async function checkReadiness(
  env: Cloudflare.Env,
): Promise<{ ready: boolean; checks: { configuration: string; database: string; cron: string } }> {
  const prepared = await prepare(env);
  const configuration = prepared.ok ? 'ok' : prepared.problems.join('; ');
  let database = 'ok';
  let cron = 'has not run yet';
  try {
    const ranAtMs = await oldestJobRun(openDatabase(env.DB, 'first-primary').db, JOB_NAMES);
    if (ranAtMs !== null) {
      const ageMs = Date.now() - ranAtMs;
      cron = ageMs <= CRON_SILENT_MS ? 'ok' : `last ran ${Math.floor(ageMs / 1000)} s ago`;
    }
  } catch {
    database = 'does not answer';
    cron = 'unknown';
  }
  return {
    ready: [configuration, database, cron].every((one) => one === 'ok'),
    checks: { configuration, database, cron },
  };
}
