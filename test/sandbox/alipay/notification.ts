/** The message that tells the merchant of a payment. */
import type { KeyObject } from 'node:crypto';
import type { Notification } from '../notification-queue.ts';
import { randomDigits } from '../random-digits.ts';
import type { Trade } from '../trade.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { PAYER } from './payer.ts';
import type { Merchant } from './public-parameters.ts';
import { notificationText, signText } from './signature.ts';
import { tradeStatus } from './trade-status.ts';
import { formatYuan } from './yuan.ts';

/**
 * The pauses between tries. Alipay waits 4 m, 10 m, 10 m, 1 h, 2 h, 6 h and 15 h; here a second stands for a minute.
 *
 * @see https://opendocs.alipay.com/open/203/105286
 */
export const RETRY_DELAYS_MS = [4, 10, 10, 60, 120, 360, 900].map((seconds) => seconds * 1000);

/** Exactly the seven letters with status 200 end the tries; anything else does not. */
export function isAcknowledgement(status: number, body: string): boolean {
  return status === 200 && body === 'success';
}

/** Signs the fields of a notification and writes them as a form. Tests also sign odd ones with it. */
export function signedForm(fields: Readonly<Record<string, string>>, alipayPrivateKey: KeyObject): string {
  const sign = signText(notificationText(new Map(Object.entries(fields))), alipayPrivateKey);
  return new URLSearchParams({ ...fields, sign_type: 'RSA2', sign }).toString();
}

/** The notification of a trade's present state, signed. */
export function notificationOf(
  trade: Trade,
  { merchant, alipayPrivateKey, nowMs }: { merchant: Merchant; alipayPrivateKey: KeyObject; nowMs: number },
): Notification {
  const notificationId = `${formatBeijingTime(nowMs).slice(0, 10).replaceAll('-', '')}00222${randomDigits(21)}`;
  const amount = formatYuan(trade.amountFen);
  const fields = {
    app_id: merchant.appId,
    auth_app_id: merchant.appId,
    body: '',
    buyer_id: PAYER.userId,
    buyer_logon_id: PAYER.logonId,
    buyer_pay_amount: amount,
    charset: 'utf-8',
    fund_bill_list: JSON.stringify([{ amount, fundChannel: 'ALIPAYACCOUNT' }]),
    gmt_create: formatBeijingTime(trade.openedAtMs),
    gmt_payment: formatBeijingTime(trade.capturedAtMs ?? nowMs),
    invoice_amount: amount,
    notify_id: notificationId,
    notify_time: formatBeijingTime(nowMs),
    notify_type: 'trade_status_sync',
    out_trade_no: trade.outTradeNo,
    point_amount: '0.00',
    receipt_amount: amount,
    seller_id: merchant.sellerId,
    subject: trade.subject,
    total_amount: amount,
    trade_no: trade.transactionId,
    trade_status: tradeStatus(trade, nowMs),
    version: '1.0',
  };
  return {
    notificationId,
    outTradeNo: trade.outTradeNo,
    url: trade.notifyUrl,
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'user-agent': 'Mozilla/4.0',
    },
    body: signedForm(fields, alipayPrivateKey),
  };
}
