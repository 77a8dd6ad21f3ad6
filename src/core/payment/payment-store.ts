/** The port for attempts outside a decision: which are due for a look, and who takes that look. */

import type { Scope } from '../order/command.ts';
import type { NotificationReceipt } from '../order/decision.ts';
import type { Attempt } from './attempt.ts';

/** An attempt that the provider is to be asked about, and how often that has been done. */
export type DueAttempt = Attempt & { looks: number };

/** The attempts' store. */
export type PaymentStore = {
  /** One attempt, if its order is within the scope. */
  find(outTradeNo: string, scope: Scope | 'everything'): Promise<Attempt | null>;
  /** Whether money is recorded under a provider's number of a payment. */
  isCaptured(provider: string, transactionId: string): Promise<boolean>;
  due(nowMs: number, limit: number): Promise<DueAttempt[]>;
  /**
   * Takes the look for one run alone and sets when the next is due, before the provider is asked: a run that dies, or
   * two at once, neither lose a look nor double it. `false`: somebody else has it.
   */
  claimLook(attempt: DueAttempt, nowMs: number, nextAtMs: number): Promise<boolean>;
  /** Takes a look beside the schedule, unless there was one less than `apartMs` ago. */
  claimGlance(outTradeNo: string, nowMs: number, apartMs: number): Promise<boolean>;
  /** Ends the looks at an attempt that can never be paid any more. */
  stopLooking(outTradeNo: string): Promise<void>;
  /** Keeps a notification that changed nothing; says how often it has come. */
  recordStray(stray: StrayNotification): Promise<number>;
};

/** What a notification that changed no order is kept as. */
export type StrayOutcome = 'unknown_number' | 'foreign' | 'amount_differs';

/** A notification that could not be applied, on its way to an operator's eyes. */
export type StrayNotification = { receipt: NotificationReceipt; outcome: StrayOutcome };
