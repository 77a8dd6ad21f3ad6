/** Starts a payment: one open slip at a time, and never a new one while the last could still be paid unseen. */

import { accept, refuse, type Result } from '../errors.ts';
import type { PaymentMethod, Scope } from '../order/command.ts';
import type { Order } from '../order/order.ts';
import type { Submitted } from '../order/order-gate.ts';
import { submit } from '../order/submit.ts';
import type { Services } from '../services.ts';
import { type Attempt, isLive } from './attempt.ts';
import { openKept } from './kept.ts';
import { lookAtPayment } from './look-at-payment.ts';
import { prepareAttempt } from './prepare-attempt.ts';
import type { Prepay, PrepayKind, PrepayOf } from './provider.ts';

/** What to start. */
export type PaymentStart<Kind extends PrepayKind = PrepayKind> = {
  orderNo: string;
  scope: Scope;
  actor: string;
  /**
   * The ways to pay that the dialect knows, the preferred one first. Those that are not configured drop out. What the
   * customer chose among them is kept, where the dialect has a name for it.
   */
  methods: readonly { provider: string; kind: Kind; choice?: string }[];
  /** How long the slip is to last, ms. */
  slipMs: number;
  /** What an open slip means: `refuse`, or `hand_out_again` to the same payer and by the same method. */
  whenOpen: 'refuse' | 'hand_out_again';
  /** Who pays, in the provider's own terms, where the method asks for that. */
  payerId: string | null;
};

/** A slip, and what the client opens the cashier with. */
export type StartedPayment<Kind extends PrepayKind = PrepayKind> = {
  order: Order;
  attempt: Attempt;
  prepay: PrepayOf<Kind>;
};

/** A slip that stands in the way is settled, and then it is tried again; that often, and somebody else is at it. */
const MAX_TRIES = 3;

/**
 * Opens an attempt and prepares it at the provider. When the last slip has run out, or is for another method or payer,
 * the provider is asked about it and it is closed first; money found there pays the order.
 *
 * Refuses `provider_not_offered`, `order_not_found`, `order_expired`, `order_cancelled`, `order_already_paid`,
 * `attempt_open`, `attempts_exhausted`, `provider_refused` (the attempt is over), `provider_unavailable` (the attempt
 * stays, and the next call goes on with it), `busy`.
 */
export async function startPayment<Kind extends PrepayKind>(
  services: Services,
  start: PaymentStart<Kind>,
): Promise<Result<StartedPayment<Kind>>> {
  const methods = start.methods.flatMap((method) => offeredMethod(services, method));
  const command = { type: 'open_attempt', methods, slipMs: start.slipMs, whenOpen: start.whenOpen } as const;
  const { orderNo, actor, scope } = start;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const opened = await submit(services, { orderNo, actor, scope, command });
    const found = opened.ok ? await handOut(services, start, opened) : inTheWay(opened);
    if ('ok' in found) return found.ok ? asWanted(start, found.value) : found;
    const looked = await lookAtPayment(services, found.inTheWay, 'close_now');
    if (!looked.ok) return looked;
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}

/** What was prepared is of a kind that was asked for: a provider that gives another one has not done it. */
function asWanted<Kind extends PrepayKind>(
  { methods }: PaymentStart<Kind>,
  { prepay, ...started }: StartedPayment,
): Result<StartedPayment<Kind>> {
  const isWanted = (one: Prepay): one is PrepayOf<Kind> => methods.some(({ kind }) => kind === one.kind);
  return isWanted(prepay) ? accept({ ...started, prepay }) : refuse('provider_refused');
}

/** Either the answer, or an attempt that has to be over before there can be one. */
type Found = Result<StartedPayment> | { inTheWay: Attempt };

function inTheWay({ refusal, state }: Extract<Submitted, { ok: false }>): Found {
  const live = refusal.reason === 'attempt_unsettled' ? state?.attempts.find(isLive) : undefined;
  return live ? { inTheWay: live } : { ok: false, refusal };
}

/** Prepares the attempt that was opened, or hands out again the one that was open, if it is this payer's. */
async function handOut(
  services: Services,
  start: PaymentStart,
  { subject, state }: Extract<Submitted, { ok: true }>,
): Promise<Found> {
  const attempt = state.attempts.find((one) => one.outTradeNo === subject);
  const provider = attempt && services.providers.get(attempt.provider);
  if (!provider) return refuse('busy', { retryAfterSeconds: 1 });
  const { handle, payerId } = await openKept(services, attempt);
  if (attempt.sealed !== null && payerId !== start.payerId) return { inTheWay: attempt };
  return prepareAttempt(services, provider, { order: state.order, attempt, payerId: start.payerId, handle });
}

function offeredMethod(services: Services, method: PaymentStart['methods'][number]): PaymentMethod[] {
  const provider = services.providers.get(method.provider);
  const prepared = provider?.prepayKinds[method.kind];
  if (!provider || !prepared) return [];
  const { by, maximumSlipMs } = prepared;
  const { minimumSlipMs } = provider;
  const { choice = null } = method;
  return [{ ...method, choice, opensAs: by === 'local' ? 'pending' : 'opening', minimumSlipMs, maximumSlipMs }];
}
