/** The loop of every job: bounded, page by page, past whatever fails. */

import { describeError } from './log.ts';
import type { Services } from './services.ts';

/**
 * Rows read at once, rows worked on at once (as many connections as an invocation has), and pages of one run at the
 * most: an invocation may ask D1 a thousand times, and several jobs share one.
 */
const PAGE = 60;
const AT_ONCE = 6;
const MAX_PAGES = 5;

/** How long one run may go on, ms: the next one starts a minute later. */
const RUN_MS = 50_000;

/** How a job reads its rows and what it does with one. Working on a row must take it out of the next page. */
export type PagedWork<Row> = {
  read: (limit: number) => Promise<Row[]>;
  work: (row: Row) => Promise<unknown>;
};

/** Works through the pages until there is nothing left, or the run has had its share. A row that throws is logged. */
export async function eachOfPages<Row>(services: Services, job: string, { read, work }: PagedWork<Row>): Promise<void> {
  const startedAtMs = services.now();
  for (let page = 0; page < MAX_PAGES && services.now() - startedAtMs < RUN_MS; page++) {
    const rows = await read(PAGE);
    for (let start = 0; start < rows.length; start += AT_ONCE) {
      const results = await Promise.allSettled(rows.slice(start, start + AT_ONCE).map((row) => work(row)));
      for (const result of results) {
        if (result.status === 'rejected')
          services.log.alert('job_row_failed', { job, ...describeError(result.reason) });
      }
    }
    if (rows.length < PAGE) return;
  }
}
