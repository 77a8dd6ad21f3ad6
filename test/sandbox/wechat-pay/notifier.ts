/** What WeChat Pay tells the merchant of by itself: payments, and how refunds end. */
import type { Notification, NotificationQueue } from '../notification-queue.ts';
import type { Trade } from '../trade.ts';
import type { Books } from './books.ts';
import { notificationBody, type NotificationEvent } from './notification.ts';
import type { PlatformSigner } from './platform-signer.ts';
import { refundNoticeOf } from './refund-content.ts';
import type { Refund, RefundEnding } from './refund-desk.ts';
import { transactionOf } from './transaction.ts';

const SENT = { 'content-type': 'application/json', 'user-agent': 'Mozilla/4.0' };
const REFUND_SUMMARIES: Record<RefundEnding, string> = {
  SUCCESS: '退款成功',
  CLOSED: '退款关闭',
  ABNORMAL: '退款异常',
};

/** The notifier. What it queues is not signed yet: that is for each try to do. */
export type Notifier = {
  tellOfPayment(trade: Trade): void;
  /** Tells nobody when the refund was asked for without a `notify_url`. */
  tellOfRefund(refund: Refund): void;
  signBody(body: string): Record<string, string>;
  signAgain(notification: Notification): Notification;
  signNotification(event: NotificationEvent): { headers: Record<string, string>; body: string };
};

/** What the notifier works with. */
export type NotifierParts = { books: Books; signer: PlatformSigner; queue: NotificationQueue; apiV3Key: string };

/** Creates the notifier. */
export function createNotifier({ books, signer, queue, apiV3Key }: NotifierParts): Notifier {
  const { merchant, ledger, orders, now } = books;
  const signBody = (body: string): Record<string, string> => ({ ...SENT, ...signer.sign('notification', body) });
  const bodyOf = (event: NotificationEvent, id: string): string =>
    notificationBody(event, { id, apiV3Key, nowMs: now() });

  function tell(outTradeNo: string, url: string, event: NotificationEvent): void {
    const notificationId = crypto.randomUUID();
    queue.add({ notificationId, outTradeNo, url, headers: SENT, body: bodyOf(event, notificationId) }, now());
  }

  return {
    tellOfPayment(trade) {
      const resource = transactionOf(books, trade, 'SUCCESS');
      const event = { eventType: 'TRANSACTION.SUCCESS', summary: '支付成功', associatedData: 'transaction', resource };
      tell(trade.outTradeNo, trade.notifyUrl, event);
    },
    tellOfRefund(refund) {
      const trade = ledger.trade(refund.outTradeNo);
      if (refund.notifyUrl === null || trade === null || refund.status === 'PROCESSING') return;
      const resource = refundNoticeOf({ refund, trade, orders }, merchant.mchId);
      const summary = REFUND_SUMMARIES[refund.status];
      const event = { eventType: `REFUND.${refund.status}`, summary, associatedData: 'refund', resource };
      tell(refund.outTradeNo, refund.notifyUrl, event);
    },
    signBody,
    signAgain: (notification) => ({
      ...notification,
      headers: { ...notification.headers, ...signBody(notification.body) },
    }),
    signNotification(event) {
      const body = bodyOf(event, crypto.randomUUID());
      return { headers: signBody(body), body };
    },
  };
}
