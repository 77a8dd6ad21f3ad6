/** Starts a payment: one open slip at a time, and never a new one while the last could still be paid unseen. */

import { accept, refuse, type Result } from '../errors.ts';
import type { PaymentMethod, Scope } from '../order/command.ts';
import type { Order, OrderState } from '../order/order.ts';
import { submit, SYSTEM } from '../order/submit.ts';
import type { Services } from '../services.ts';
import { type Attempt, isLive } from './attempt.ts';
import { lookAtPayment } from './look-at-payment.ts';
import type { PaymentProvider, Prepay, PrepayKind } from './provider.ts';

/** What to start. */
export type PaymentStart = {
  orderNo: string;
  scope: Scope;
  actor: string;
  /** The ways to pay that the dialect knows, the preferred one first. Those that are not configured drop out. */
  methods: readonly { provider: string; kind: PrepayKind }[];
  /** How long the slip is to last, ms. */
  slipMs: number;
};

/** A slip, and what the client opens the cashier with. */
export type StartedPayment = { order: Order; attempt: Attempt; prepay: Prepay };

/**
 * Opens an attempt and prepares it at the provider. When the last slip has run out, the provider is asked about it
 * first; money found there pays the order.
 *
 * Refuses `provider_not_offered`, `order_not_found`, `order_expired`, `order_cancelled`, `order_already_paid`,
 * `attempt_open`, `attempts_exhausted`, `provider_refused` (the attempt is over), `provider_unavailable` (the attempt
 * stays, and the next call goes on with it), `busy`.
 */
export async function startPayment(services: Services, start: PaymentStart): Promise<Result<StartedPayment>> {
  const methods = start.methods.flatMap((method) => offeredMethod(services, method));
  const command = { type: 'open_attempt', methods, slipMs: start.slipMs } as const;
  const { orderNo, actor, scope } = start;
  let opened = await submit(services, { orderNo, actor, scope, command });
  const unsettled = opened.ok || opened.refusal.reason !== 'attempt_unsettled' ? null : liveAttempt(opened.state);
  if (unsettled) {
    const looked = await lookAtPayment(services, unsettled, 'close_now');
    if (!looked.ok) return looked;
    opened = await submit(services, { orderNo, actor, scope, command });
  }
  if (!opened.ok) return opened;
  const { subject, state } = opened;
  const attempt = state.attempts.find((one) => one.outTradeNo === subject);
  const provider = attempt && services.providers.get(attempt.provider);
  return provider ? prepare(services, provider, state.order, attempt) : refuse('busy', { retryAfterSeconds: 1 });
}

function offeredMethod(services: Services, method: PaymentStart['methods'][number]): PaymentMethod[] {
  const provider = services.providers.get(method.provider);
  const prepared = provider?.prepayKinds[method.kind];
  if (!provider || !prepared) return [];
  return [{ ...method, opensAs: prepared === 'local' ? 'pending' : 'opening', minimumSlipMs: provider.minimumSlipMs }];
}

function liveAttempt(state: OrderState | null): Attempt | null {
  return state?.attempts.find(isLive) ?? null;
}

/** Has the provider prepare the attempt, and writes down what came of it where that is not known beforehand. */
async function prepare(
  services: Services,
  provider: PaymentProvider,
  order: Order,
  attempt: Attempt,
): Promise<Result<StartedPayment>> {
  const { outTradeNo, orderNo } = attempt;
  const answer = await provider.prepay({
    kind: attempt.kind,
    outTradeNo,
    amountFen: attempt.amountFen,
    subject: order.subject,
    payableUntilMs: attempt.payableUntilMs,
  });
  if (answer.status === 'unknown') {
    services.log.alert('prepay_unanswered', { orderNo, outTradeNo, cause: answer.cause });
    return refuse('provider_unavailable', { retryAfterSeconds: 5 });
  }
  if (answer.status === 'refused') {
    services.log.alert('prepay_refused', { orderNo, outTradeNo, cause: answer.cause });
    const proof = { type: 'fail_attempt', outTradeNo, cause: answer.cause } as const;
    const failed = await submit(services, { orderNo, command: proof, ...SYSTEM });
    return failed.ok ? refuse('provider_refused') : failed;
  }
  if (attempt.status === 'opening') {
    const ready = await submit(services, { orderNo, command: { type: 'ready_attempt', outTradeNo }, ...SYSTEM });
    if (!ready.ok) return ready;
  }
  return accept({ order, attempt, prepay: answer.prepay });
}
