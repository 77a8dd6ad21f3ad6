/** What can be asked of an order that exists. Plain data: it travels to the order's gate. */

import type { Fen } from '../money.ts';
import type { PrepayKind, ReportedPayment } from '../payment/provider.ts';
import type { Sealed } from '../personal/personal-store.ts';
import type { NotificationReceipt } from './decision.ts';
import type { FulfilmentStatus } from './lifecycle.ts';
import type { SubscriptionPeriod } from '../subscription/subscription.ts';
import type { Details } from './order.ts';
import type { OrderPart } from './order-part.ts';

/** Where an operator can move an order's work to: any of its states, or `completed`, which ends the order as well. */
export type FulfilmentTarget = FulfilmentStatus | 'completed';

/** What a dialect lets operators do with a paid order. */
export type FulfilmentPolicy = {
  /** For each target, the states of the work that it may be reached from. What is left out is not allowed. */
  moves: Partial<Record<FulfilmentTarget, readonly FulfilmentStatus[]>>;
  /** The states of the work in which money may be asked back. */
  refundFrom: readonly FulfilmentStatus[];
  /** Whether the work may go on while money is on its way back. */
  whileRefunding: 'goes_on' | 'waits';
};

/** One way in which an order can be paid. */
export type PaymentMethod = {
  provider: string;
  kind: PrepayKind;
  /** `opening` where the provider's network has to be asked before the customer can pay. */
  opensAs: 'opening' | 'pending';
  /** The shortest life that the provider accepts, and the longest in which it can be handed out again, ms. */
  minimumSlipMs: number;
  maximumSlipMs: number;
  /** What the customer chose, as the dialect names it. */
  choice: string | null;
};
export type OpenAttempt = {
  type: 'open_attempt';
  /** The ways on offer. An order that was placed for one provider takes that one; any other takes the first. */
  methods: readonly PaymentMethod[];
  /** How long the slip is to last, ms. */
  slipMs: number;
  /** What an open slip means to someone who asks again: no, or the same one once more. */
  whenOpen: 'refuse' | 'hand_out_again';
};
export type ReadyAttempt = { type: 'ready_attempt'; outTradeNo: string; kept: Sealed | null };
/** The provider did not answer: whoever asks next goes on with the same attempt, at once. */
export type ReleaseAttempt = { type: 'release_attempt'; outTradeNo: string; kept: Sealed | null };
export type FailAttempt = { type: 'fail_attempt'; outTradeNo: string; cause: string };
export type CloseAttempt = {
  type: 'close_attempt';
  outTradeNo: string;
  /** `closed`: it can never be paid. `never_opened`: the provider does not know it, and could still come to. */
  proof: 'closed' | 'never_opened';
};
export type SettlePayment = {
  type: 'settle_payment';
  provider: string;
  payment: ReportedPayment;
  /** What the provider's answer to our own question says outweighs what a notification says. */
  proof: 'notification' | 'query';
  receipt: NotificationReceipt | null;
};
/** What a person wrote is sealed before it is said here. */
export type Cancel = { type: 'cancel'; reason: Sealed | null };
export type Delete = { type: 'delete' };
export type Expire = { type: 'expire' };
export type AdvanceFulfilment = {
  type: 'advance_fulfilment';
  to: FulfilmentTarget;
  policy: FulfilmentPolicy;
  remark: Sealed | null;
  /** What is known of the step beside its reason; about nobody. */
  facts: Details | null;
  /** What of the amount is earned by work that was done in part; `null`: as before. */
  heldBackFen: Fen | null;
};
/** A payment that was made elsewhere, as an operator vouches for it. */
export type RecordPayment = {
  type: 'record_payment';
  /** Under which number it was made: each counts once. */
  transactionId: string;
  paidAtMs: number;
  remark: Sealed | null;
};
/** An order that costs nothing is paid by saying so. */
export type PayNothing = { type: 'pay_nothing' };
/** Opens what was ordered: the one step from paid to completed, taken once. */
export type OpenSubscription = { type: 'open_subscription'; period: SubscriptionPeriod | null };
/** Puts the order's share on the balance of whoever gets it. */
export type PayCommission = { type: 'pay_commission' };
/** Makes one paid order several, which share its payment. */
export type Split = { type: 'split'; parts: readonly OrderPart[]; remark: Sealed | null };
export type RequestRefund = {
  type: 'request_refund';
  /** In fen, or all that is left. */
  amountFen: Fen | 'all';
  policy: FulfilmentPolicy;
  reason: Sealed | null;
  approval: 'manual' | 'auto';
};
export type DecideRefund = {
  type: 'decide_refund';
  refundNo: string;
  verdict: 'approve' | 'reject';
  reason: Sealed | null;
};
export type SettleRefund = {
  type: 'settle_refund';
  refundNo: string;
  outcome: 'succeeded' | 'failed';
  cause: string | null;
};
export type ReturnSurplus = { type: 'return_surplus'; provider: string; transactionId: string };

/** Every command. */
export type OrderCommand =
  | OpenAttempt
  | ReadyAttempt
  | ReleaseAttempt
  | FailAttempt
  | CloseAttempt
  | SettlePayment
  | Cancel
  | Delete
  | Expire
  | AdvanceFulfilment
  | RecordPayment
  | PayNothing
  | OpenSubscription
  | PayCommission
  | Split
  | RequestRefund
  | DecideRefund
  | SettleRefund
  | ReturnSurplus;

/**
 * Whose orders a command may touch: one user's of a dialect, or (`null`) all users'. Outside of it an order does not
 * exist; nor does one that was deleted.
 */
export type Scope = { dialect: string; userId: string | null };

/** A command with all that deciding needs beside the order: who, when, and under which name it is written. */
export type Submission = {
  orderNo: string;
  command: OrderCommand;
  /** `user:<id>`, `operator:<id>`, `provider:<name>` or `system`. */
  actor: string;
  /** `everything` for operators, jobs and providers. */
  scope: Scope | 'everything';
  nowMs: number;
  /** Unique for each submission, so that a write whose answer was lost is recognised as one's own. */
  commitId: string;
};
