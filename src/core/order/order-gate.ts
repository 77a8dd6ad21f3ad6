/** The port of the gate: commands on one order, one after the other. */

import type { Refusal } from '../errors.ts';
import type { Submission } from './command.ts';
import type { OrderState } from './order.ts';

/**
 * What a submission came to. The state is the order after it; with a refusal, the order that was refused on, `null`
 * where there is none. The subject is the attempt or refund that the command was about.
 */
export type Submitted =
  { ok: true; subject: string | null; state: OrderState } | { ok: false; refusal: Refusal; state: OrderState | null };

/** Puts commands on the same order in line, decides each, and commits what was decided. */
export type OrderGate = {
  submit(submission: Submission): Promise<Submitted>;
};
