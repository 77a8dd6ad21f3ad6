/** Opens the database for one request: a session, so that replicas serve reads and users still read their own writes. */

import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1';

/** The database, as the stores use it. */
export type Database = DrizzleD1Database;

/** One session: the database, and the point in its history that it has seen. */
export type DatabaseSession = {
  db: Database;
  /** What a client sends along next time in order to read at least this much; `null` before the first statement. */
  bookmark(): string | null;
  /** Takes notice of writes that were made elsewhere on this request's behalf. */
  sawBookmark: (bookmark: string | null) => void;
};

/** A bookmark is opaque, but it comes from outside: only its alphabet and a bounded length are passed on. */
const BOOKMARK = /^[0-9a-f-]{1,128}$/i;

/**
 * Opens a session. `from` is the bookmark that the client sent, or where to start without one: `first-primary` for
 * whatever decides about money, `first-unconstrained` for reads that may be a moment old.
 * @see https://developers.cloudflare.com/d1/best-practices/read-replication/
 */
export function openDatabase(d1: D1Database, from: string | null): DatabaseSession {
  const session = d1.withSession(from !== null && isBookmark(from) ? from : 'first-unconstrained');
  let seen: string | null = null;
  // Drizzle takes a whole database; a session has the two methods that it uses.
  const db = drizzle({
    prepare: (query) => session.prepare(query),
    batch: (statements) => session.batch(statements),
    exec: (query) => d1.exec(query),
    withSession: (constraint) => d1.withSession(constraint),
    dump: () => d1.dump(),
  });
  return {
    db,
    // Bookmarks sort by age as text.
    bookmark: () => [session.getBookmark(), seen].reduce((a, b) => (a !== null && (b === null || a > b) ? a : b)),
    sawBookmark: (bookmark) => {
      if (bookmark !== null && (seen === null || bookmark > seen)) seen = bookmark;
    },
  };
}

function isBookmark(text: string): boolean {
  return text === 'first-primary' || BOOKMARK.test(text);
}
