/** Takes a provider's notification: verified first, durable before it is acknowledged, applied once. */

import type { NotificationReceipt } from '../order/decision.ts';
import { reconcileOrderRefunds } from '../refund/reconcile-refunds.ts';
import type { Services } from '../services.ts';
import { orderNoOf } from './attempt.ts';
import type { StrayOutcome } from './payment-store.ts';
import { queryPayment } from './query-payment.ts';
import { closePointless } from './look-at-payment.ts';
import type { Acknowledgement, Notification, NotificationRequest, PaymentProvider } from './provider.ts';
import { settlePayment } from './settle-payment.ts';

/** A number that nobody here knows is refused this often, in case its attempt is being written; then it is kept. */
const REPEATS_WANTED = 2;

/**
 * Verifies, applies, and says what the provider wants to hear. Whatever is wrong is logged with its number; nothing
 * that is not authentic and ours changes an order.
 */
export async function receiveNotification(
  services: Services,
  provider: PaymentProvider,
  request: NotificationRequest,
): Promise<Acknowledgement> {
  const notification = await provider.readNotification(request);
  const outcome = await apply(services, provider, notification);
  return provider.acknowledge(outcome);
}

type Outcome = 'accepted' | 'refused' | 'failed';

async function apply(services: Services, provider: PaymentProvider, notification: Notification): Promise<Outcome> {
  switch (notification.kind) {
    case 'invalid':
      services.log.alert('notification_refused', { provider: provider.name, cause: notification.cause });
      return 'refused';
    case 'other':
      return 'accepted';
    case 'foreign':
      await keepStray(services, receiptOf(services, provider, notification), 'foreign');
      return 'accepted';
    case 'refund':
      services.background(reconcileOrderRefunds(services, orderNoOf(notification.outTradeNo)));
      return 'accepted';
    case 'payment':
      return applyPayment(services, provider, notification);
  }
}

async function applyPayment(
  services: Services,
  provider: PaymentProvider,
  notification: Extract<Notification, { kind: 'payment' }>,
): Promise<Outcome> {
  const { payment } = notification;
  const receipt = receiptOf(services, provider, notification);
  const settled = await settlePayment(services, { provider: provider.name, payment, proof: 'notification', receipt });
  if (settled.ok) {
    closePointless(services, settled.value);
    return 'accepted';
  }
  switch (settled.refusal.reason) {
    case 'order_not_found':
    case 'attempt_not_found':
      return unknownNumber(services, receipt);
    case 'amount_differs': {
      await keepStray(services, receipt, 'amount_differs');
      const asked = await queryPayment(services, payment.outTradeNo);
      return asked.ok ? 'accepted' : 'failed';
    }
    default:
      return 'failed';
  }
}

async function unknownNumber(services: Services, receipt: NotificationReceipt): Promise<Outcome> {
  const times = await keepStray(services, receipt, 'unknown_number');
  return times <= REPEATS_WANTED ? 'failed' : 'accepted';
}

async function keepStray(services: Services, receipt: NotificationReceipt, outcome: StrayOutcome): Promise<number> {
  const { provider, outTradeNo } = receipt;
  services.log.alert('notification_stray', { provider, outTradeNo, outcome });
  return services.payments.recordStray({ receipt, outcome });
}

function receiptOf(
  services: Services,
  provider: PaymentProvider,
  notification: Extract<Notification, { kind: 'payment' | 'foreign' }>,
): NotificationReceipt {
  const payment = notification.kind === 'payment' ? notification.payment : null;
  return {
    provider: provider.name,
    notificationId: notification.notificationId,
    outTradeNo: payment?.outTradeNo ?? (notification.kind === 'foreign' ? notification.outTradeNo : ''),
    transactionId: payment?.transactionId ?? null,
    amountFen: payment?.amountFen ?? null,
    receivedAtMs: services.now(),
  };
}
