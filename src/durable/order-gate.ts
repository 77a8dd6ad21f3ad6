/** One object per order: commands stand in line, and a double click is refused from memory. */

import { DurableObject } from 'cloudflare:workers';
import { refuse } from '../core/errors.ts';
import { writeLog } from '../core/log.ts';
import type { Submission } from '../core/order/command.ts';
import type { OrderState } from '../core/order/order.ts';
import type { Submitted } from '../core/order/order-gate.ts';
import { submitCommand } from '../core/order/submit-command.ts';
import { openDatabase } from '../db/open-database.ts';
import { createOrderLog } from '../db/order-log.ts';
import { isStorageError, storageText } from '../db/storage-error.ts';

/** What the gate answers: the outcome, and how far the database has to be read to see it. */
export type GateAnswer = { submitted: Submitted; bookmark: string | null };

/**
 * A Durable Object does not hold other calls back while it waits for D1, so the queue is its own. It is never held
 * across a provider's network, for no provider is reachable from here. Nothing is stored and nothing that matters
 * lives here: an object that is restarted, or runs twice for a moment, loses time and no money, because every write
 * carries the version that it was decided on.
 */
export class OrderGate extends DurableObject {
  #tail: Promise<unknown> = Promise.resolve();
  #remembered: OrderState | null = null;

  /** Runs one submission after all that came before it. */
  submit(submission: Submission): Promise<GateAnswer> {
    const answer = this.#tail.then(() => this.#run(submission));
    // The next in line waits for this one, however it ends; its own caller hears of the failure.
    this.#tail = answer.catch(() => undefined);
    return answer;
  }

  async #run(submission: Submission): Promise<GateAnswer> {
    const session = openDatabase(this.env.DB, 'first-primary');
    const remembered = this.#remembered;
    this.#remembered = null;
    try {
      const submitted = await submitCommand(createOrderLog(session.db), remembered, submission);
      this.#remembered = submitted.state;
      return { submitted, bookmark: session.bookmark() };
    } catch (error) {
      // An error loses its meaning on the way out of the object, a value does not.
      if (!isStorageError(error)) throw error;
      writeLog('alert', 'storage_unanswered', { orderNo: submission.orderNo, cause: storageText(error) });
      return { submitted: { ...refuse('busy', { retryAfterSeconds: 1 }), state: null }, bookmark: session.bookmark() };
    }
  }
}
