/** The users that operators keep: one catalogue kind for all dialects that ask whether a user exists. */

import * as z from 'zod';
import type { CatalogKind } from '../http/catalog-kind.ts';
import { PLAIN_LINE } from '../http/plain-text.ts';

/** The kind's name. */
export const USERS = 'users';

/** The id of a user, as tokens carry it in `sub`. A number counts as its digits: some documents show it as one. */
export const userIdSchema = z
  .union([z.string(), z.int().nonnegative().transform(String)], { error: 'must be the id of a user' })
  .refine((id) => /^[\x21-\x7e]{1,64}$/.test(id), { error: 'must be the id of a user' });

/** Words about a person on one line: no control characters, and no half of a pair. */
const line = z.string().min(1).max(64).regex(PLAIN_LINE, { error: 'must be plain text' });

/** The id of a user where it is shown as a number. */
const numericUserId = userIdSchema.refine((id) => /^[1-9]\d{0,14}$/.test(id), {
  error: 'must be the number of a user',
});

/** The share of an order that is everything, in basis points. */
const WHOLE_BPS = 10_000;

/** A user. Whoever brought them gets a share of what they pay for, where a dialect's contract says so. */
export const userSchema = z.strictObject({
  name: line.optional(),
  phone: line.optional(),
  /** What stands before the phone number abroad. */
  code: z
    .string()
    .regex(/^\+\d{1,4}$/, { error: 'must be a country code such as +86' })
    .optional(),
  referrerId: userIdSchema.optional(),
  /** Who invited them to a subscription, and what of their own orders they always get off. `null` takes it away. */
  inviterId: numericUserId.nullish(),
  discountPercent: z.int().min(0).max(100).nullish(),
  /** What they get of the orders of those whom they invited, instead of what everybody gets. */
  commissionBps: z.int().min(0).max(WHOLE_BPS).nullish(),
});

/** `users` in the catalogue. */
export const userKind: CatalogKind = {
  id: z.string().regex(/^[\x21-\x7e]{1,64}$/, { error: 'must be the id of a user' }),
  body: userSchema,
  personal: ['name', 'phone', 'code'],
  hasAccount: true,
};
