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
 * One user's orders have places without a gap, in the order of their creation: a span of time is a span of places, and
 * without a filter by state, places say where a page begins and how many orders there are.
 */
function listOfUser({ dialect, states, fromMs, toMs }: OrderQuery, userId: string): List {
  const isTheirs = sql`user_id = ${userId} AND dialect = ${dialect}`;
  const first = fromMs === null ? sql`1` : placeAt(isTheirs, sql`created_at_ms >= ${fromMs}`, sql`ASC`);
  const last =
    toMs === null
      ? sql`(SELECT max(place) FROM orders WHERE ${isTheirs})`
      : placeAt(isTheirs, sql`created_at_ms <= ${toMs}`, sql`DESC`);
  const newestFirst = sql`place DESC`;
  if (states === 'all') {
    return {
      newestFirst,
      ids: ({ offset, limit }) => sql`SELECT id FROM orders WHERE ${isTheirs}
        AND place >= ${first} AND place <= ${last} - ${offset} ORDER BY place DESC LIMIT ${limit}`,
      total: sql`max(0, coalesce(${last} - ${first} + 1, 0))`,
    };
  }
  const span = fromMs === null && toMs === null ? null : sql`place BETWEEN ${first} AND ${last}`;
  return listOfStates({ user: userId, dialect, states, span, isTheirs, newestFirst });
}

function placeAt(isTheirs: SQL, bound: SQL, direction: SQL): SQL {
  return sql`(SELECT place FROM orders WHERE ${isTheirs} AND ${bound}
    ORDER BY created_at_ms ${direction}, place ${direction} LIMIT 1)`;
}

/** All users' orders, by their creation. */
function listOfAll({ dialect, states, fromMs, toMs }: OrderQuery): List {
  const isTheirs = sql`dialect = ${dialect}`;
  const span =
    fromMs === null && toMs === null
      ? null
      : sql`created_at_ms BETWEEN ${fromMs ?? 0} AND ${toMs ?? Number.MAX_SAFE_INTEGER}`;
  const newestFirst = sql`created_at_ms DESC, id DESC`;
  if (states !== 'all') return listOfStates({ user: '', dialect, states, span, isTheirs, newestFirst });
  const isListed = span === null ? isTheirs : sql`${isTheirs} AND ${span}`;
  return {
    newestFirst,
    ids: ({ offset, limit }) =>
      sql`SELECT id FROM orders WHERE ${isListed} ORDER BY ${newestFirst} LIMIT ${limit} OFFSET ${offset}`,
    total: span === null ? tallied('', dialect, null) : sql`(SELECT count(*) FROM orders WHERE ${isListed})`,
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
    const isState = sql`${isTheirs} AND listed_state = ${state}`;
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
