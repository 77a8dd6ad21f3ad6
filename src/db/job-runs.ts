/** When each job last ran: how `GET /ready` knows that the cron is alive. */

import { sql } from 'drizzle-orm';
import type { Database } from './open-database.ts';
import { jobRuns } from './schema.ts';

/** Notes that a job has run through. */
export async function recordJobRun(db: Database, job: string, atMs: number): Promise<void> {
  await db
    .insert(jobRuns)
    .values({ job, ranAtMs: atMs })
    .onConflictDoUpdate({ target: jobRuns.job, set: { ranAtMs: sql`max(${jobRuns.ranAtMs}, excluded.ran_at_ms)` } });
}

/** The oldest of the jobs' last runs, UTC ms; `null` before the first. Also the proof that the database answers. */
export async function oldestJobRun(db: Database): Promise<number | null> {
  const [row] = await db.select({ ranAtMs: sql<number | null>`min(${jobRuns.ranAtMs})` }).from(jobRuns);
  return row?.ranAtMs ?? null;
}
