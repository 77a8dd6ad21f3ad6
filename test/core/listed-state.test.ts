/** The word by which lists ask for an order: the database makes the same of each as the core's states say. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { FULFILMENT_MOVES, ORDER_MOVES } from '../../src/core/order/lifecycle.ts';
import { type ListedState, PAID, paidAt } from '../../src/core/order/listed-state.ts';

const POINTS = ['unfulfilled', 'in_progress', 'partially_fulfilled', 'fulfilled', 'failed'] as const;

/** The states beside the paid ones: a name that is missing here, or too much, does not compile. */
const OTHERS = {
  pending_payment: true,
  completed: true,
  cancelled: true,
  expired: true,
  refunded: true,
  split: true,
  absorbed: true,
} as const satisfies Record<Exclude<ListedState, `paid/${string}`>, true>;

/** Every combination that the columns can have, also those that no order comes to. */
const COMBINATIONS = Object.keys(ORDER_MOVES).flatMap((status) =>
  Object.keys(FULFILMENT_MOVES).flatMap((fulfilment) => [0, 1].map((refunding) => ({ status, fulfilment, refunding }))),
);

/** The order's table as it stands, without its triggers: so that a row may have any state. */
async function wordsOfDatabase(): Promise<unknown[]> {
  const text = await env.DB.prepare("SELECT sql FROM sqlite_schema WHERE name = 'orders'").first('sql');
  const table = String(text).replace(/^CREATE TABLE "?orders"?/, 'CREATE TABLE listed_orders');
  const insert = env.DB.prepare(
    `INSERT INTO listed_orders (order_no, dialect, user_id, status, fulfilment, refunding, amount_fen, subject, details,
       items, created_at_ms, updated_at_ms, expires_at_ms)
     VALUES (printf('20221122%014d', ?1), 'a', '1', ?2, ?3, ?4, 1, 'a', '{}', '[]', 1, 1, 2)`,
  );
  await env.DB.batch([
    env.DB.prepare(table),
    ...COMBINATIONS.map(({ status, fulfilment, refunding }, nth) => insert.bind(nth, status, fulfilment, refunding)),
  ]);
  const { results } = await env.DB.prepare('SELECT listed_state FROM listed_orders ORDER BY id').all();
  return results.map((row) => row['listed_state']);
}

describe('the listed state', () => {
  test('is in the database what the core’s words say, for every combination', async () => {
    const words = await wordsOfDatabase();
    expect(words).toHaveLength(8 * 5 * 2);
    for (const [nth, { status, fulfilment, refunding }] of COMBINATIONS.entries()) {
      const point = POINTS.find((one) => one === fulfilment) ?? 'failed';
      const word = status === 'paid' ? paidAt(point)[refunding] : status;
      expect([status, fulfilment, refunding, words[nth]]).toEqual([status, fulfilment, refunding, word]);
    }
    expect(new Set(words)).toEqual(new Set([...Object.keys(OTHERS), ...PAID]));
  });

  test('says of a paid order how far its work is, and whether money was asked back', () => {
    expect(paidAt('in_progress', 'failed')).toEqual([
      'paid/in_progress',
      'paid/in_progress/refunding',
      'paid/failed',
      'paid/failed/refunding',
    ]);
    expect(paidAt()).toEqual([]);
    expect(PAID).toEqual(paidAt(...POINTS));
    expect(new Set<string>(POINTS)).toEqual(new Set(Object.keys(FULFILMENT_MOVES)));
  });
});
