/** When each job last ran: how `GET /ready` knows that the cron is alive. */

import { inArray, sql } from 'drizzle-orm';
import type { Database } from './open-database.ts';
import { jobRuns } from './schema.ts';

/** Notes that a job has run through. */
export async function recordJobRun(db: Database, job: string, atMs: number): Promise<void> {
  await db
    .insert(jobRuns)
    .values({ job, ranAtMs: atMs })
    .onConflictDoUpdate({ target: jobRuns.job, set: { ranAtMs: sql`max(${jobRuns.ranAtMs}, excluded.ran_at_ms)` } });
}

/**
 * The oldest of the last runs of these jobs, UTC ms; `null` while one of them has never run through. Also the proof that
 * the database answers. Jobs that no longer exist do not count.
 */
export async function oldestJobRun(db: Database, jobs: readonly string[]): Promise<number | null> {
  const rows = await db
    .select({ ranAtMs: jobRuns.ranAtMs })
    .from(jobRuns)
    .where(inArray(jobRuns.job, [...jobs]));
  return rows.length < jobs.length ? null : Math.min(...rows.map(({ ranAtMs }) => ranAtMs));
}
