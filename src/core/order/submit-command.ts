/** Load, decide, commit, and start again when somebody was faster. Safe with or without a queue in front of it. */

import { type Reason, refuse } from '../errors.ts';
import type { OrderCommand, Submission } from './command.ts';
import { decide } from './decide.ts';
import type { OrderState } from './order.ts';
import type { Submitted } from './order-gate.ts';
import type { OrderLog } from './order-log.ts';

/** How often one submission is decided anew: each time, another write came first. */
const MAX_TRIES = 8;

/** How often the database may fail to answer before the caller is told to come back. */
const MAX_FAILURES = 3;

/**
 * What a remembered order may be refused on without asking the database: the double click. All other refusals are
 * looked up first, because memory can be behind.
 */
const REFUSED_FROM_MEMORY: readonly Reason[] = ['attempt_open', 'order_already_paid'];

/**
 * What memory may call done without asking the database: money that was taken stays so. Everything else that is done may
 * have gone on since; a refund that memory has waiting may have been sent by now.
 */
const DONE_FOR_EVER: readonly OrderCommand['type'][] = ['settle_payment'];

/**
 * Runs one submission against the order. `remembered` is the order as this caller last saw it, if it did. Refuses
 * whatever deciding refuses, `order_not_found`, and `busy` when others keep winning. Throws when the database does not
 * answer; a write of this submission that did happen is recognised by its commit id when it is submitted again.
 */
export async function submitCommand(
  log: OrderLog,
  remembered: OrderState | null,
  submission: Submission,
): Promise<Submitted> {
  let state = remembered;
  let written: string | null = null;
  let failures = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      const isFresh = state === null;
      state ??= await log.load(submission.orderNo);
      if (state === null) return { ...refuse('order_not_found'), state };
      if (state.lastCommitId === submission.commitId) return { ok: true, subject: written, state };

      const decided = decide(state, submission);
      if (!decided.ok && (isFresh || REFUSED_FROM_MEMORY.includes(decided.refusal.reason))) {
        return { ...decided, state };
      }
      if (decided.ok) {
        const { value } = decided;
        if (!('already' in value)) {
          written = value.subject;
          const outcome = await log.commit(headOf(submission, state), value);
          if (outcome.status === 'committed') return { ok: true, subject: written, state: outcome.state };
        } else if (isFresh || DONE_FOR_EVER.includes(submission.command.type)) {
          return { ok: true, subject: value.subject, state };
        }
      }
    } catch (error) {
      if (++failures === MAX_FAILURES) throw error;
    }
    state = null;
  }
  return { ...refuse('busy', { retryAfterSeconds: 1 }), state: null };
}

function headOf(submission: Submission, state: OrderState) {
  const { orderNo, commitId, nowMs } = submission;
  return { orderNo, commitId, nowMs, version: state.order.version };
}
