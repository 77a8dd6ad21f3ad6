/** Reads a page of orders whose list names its total: neither walks through what it does not show. */

import { sql, type SQL } from 'drizzle-orm';
import type { ListedState } from '../core/order/listed-state.ts';
import type { OrderQuery, SealedView } from '../core/order/order-store.ts';
import { detailsRow } from '../core/personal/personal-details.ts';
import type { Database } from './open-database.ts';
import { sealedColumns } from './personal-store.ts';
import { orders, personalData } from './schema.ts';
import { type Range, viewQueries, viewsOf } from './view-orders.ts';

/** The page, newest first, with what is personal in its orders, and how many orders there are in all. */
export async function pageOrders(
  db: Database,
  query: OrderQuery,
  range: Range,
): Promise<{ views: SealedView[]; total: number }> {
  const list = query.userId === null ? listOfAll(query) : listOfUser(query, query.userId);
  const where = sql`${orders.id} IN (${list.ids(range)})`;
  const [rows, items, open, texts, totals] = await db.batch([
    ...viewQueries(db, where, list.newestFirst, { offset: 0, limit: range.limit }),
    db
      .select(sealedColumns)
      .from(personalData)
      .where(sql`${personalData.row} IN (SELECT 'order/' || order_no FROM orders WHERE ${where})`),
    db.select({ total: sql<number>`${list.total}` }).from(sql`(SELECT 1)`),
  ]);
  const views = viewsOf([rows, items, open]).map((view) => ({
    ...view,
    texts: texts.filter(({ row }) => row === detailsRow(view.order.orderNo)),
  }));
  return { views, total: totals[0]?.total ?? 0 };
}

/** One list: what its orders stand by, the ids of a page of it, and the number of all of them. */
type List = { newestFirst: SQL; ids: (range: Range) => SQL; total: SQL };

/**
 * One user's orders. Their places have no gap: where nothing is asked for but a page, places say where it begins and how
 * many there are. What is asked of a span of time, or of states, is walked through in an index that has nothing else.
 */
function listOfUser(query: OrderQuery, userId: string): List {
  const { dialect, states } = query;
  const isTheirs = sql`user_id = ${userId} AND dialect = ${dialect}`;
  const span = spanOf(query);
  const newestFirst = sql`created_at_ms DESC, place DESC`;
  if (states !== 'all') return listOfStates({ user: userId, dialect, states, span, isTheirs, newestFirst });
  if (span !== null) return listOfSpan(sql`${isTheirs} AND ${span}`, newestFirst);
  return {
    newestFirst: sql`place DESC`,
    ids: ({ offset, limit }) => sql`SELECT id FROM orders WHERE ${isTheirs}
      AND place <= (SELECT max(place) FROM orders WHERE ${isTheirs}) - ${offset} ORDER BY place DESC LIMIT ${limit}`,
    total: tallied(userId, dialect, null),
  };
}

/** All users' orders. */
function listOfAll(query: OrderQuery): List {
  const { dialect, states } = query;
  const isTheirs = sql`dialect = ${dialect}`;
  const span = spanOf(query);
  const newestFirst = sql`created_at_ms DESC, id DESC`;
  if (states !== 'all') return listOfStates({ user: '', dialect, states, span, isTheirs, newestFirst });
  const list = listOfSpan(span === null ? isTheirs : sql`${isTheirs} AND ${span}`, newestFirst);
  return span === null ? { ...list, total: tallied('', dialect, null) } : list;
}

/** When the orders were created; `null`: whenever. */
function spanOf({ fromMs, toMs }: OrderQuery): SQL | null {
  if (fromMs === null && toMs === null) return null;
  return sql`created_at_ms BETWEEN ${fromMs ?? 0} AND ${toMs ?? Number.MAX_SAFE_INTEGER}`;
}

function listOfSpan(isListed: SQL, newestFirst: SQL): List {
  return {
    newestFirst,
    ids: ({ offset, limit }) =>
      sql`SELECT id FROM orders WHERE ${isListed} ORDER BY ${newestFirst} LIMIT ${limit} OFFSET ${offset}`,
    total: sql`(SELECT count(*) FROM orders WHERE ${isListed})`,
  };
}

/** States are read side by side, each from an index that has only its orders, and counted there or in the tallies. */
function listOfStates(list: {
  user: string;
  dialect: string;
  states: readonly ListedState[];
  span: SQL | null;
  isTheirs: SQL;
  newestFirst: SQL;
}): List {
  const { user, dialect, states, span, isTheirs, newestFirst } = list;
  if (states.length === 0) return { newestFirst, ids: () => sql`SELECT NULL WHERE 0`, total: sql`0` };
  const wheres = states.map((state) => {
    // Written out and not bound: the words are ours, and a statement takes a hundred bound values.
    const isState = sql`${isTheirs} AND listed_state = ${sql.raw(`'${state}'`)}`;
    return span === null ? isState : sql`${isState} AND ${span}`;
  });
  const counts = wheres.map((where) => sql`(SELECT count(*) FROM orders WHERE ${where})`);
  return {
    newestFirst,
    ids: ({ offset, limit }) => {
      const pages = wheres.map(
        (where) => sql`SELECT * FROM (SELECT id, place, created_at_ms FROM orders WHERE ${where}
          ORDER BY ${newestFirst} LIMIT ${offset + limit})`,
      );
      return sql`SELECT id FROM (${unionOf(pages)}) ORDER BY ${newestFirst}
        LIMIT ${limit} OFFSET ${offset}`;
    },
    total: span === null ? tallied(user, dialect, states) : sql.join(counts, sql` + `),
  };
}

/** The database takes five terms of a union, and unions as terms. */
const MAX_TERMS = 5;

function unionOf(selects: readonly SQL[]): SQL {
  if (selects.length <= MAX_TERMS) return sql.join([...selects], sql` UNION ALL `);
  const groups = Array.from({ length: Math.ceil(selects.length / MAX_TERMS) }, (_, nth) =>
    unionOf(selects.slice(nth * MAX_TERMS, (nth + 1) * MAX_TERMS)),
  );
  return unionOf(groups.map((group) => sql`SELECT * FROM (${group})`));
}

function tallied(user: string, dialect: string, states: readonly ListedState[] | null): SQL {
  const isListed = states === null ? sql`1` : sql`listed_state IN ${states}`;
  return sql`(SELECT coalesce(sum(orders), 0) FROM order_tallies
    WHERE user_id = ${user} AND dialect = ${dialect} AND ${isListed})`;
}
