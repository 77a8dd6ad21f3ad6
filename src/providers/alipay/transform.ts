/** Alipay's words as the port's words. What is not known here is `unknown` or `other`, never success, never failure. */

import { formatYuan, isChargeable, parseYuan, type Fen } from '../../core/money.ts';
import type {
  CloseAnswer,
  Notification,
  PaymentAnswer,
  PrepayAnswer,
  PrepayRequest,
  RefundAnswer,
  RefundRequest,
} from '../../core/payment/provider.ts';
import { formatBeijingTime, parseBeijingTime } from '../beijing-time.ts';
import {
  codeUrlSchema,
  notificationSchema,
  type AlipayConfig,
  type Answer,
  type NotificationMessage,
} from './schema.ts';

const MAX_SUBJECT_CHARACTERS = 256;

/** Alipay allows 128 characters; a longer one is not its own. */
const MAX_NOTIFICATION_ID_CHARACTERS = 128;

/** A payment that a browser takes to Alipay, by address or by form. */
const PAGE = { method: 'alipay.trade.page.pay', productCode: 'FAST_INSTANT_TRADE_PAY' } as const;

/** The ways to pay that are offered here: what Alipay calls each, and the product that the merchant has signed for. */
export const PRODUCTS = {
  app_order_string: { method: 'alipay.trade.app.pay', productCode: 'QUICK_MSECURITY_PAY' },
  qr_code: { method: 'alipay.trade.precreate', productCode: 'QR_CODE_OFFLINE' },
  html_form: PAGE,
  redirect_url: PAGE,
} as const;

/** What {@link PRODUCTS} are named by. */
export type AlipayKind = keyof typeof PRODUCTS;

/**
 * Refusals of an order after which there is nothing to scan: a rule is broken, the merchant may not, or the number
 * stands for something else or for a trade that is over. `ACQ.TRADE_HAS_SUCCESS` is not among them, because that is
 * money which has to be asked for; nor is `ACQ.APPLY_PC_MERCHANT_CODE_ERROR`, which is said when a number was asked for
 * too often, so that there is a code; nor what is about a payer, who is not known yet.
 */
const ORDER_REFUSALS = new Set([
  'ACQ.INVALID_PARAMETER',
  'ACQ.EXIST_FORBIDDEN_WORD',
  'ACQ.TOTAL_FEE_EXCEED',
  'ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR',
  'ACQ.ACCESS_FORBIDDEN',
  'ACQ.PARTNER_ERROR',
  'ACQ.SELLER_NOT_EXIST',
  'ACQ.SELLER_BEEN_BLOCKED',
  'ACQ.INVALID_RECEIVE_ACCOUNT',
  'ACQ.BEYOND_PAY_RESTRICTION',
  'ACQ.BEYOND_PER_RECEIPT_RESTRICTION',
  'ACQ.BEYOND_PER_RECEIPT_DAY_RESTRICTION',
  'ACQ.BEYOND_PER_RECEIPT_SINGLE_RESTRICTION',
  'ACQ.MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT',
  'ACQ.MERCHANT_PERM_RECEIPT_SINGLE_LIMIT',
  'ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT',
  'ACQ.CONTEXT_INCONSISTENT',
  'ACQ.TRADE_HAS_CLOSE',
]);

/** Closing says so when the trade is not waiting for its payer: most likely it was paid a moment ago. */
const NOT_OPEN = new Set(['ACQ.TRADE_STATUS_ERROR', 'ACQ.REASON_TRADE_STATUS_INVALID', 'ACQ.REASON_ILLEGAL_STATUS']);

/** The number is taken by a refund of another amount, so this one can never pass and has moved nothing. */
const NUMBER_TAKEN = 'ACQ.DISCORDANT_REPEAT_REQUEST';

/**
 * Refusals of a refund that no repetition gets past: too late, too much, or never allowed. A balance that is too low,
 * a frozen trade or a buyer's blocked account are not among them, because those pass and the same number goes through.
 */
const FINAL_REFUSALS = new Set([
  'ACQ.TRADE_HAS_FINISHED',
  'ACQ.REASON_TRADE_REFUND_FEE_ERR',
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL',
  'ACQ.TRADE_NOT_ALLOW_REFUND',
  'ACQ.NOT_ALLOW_PARTIAL_REFUND',
]);

/**
 * The order that the cashier shows and charges. It depends on nothing but the request: the same number may be asked for
 * again, but only in the same words. A subject may not hold `/`, `=` or `&`, nor be empty or longer than 256 characters;
 * the payment's own number stands in for a title of which nothing is left.
 * @see https://opendocs.alipay.com/open/02e7gq
 * @see https://opendocs.alipay.com/open/02ekfg
 * @see https://opendocs.alipay.com/open/59da99d0_alipay.trade.page.pay
 */
export function toOrder(request: PrepayRequest, kind: AlipayKind) {
  const characters = Array.from(request.subject.replaceAll(/[/=&]/g, ''));
  const title = characters.slice(0, MAX_SUBJECT_CHARACTERS).join('');
  return {
    subject: title.trim() === '' ? request.outTradeNo : title,
    out_trade_no: request.outTradeNo,
    total_amount: formatYuan(request.amountFen),
    product_code: PRODUCTS[kind].productCode,
    time_expire: formatBeijingTime(request.payableUntilMs),
  };
}

/**
 * What an order gave to be scanned. It is handed on only when the answer names our payment: a code is paid by whoever
 * scans it, and Alipay would book that under the number of the code, not under ours.
 * @see https://opendocs.alipay.com/open/02ekfg
 */
export function toPrepayAnswer(answer: Answer, outTradeNo: string): PrepayAnswer {
  if (isAboutAnother(answer, outTradeNo)) return unknown('it is about another payment');
  const cause = codesOf(answer);
  if (answer.code === '40004' && ORDER_REFUSALS.has(answer.sub_code ?? '')) return { status: 'refused', cause };
  if (answer.code !== '10000') return unknown(cause);
  if (!answer.out_trade_no) return unknown('it does not say which payment it is about');
  const codeUrl = codeUrlSchema.safeParse(answer.qr_code);
  return codeUrl.success ? toCode(codeUrl.data) : unknown('it names nothing that could be scanned');
}

/** A code as it was given, which is all that has to be kept to show it again. */
export function toCode(codeUrl: string): PrepayAnswer {
  return { status: 'ready', prepay: { kind: 'qr_code', codeUrl }, handle: codeUrl };
}

/**
 * What Alipay knows of a payment. `TRADE_FINISHED` is a paid trade that is too old to be refunded; `TRADE_CLOSED` is one
 * that was never paid or was refunded in full, which only our own records tell apart.
 * @see https://opendocs.alipay.com/open/02e7gm
 */
export function toPaymentAnswer(answer: Answer, outTradeNo: string, nowMs: number): PaymentAnswer {
  if (isAboutAnother(answer, outTradeNo)) return unknown('it is about another payment');
  if (isRefusal(answer, 'ACQ.TRADE_NOT_EXIST')) return { status: 'absent' };
  if (answer.code !== '10000') return unknown(codesOf(answer));
  switch (answer.trade_status) {
    case 'WAIT_BUYER_PAY':
      return { status: 'unpaid' };
    case 'TRADE_CLOSED':
      return { status: 'closed' };
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED': {
      const amountFen = parseAmount(answer.total_amount);
      if (amountFen === null) return unknown('it says paid, with an amount that is none');
      if (!answer.trade_no) return unknown('it says paid, without a number of the trade');
      const paidAtMs = parseBeijingTime(answer.send_pay_date) ?? nowMs;
      return { status: 'paid', outTradeNo, transactionId: answer.trade_no, amountFen, paidAtMs };
    }
    default:
      return unknown('it has a trade status that is not known here');
  }
}

/**
 * How closing went. A trade that does not exist yet may still come into being: its order string works until its expiry.
 * @see https://opendocs.alipay.com/open/02e7gn
 */
export function toCloseAnswer(answer: Answer, outTradeNo: string): CloseAnswer {
  if (isAboutAnother(answer, outTradeNo)) return unknown('it is about another payment');
  if (answer.code === '10000') return { status: 'closed' };
  if (isRefusal(answer, 'ACQ.TRADE_NOT_EXIST')) return { status: 'absent' };
  if (answer.code === '40004' && NOT_OPEN.has(answer.sub_code ?? '')) return { status: 'not_open' };
  return unknown(codesOf(answer));
}

/**
 * How asking for a refund went. `query_first`: it moved nothing now, but an earlier try of the same number may have, so
 * only the refund query can tell; `ifAbsent` is what to conclude when that one has never heard of the number.
 */
export type RefundReading = RefundAnswer | { status: 'query_first'; ifAbsent: 'failed' | 'unknown'; cause: string };

/**
 * Reads the answer to a refund. Code 10000 only says that the call was understood: money moved when `fund_change` is
 * `Y`. A final refusal is not believed at once, for the sake of a first try that succeeded and whose answer got lost: a
 * refund reported as failed is one that somebody will send again under another number.
 * @see https://opendocs.alipay.com/open/02e7go
 */
export function toRefundReading(answer: Answer, request: RefundRequest): RefundReading {
  if (isAboutAnother(answer, request.outTradeNo)) return unknown('it is about another payment');
  const cause = codesOf(answer);
  if (answer.code === '10000') {
    if (answer.fund_change === 'Y') return { status: 'succeeded' };
    return { status: 'query_first', ifAbsent: 'unknown', cause: 'this try moved no money' };
  }
  if (answer.code !== '40004') return unknown(cause);
  if (answer.sub_code === NUMBER_TAKEN) return { status: 'failed', cause };
  if (FINAL_REFUSALS.has(answer.sub_code ?? '')) return { status: 'query_first', ifAbsent: 'failed', cause };
  // A closed trade may be one that this very refund has emptied, and the query lags some seconds behind.
  if (answer.sub_code === 'ACQ.TRADE_HAS_CLOSE') return { status: 'query_first', ifAbsent: 'unknown', cause };
  return unknown(cause);
}

/**
 * What Alipay knows of a refund. An answer without `refund_status` is how it says that it knows no such refund.
 * @see https://opendocs.alipay.com/open/02e7gp
 */
export function toRefundAnswer(answer: Answer, request: RefundRequest): RefundAnswer {
  if (isAboutAnother(answer, request.outTradeNo)) return unknown('it is about another payment');
  if (isRefusal(answer, 'ACQ.TRADE_NOT_EXIST')) return { status: 'absent' };
  if (answer.code !== '10000') return unknown(codesOf(answer));
  if (!answer.refund_status) return { status: 'absent' };
  if (answer.refund_status !== 'REFUND_SUCCESS') return unknown('it has a refund status that is not known here');
  if (answer.out_request_no && answer.out_request_no !== request.refundNo) return unknown('it is about another refund');
  if (answer.refund_amount && parseYuan(answer.refund_amount) !== request.amountFen) {
    return unknown('it gave back another amount than was asked for');
  }
  return { status: 'succeeded' };
}

/**
 * Reads a notification whose signature held. One that says paid but names no readable amount or trade is `invalid`
 * rather than `other`: money must never be acknowledged unread, and Alipay repeats for a day what is not acknowledged.
 * So is one without a payment number, since nothing can be stored under it.
 * @see https://opendocs.alipay.com/open/203/105286
 */
export function toNotification(
  form: ReadonlyMap<string, string>,
  config: Pick<AlipayConfig, 'appId' | 'sellerId'>,
  nowMs: number,
): Notification {
  const parsed = notificationSchema.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { kind: 'invalid', cause: 'the notification names no payment that could be ours' };
  const message = parsed.data;
  const { out_trade_no: outTradeNo, trade_status: tradeStatus } = message;
  const event = { notificationId: nameEvent(message), outTradeNo };
  const foreignCause = whyForeign(message, config);
  if (foreignCause) return { kind: 'foreign', ...event, cause: foreignCause };
  if (tellsOfRefund(message)) {
    if (tradeStatus === 'TRADE_SUCCESS' || tradeStatus === 'TRADE_CLOSED') return { kind: 'refund', ...event };
    return { kind: 'other', ...event, cause: 'it tells of a refund under a status that no refund has' };
  }
  if (tradeStatus !== 'TRADE_SUCCESS' && tradeStatus !== 'TRADE_FINISHED') {
    return { kind: 'other', ...event, cause: 'its trade status is not that of a payment' };
  }
  const amountFen = parseAmount(message.total_amount);
  if (amountFen === null) return { kind: 'invalid', cause: 'the notification says paid, with an amount that is none' };
  if (!message.trade_no) return { kind: 'invalid', cause: 'the notification says paid, without a number of the trade' };
  const paidAtMs = parseBeijingTime(message.gmt_payment) ?? parseBeijingTime(message.notify_time) ?? nowMs;
  const payment = { outTradeNo, transactionId: message.trade_no, amountFen, paidAtMs };
  return { kind: 'payment', notificationId: event.notificationId, payment };
}

/** Every repeat of one event carries the same `notify_id`; without it, a trade has one event for each status. */
function nameEvent(message: NotificationMessage): string {
  const { notify_id: notifyId = '' } = message;
  if (notifyId !== '' && notifyId.length <= MAX_NOTIFICATION_ID_CHARACTERS) return notifyId;
  return `${message.out_trade_no}:${message.trade_status ?? ''}`;
}

function whyForeign(message: NotificationMessage, config: Pick<AlipayConfig, 'appId' | 'sellerId'>): string | null {
  if (message.app_id !== config.appId) return 'it is for another app';
  if (message.auth_app_id && message.auth_app_id !== config.appId) return 'it is on behalf of another app';
  if (message.seller_id && message.seller_id !== config.sellerId) return 'it is for another seller';
  return null;
}

/** Plain payments also come with `refund_fee=0.00`: that is how Alipay's own example looks. */
function tellsOfRefund(message: NotificationMessage): boolean {
  const refundFee = message.refund_fee ?? '';
  return Boolean(message.gmt_refund) || Boolean(message.out_biz_no) || (refundFee !== '' && parseYuan(refundFee) !== 0);
}

function parseAmount(text: string | undefined): Fen | null {
  const amountFen = parseYuan(text ?? '');
  return amountFen !== null && isChargeable(amountFen) ? amountFen : null;
}

/** An answer that went astray, or that somebody swapped, is signed all the same. */
function isAboutAnother(answer: Answer, outTradeNo: string): boolean {
  return Boolean(answer.out_trade_no) && answer.out_trade_no !== outTradeNo;
}

function isRefusal(answer: Answer, subCode: string): boolean {
  return answer.code === '40004' && answer.sub_code === subCode;
}

function codesOf(answer: Answer): string {
  return [answer.code, answer.sub_code].filter(Boolean).join(' ');
}

function unknown(cause: string): { status: 'unknown'; cause: string } {
  return { status: 'unknown', cause: `Alipay's answer: ${cause}` };
}
