/** WeChat Pay's words as the port's words. What is not known here is `unknown` or `other`, never success or failure. */

import { isChargeable } from '../../core/money.ts';
import type {
  CloseAnswer,
  Notification,
  PaymentAnswer,
  PrepayAnswer,
  PrepayRequest,
  RefundAnswer,
  RefundRequest,
  ReportedPayment,
} from '../../core/payment/provider.ts';
import { formatBeijingTime, parseBeijingTime } from '../beijing-time.ts';
import type { Reply } from './client.ts';
import {
  type Envelope,
  prepaySchema,
  type Refund,
  refundNoticeSchema,
  refundSchema,
  type Transaction,
  transactionSchema,
  type WechatPayConfig,
} from './schema.ts';

/** The document says 127 and not of what: bytes are the side on which nothing is refused. */
const MAX_DESCRIPTION_BYTES = 127;

/** The ways to pay that are offered here, and what WeChat Pay calls each in its addresses. */
export const PRODUCTS = { jsapi_params: 'jsapi', app_params: 'app', qr_code: 'native' } as const;

/** What {@link PRODUCTS} are named by. */
export type WechatPayKind = keyof typeof PRODUCTS;

/** Refusals after which nothing was prepared and the same number will not be either. */
const PREPAY_REFUSALS = codes(
  'PARAM_ERROR',
  'INVALID_REQUEST',
  'APPID_MCHID_NOT_MATCH',
  'MCH_NOT_EXISTS',
  'NO_AUTH',
  'OUT_TRADE_NO_USED',
  'ORDER_CLOSED',
  'RULE_LIMIT',
);

/**
 * Closing says one of these when there is nothing to close; which of them it says of a paid payment is documented
 * differently on different pages, so all of them mean: ask what it is.
 */
const NOT_OPEN = codes('ORDER_PAID', 'ORDER_CLOSED', 'ORDER_REVERSED', 'INVALID_REQUEST', 'TRADE_STATE_ERROR');

/**
 * Refusals of a refund that no repetition gets past. A balance that is too low, a blocked account, a missing permission
 * or too much haste are not among them, because those pass and the same number goes through; nor is a payment that is
 * said not to exist, because one that was captured does.
 */
const FINAL_REFUND_REFUSALS = codes('PARAM_ERROR', 'INVALID_REQUEST');

/** A moment as WeChat Pay writes it, RFC 3339 in Beijing; a fraction of a second is cut off. */
function formatTime(atMs: number): string {
  return `${formatBeijingTime(atMs).replace(' ', 'T')}+08:00`;
}

/** Such a moment as UTC ms, `null` for anything else. */
function parseTime(text: string | undefined): number | null {
  const match = /^(\S{10})T(\S{8})\+08:00$/.exec(text ?? '');
  return match ? parseBeijingTime(`${match[1]} ${match[2]}`) : null;
}

/**
 * The order that the cashier shows and charges. It depends on nothing but the request and the configuration: the same
 * number may be prepared again, but only with the same words.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791856
 */
export function toOrder(request: PrepayRequest, config: WechatPayConfig): object {
  return {
    appid: config.appId,
    mchid: config.mchId,
    description: toDescription(request),
    out_trade_no: request.outTradeNo,
    time_expire: formatTime(request.payableUntilMs),
    notify_url: config.notifyUrl,
    amount: { total: request.amountFen, currency: 'CNY' },
    ...(request.kind === 'jsapi_params' && { payer: { openid: request.payerId } }),
  };
}

/** Characters of four bytes, emoji above all, are refused; the number stands in for a title of which nothing is left. */
function toDescription({ subject, outTradeNo }: PrepayRequest): string {
  const characters = Array.from(subject.replaceAll(/[\u{10000}-\u{10FFFF}\p{Surrogate}]/gu, ''));
  let bytes = 0;
  const title = characters.filter((character) => {
    bytes += new TextEncoder().encode(character).length;
    return bytes <= MAX_DESCRIPTION_BYTES;
  });
  return title.join('').trim() === '' ? outTradeNo : title.join('');
}

/** What preparing gave: something to sign or show, or the port's answer where it gave nothing. */
export type PrepayReading = { status: 'prepared'; handle: string } | Exclude<PrepayAnswer, { status: 'ready' }>;

/** Reads the answer to an order. */
export function toPrepayReading(reply: Reply, kind: WechatPayKind): PrepayReading {
  if (reply.status === 'unknown') return reply;
  if (reply.status === 'refused') {
    const cause = codesOf(reply);
    return isOneOf(PREPAY_REFUSALS, reply.code) ? { status: 'refused', cause } : unknown(cause);
  }
  const parsed = prepaySchema.safeParse(contentOf(reply));
  const handle = kind === 'qr_code' ? parsed.data?.code_url : parsed.data?.prepay_id;
  return handle ? { status: 'prepared', handle } : unknown('it names nothing that could be paid');
}

/**
 * What WeChat Pay knows of a payment. `REFUND` means that it was paid and that some of it went back, how much is not
 * said: which of our refunds those were, only our own records tell.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070356
 */
export function toPaymentAnswer(
  reply: Reply,
  outTradeNo: string,
  config: WechatPayConfig,
  nowMs: number,
): PaymentAnswer {
  if (reply.status === 'unknown') return reply;
  if (reply.status === 'refused') {
    return plain(reply.code) === plain('ORDER_NOT_EXIST') ? { status: 'absent' } : unknown(codesOf(reply));
  }
  const parsed = transactionSchema.safeParse(contentOf(reply));
  if (!parsed.success) return unknown('it is about no payment');
  const transaction = parsed.data;
  if (transaction.out_trade_no !== outTradeNo) return unknown('it is about another payment');
  const foreignCause = whyForeign(transaction, config);
  if (foreignCause) return unknown(foreignCause);
  switch (transaction.trade_state) {
    case 'SUCCESS':
    case 'REFUND': {
      const payment = toReportedPayment(transaction, nowMs);
      return payment ? { status: 'paid', ...payment } : unknown('it says paid, without a readable amount or number');
    }
    case 'NOTPAY':
    case 'USERPAYING':
    case 'PAYERROR':
      return { status: 'unpaid' };
    case 'CLOSED':
    case 'REVOKED':
      return { status: 'closed' };
    default:
      return unknown('it has a trade state that is not known here');
  }
}

/** How asking to close went. `query_first`: it was taken, which is also said of numbers that do not exist. */
export type CloseReading = CloseAnswer | { status: 'query_first' };

/**
 * Reads the answer to closing.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070360
 */
export function toCloseReading(reply: Reply): CloseReading {
  if (reply.status === 'unknown') return reply;
  if (reply.status === 'answered') {
    return reply.httpStatus === 204 ? { status: 'query_first' } : unknown(`closing gave HTTP ${reply.httpStatus}`);
  }
  if (plain(reply.code) === plain('ORDER_NOT_EXIST')) return { status: 'absent' };
  return isOneOf(NOT_OPEN, reply.code) ? { status: 'not_open' } : unknown(codesOf(reply));
}

/** What a payment that closing was taken for turned out to be. */
export function toCloseAnswer(known: PaymentAnswer): CloseAnswer {
  switch (known.status) {
    case 'closed':
    case 'absent':
      return { status: known.status };
    case 'paid':
      return { status: 'not_open' };
    case 'unpaid':
      return unknown('closing was accepted, and yet it can still be paid');
    case 'unknown':
      return known;
  }
}

/**
 * How asking for a refund went. `query_first`: a refusal that is final if it is the whole story, but an earlier try of
 * the same number may have gone through, and only the refund query can tell.
 */
export type RefundReading = RefundAnswer | { status: 'query_first'; cause: string };

/**
 * Reads the answer to a refund. A good status only says that it was accepted.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070371
 */
export function toRefundReading(reply: Reply, request: RefundRequest): RefundReading {
  if (reply.status !== 'refused') return toRefundAnswer(reply, request);
  const cause = codesOf(reply);
  return isOneOf(FINAL_REFUND_REFUSALS, reply.code) ? { status: 'query_first', cause } : unknown(cause);
}

/**
 * What WeChat Pay knows of a refund. `ABNORMAL` is one that the payer's bank sent back: an operator has to tell WeChat
 * Pay where the money goes, and then it still succeeds, so it is neither over nor under way.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070374
 */
export function toRefundAnswer(reply: Reply, request: RefundRequest): RefundAnswer {
  if (reply.status === 'unknown') return reply;
  if (reply.status === 'refused') {
    return plain(reply.code) === plain('RESOURCE_NOT_EXISTS') ? { status: 'absent' } : unknown(codesOf(reply));
  }
  const parsed = refundSchema.safeParse(contentOf(reply));
  if (!parsed.success) return unknown('it is about no refund');
  const differs = whyAnotherRefund(parsed.data, request);
  if (differs) return unknown(differs);
  switch (parsed.data.status) {
    case 'SUCCESS':
      return { status: 'succeeded' };
    case 'PROCESSING':
      return { status: 'processing' };
    case 'CLOSED':
      return { status: 'failed', cause: 'the refund is CLOSED' };
    case 'ABNORMAL':
      return unknown('ABNORMAL, the money came back: settle the refund in the merchant platform');
    default:
      return unknown('it has a refund status that is not known here');
  }
}

function whyAnotherRefund(refund: Refund, request: RefundRequest): string | null {
  if (refund.out_refund_no !== request.refundNo) return 'it is about another refund';
  if (refund.out_trade_no !== request.outTradeNo) return 'it is about a refund of another payment';
  if (refund.amount.refund !== request.amountFen) return 'it is about a refund of another amount';
  return refund.amount.total === request.capturedFen ? null : 'it is about a refund of a payment of another amount';
}

/**
 * Reads a notification whose signature held and whose content was decrypted. One that says paid but names no readable
 * amount or number is `invalid` rather than `other`: money must never be acknowledged unread, and what is not
 * acknowledged is repeated for a day. So is one without a payment number, since nothing can be stored under it.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070368
 */
export function toNotification(
  envelope: Envelope,
  content: unknown,
  config: WechatPayConfig,
  nowMs: number,
): Notification {
  if (envelope.event_type.startsWith('REFUND.')) return toRefundNotice(envelope, content, config);
  const parsed = transactionSchema.safeParse(content);
  if (envelope.event_type !== 'TRANSACTION.SUCCESS') {
    const outTradeNo = parsed.data?.out_trade_no ?? '';
    return { kind: 'other', ...nameEvent(envelope, outTradeNo), cause: 'it tells of an event that is not known here' };
  }
  if (!parsed.success) return { kind: 'invalid', cause: 'the notification names no payment that could be ours' };
  const event = nameEvent(envelope, parsed.data.out_trade_no);
  const foreignCause = whyForeign(parsed.data, config);
  if (foreignCause) return { kind: 'foreign', ...event, cause: foreignCause };
  const { trade_state: tradeState } = parsed.data;
  if (tradeState !== 'SUCCESS' && tradeState !== 'REFUND') {
    return { kind: 'other', ...event, cause: 'its trade state is not that of a payment' };
  }
  const payment = toReportedPayment(parsed.data, nowMs);
  if (!payment) return { kind: 'invalid', cause: 'the notification says paid, without a readable amount or number' };
  return { kind: 'payment', notificationId: event.notificationId, payment };
}

/** What became of the refund is not read: the provider is asked, which also tells of those it is silent about. */
function toRefundNotice(envelope: Envelope, content: unknown, config: WechatPayConfig): Notification {
  const parsed = refundNoticeSchema.safeParse(content);
  if (!parsed.success) return { kind: 'invalid', cause: 'the notification names no payment that could be ours' };
  const event = nameEvent(envelope, parsed.data.out_trade_no);
  if (parsed.data.mchid !== config.mchId) return { kind: 'foreign', ...event, cause: OTHER_MERCHANT };
  return { kind: 'refund', ...event };
}

/** Every repeat of one event carries the same `id`; without it, a payment has one event of each type. */
function nameEvent({ id, event_type: type }: Envelope, outTradeNo: string) {
  return { notificationId: id ? id : `${outTradeNo}:${type}`, outTradeNo };
}

/** `amount.total` is what was charged; the payer's own part is less where WeChat Pay gave a coupon. */
function toReportedPayment(transaction: Transaction, nowMs: number): ReportedPayment | null {
  const { amount, out_trade_no: outTradeNo, transaction_id: transactionId } = transaction;
  if (!transactionId || !amount?.total || !isChargeable(amount.total)) return null;
  if ((amount.currency ?? 'CNY') !== 'CNY') return null;
  return { outTradeNo, transactionId, amountFen: amount.total, paidAtMs: parseTime(transaction.success_time) ?? nowMs };
}

const OTHER_MERCHANT = 'it is for another merchant';

function whyForeign(transaction: Transaction, config: WechatPayConfig): string | null {
  if (transaction.mchid !== config.mchId) return OTHER_MERCHANT;
  return transaction.appid === config.appId ? null : 'it is for another app';
}

/** What an answer says; of all good statuses only 200 says something. */
function contentOf(reply: Extract<Reply, { status: 'answered' }>): unknown {
  return reply.httpStatus === 200 ? reply.content : undefined;
}

/** Codes have been spelt with and without underscores: `ORDERPAID`, `ORDER_PAID`. */
function plain(code: string): string {
  return code.replaceAll('_', '');
}

function codes(...names: string[]): ReadonlySet<string> {
  return new Set(names.map(plain));
}

function isOneOf(known: ReadonlySet<string>, code: string): boolean {
  return known.has(plain(code));
}

function codesOf(reply: Extract<Reply, { status: 'refused' }>): string {
  return `${reply.httpStatus} ${reply.code}`;
}

function unknown(cause: string): { status: 'unknown'; cause: string } {
  return { status: 'unknown', cause: `WeChat Pay's answer: ${cause}` };
}
