/** What operators send. A field or a parameter that is not a call's own is refused by name. */

import * as z from 'zod';
import { MAX_AMOUNT_FEN } from '../core/money.ts';
import { ORDER_MOVES, REFUND_MOVES } from '../core/order/lifecycle.ts';
import { isOrderNo } from '../core/order/order-number.ts';
import type { OrderSearch } from '../core/order/order-store.ts';

const body: z.core.$ZodObjectParams = {
  error: ({ code }) => (code === 'unrecognized_keys' ? 'is not a field of this call' : 'must be a JSON object'),
};
const query: z.core.$ZodObjectParams = { error: 'is not a parameter of this call' };

/** What is left out counts as `null`. */
const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.optional().transform((value) => value ?? null);

/** A parameter that was given twice arrives as a list. */
const parameter = (words: string) => z.string({ error: words });

const oneOf = <const Value extends string>(values: readonly Value[]) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** The states of a machine. Its table is a literal, so its keys are what its type says. */
const statesOf = <State extends string>(moves: Readonly<Record<State, unknown>>) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  Object.keys(moves) as State[];

/** Whether a text is the position of a row among all rows of its table. */
export function isRowId(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}

const CURSOR_WORDS = 'must be the nextCursor of a page before';
const LIMIT_WORDS = 'must be a whole number from 1 to 100';
const limit = parameter(LIMIT_WORDS)
  .regex(/^(?:[1-9]\d?|100)$/, { error: LIMIT_WORDS })
  .default('20')
  .transform(Number);

/** Pages of rows with the newest first, which end before the row that the cursor names. */
const newestFirst = {
  cursor: orNull(parameter(CURSOR_WORDS).refine(isRowId, { error: CURSOR_WORDS }).transform(Number)),
  limit,
};

const TIME_WORDS = 'must be an RFC 3339 time such as 2022-11-22T08:26:08Z (a + is written %2B)';
const time = z.iso.datetime({ offset: true, error: TIME_WORDS }).transform((text) => Date.parse(text));

/** A search that every order passes. */
export const ANY_ORDER: Omit<OrderSearch, 'limit'> = {
  dialect: null,
  status: null,
  userId: null,
  orderNo: null,
  fromMs: null,
  toMs: null,
  beforeId: null,
};

/** `GET /admin/orders`. Both ends of the time in which an order was placed count as within. */
export function createOrderSearchSchema(dialects: readonly string[]) {
  const userWords = 'must be 1 to 64 characters';
  const orderNoWords = 'must be the number of an order';
  return z
    .strictObject(
      {
        dialect: orNull(oneOf(dialects)),
        status: orNull(oneOf(statesOf(ORDER_MOVES))),
        userId: orNull(parameter(userWords).min(1, { error: userWords }).max(64, { error: userWords })),
        orderNo: orNull(parameter(orderNoWords).refine(isOrderNo, { error: orderNoWords })),
        from: orNull(time),
        to: orNull(time),
        ...newestFirst,
      },
      query,
    )
    .refine(({ from, to }) => from === null || to === null || from <= to, { path: ['from'], error: 'is after to' })
    .transform(({ from, to, cursor, ...rest }): OrderSearch => ({ ...rest, fromMs: from, toMs: to, beforeId: cursor }));
}

/** `GET /admin/refunds`. */
export const refundListSchema = z
  .strictObject({ status: orNull(oneOf(statesOf(REFUND_MOVES))), ...newestFirst }, query)
  .transform(({ cursor, ...rest }) => ({ ...rest, beforeId: cursor }));

/** `GET /admin/notifications`. */
export const notificationListSchema = z
  .strictObject({ status: orNull(oneOf(['pending', 'delivered', 'parked'])), ...newestFirst }, query)
  .transform(({ cursor, ...rest }) => ({ ...rest, beforeId: cursor }));

/** `GET /admin/catalog/:kind`, by id; the cursor is one of the kind's ids. */
export const catalogListSchema = z
  .strictObject({ cursor: orNull(parameter(CURSOR_WORDS)), limit }, query)
  .transform(({ cursor, ...rest }) => ({ ...rest, after: cursor }));

/**
 * One line that a person wrote. Control characters and signs that turn the direction of writing are refused: in a log
 * that people read, they can make a line say what it does not.
 */
const line = (least: 0 | 1) => {
  const error = `must be a text of ${least} to 500 characters, without control characters`;
  return z
    .string({ error: (issue) => (issue.input === undefined ? 'is missing' : error) })
    .trim()
    .min(least, { error })
    .max(500, { error })
    .regex(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u, { error });
};

/** `POST …/fulfilment`. Which of the moves an order may make is its dialect's word. */
export const fulfilmentSchema = z.strictObject(
  { to: oneOf(['in_progress', 'fulfilled', 'completed', 'failed']), remark: orNull(line(0)) },
  body,
);

/** `POST …/cancel` and `POST …/reject`. */
export const reasonSchema = z.strictObject({ reason: line(1) }, body);

/** `POST …/approve`: it may say why. */
export const optionalReasonSchema = z.strictObject({ reason: orNull(line(1)) }, body);

const AMOUNT_WORDS = `must be a whole number of fen from 1 to ${MAX_AMOUNT_FEN}`;

/** `POST …/refunds`. */
export const refundSchema = z.strictObject(
  {
    amountFen: z
      .int({ error: AMOUNT_WORDS })
      .min(1, { error: AMOUNT_WORDS })
      .max(MAX_AMOUNT_FEN, { error: AMOUNT_WORDS }),
    reason: line(1),
  },
  body,
);

const BALANCE_WORDS = `must be a whole number of fen from 0 to ${MAX_AMOUNT_FEN}`;

/** What `PUT /admin/catalog/users/:id` says of a balance, beside the fields of the row; `null`: nothing. */
export const balanceSchema = z
  .strictObject({
    balanceFen: z
      .int({ error: BALANCE_WORDS })
      .min(0, { error: BALANCE_WORDS })
      .max(MAX_AMOUNT_FEN, { error: BALANCE_WORDS })
      .optional(),
    reason: orNull(line(1)),
  })
  .refine(({ balanceFen, reason }) => balanceFen !== undefined || reason === null, {
    path: ['reason'],
    error: 'belongs to a balanceFen',
  })
  .transform(({ balanceFen, reason }) => (balanceFen === undefined ? null : { balanceFen, reason }));

/** The body of a call that has none. */
export const nothingSchema = z.strictObject({}, body);
