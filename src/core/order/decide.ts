/** Decides a command: pure, from the order as it is. The one place that knows which decision belongs to which command. */

import { refuse } from '../errors.ts';
import { decideAttemptOutcome } from '../payment/decide-attempt-outcome.ts';
import { decideOpenAttempt } from '../payment/decide-open-attempt.ts';
import { decideRecordPayment } from '../payment/decide-record-payment.ts';
import { decidePayNothing } from '../payment/decide-pay-nothing.ts';
import { decideReleaseAttempt } from '../payment/decide-release-attempt.ts';
import { decideSettlePayment } from '../payment/decide-settle-payment.ts';
import { decidePayCommission } from '../commission/decide-pay-commission.ts';
import { decideRefundRequest } from '../refund/decide-refund-request.ts';
import { decideRefundOutcome } from '../refund/decide-refund-outcome.ts';
import { decideRefundVerdict } from '../refund/decide-refund-verdict.ts';
import { decideReturnSurplus } from '../refund/decide-return-surplus.ts';
import { decideOpenSubscription } from '../subscription/decide-open-subscription.ts';
import type { Submission } from './command.ts';
import { decideAdvanceFulfilment } from './decide-advance-fulfilment.ts';
import { decideEndUnpaid } from './decide-end-unpaid.ts';
import { decideSplit } from './decide-split.ts';
import type { Decided } from './decision.ts';
import type { Order, OrderState } from './order.ts';

/** Decides one command. Someone else's order, and a deleted one, are refused like one that does not exist. */
export function decide(state: OrderState, submission: Submission): Decided {
  const { command, actor, nowMs } = submission;
  if (!isWithin(submission.scope, state.order)) return refuse('order_not_found');
  switch (command.type) {
    case 'open_attempt':
      return decideOpenAttempt(state, command, actor, nowMs);
    case 'release_attempt':
      return decideReleaseAttempt(state, command, nowMs);
    case 'ready_attempt':
    case 'fail_attempt':
    case 'close_attempt':
      return decideAttemptOutcome(state, command, actor, nowMs);
    case 'settle_payment':
      return decideSettlePayment(state, command, actor, nowMs);
    case 'cancel':
    case 'delete':
    case 'expire':
      return decideEndUnpaid(state, command, actor, nowMs);
    case 'advance_fulfilment':
      return decideAdvanceFulfilment(state, command, actor);
    case 'record_payment':
      return decideRecordPayment(state, command, actor, nowMs);
    case 'pay_nothing':
      return decidePayNothing(state, actor, nowMs);
    case 'open_subscription':
      return decideOpenSubscription(state, command, actor);
    case 'pay_commission':
      return decidePayCommission(state, actor, nowMs);
    case 'split':
      return decideSplit(state, command, actor);
    case 'request_refund':
      return decideRefundRequest(state, command, actor, nowMs);
    case 'decide_refund':
      return decideRefundVerdict(state, command, actor, nowMs);
    case 'settle_refund':
      return decideRefundOutcome(state, command, actor, nowMs);
    case 'return_surplus':
      return decideReturnSurplus(state, command, nowMs);
  }
}

function isWithin(scope: Submission['scope'], order: Order): boolean {
  if (scope === 'everything') return true;
  if (order.dialect !== scope.dialect || order.deletedAtMs !== null) return false;
  return scope.userId === null || scope.userId === order.userId;
}
