/** WeChat Pay as a payment provider: APIv3, platform certificates and public keys, payments in apps, pages and by QR. */

import { isChargeable } from '../../core/money.ts';
import type {
  Acknowledgement,
  CloseAnswer,
  Notification,
  NotificationRequest,
  PaymentAnswer,
  PaymentProvider,
  PrepayAnswer,
  PrepayKind,
  PrepayRequest,
  RefundAnswer,
  RefundRequest,
} from '../../core/payment/provider.ts';
import { parseJson } from '../parse-json.ts';
import { createClient, type WechatPayClient, type WechatPayPorts } from './client.ts';
import { toPrepay } from './client-params.ts';
import { decryptResource } from './decrypt-resource.ts';
import { envelopeSchema, openIdSchema, outTradeNoSchema, type WechatPayConfig } from './schema.ts';
import { createKeys, type Keys } from './signature.ts';
import {
  PRODUCTS,
  toCloseAnswer,
  toCloseReading,
  toNotification,
  toOrder,
  toPaymentAnswer,
  toPrepayReading,
  toRefundAnswer,
  toRefundReading,
  type WechatPayKind,
} from './transform.ts';

export type { WechatPayConfig } from './schema.ts';

/** An empty body with 200 ends the repeats; everything else is repeated, and its message is for the merchant platform. */
const ACKNOWLEDGEMENTS: Record<'accepted' | 'refused' | 'failed', Acknowledgement> = {
  accepted: { status: 200, contentType: 'text/plain', body: '' },
  refused: { status: 400, contentType: 'application/json', body: '{"code":"FAIL","message":"not authentic"}' },
  failed: { status: 500, contentType: 'application/json', body: '{"code":"FAIL","message":"try again"}' },
};

/** What was prepared opens the cashier for two hours, counted from a moment before we write it down. */
const PREPARED = { by: 'remote', maximumSlipMs: 115 * 60_000 } as const;

/** What the methods work with. */
type Shop = { config: WechatPayConfig; keys: Keys; client: WechatPayClient; now: () => number };

/**
 * Builds the provider of one app of one merchant. Nothing is imported, signed or sent before a method is called, and
 * the methods do not throw: whatever a network, a gateway or a key does is an answer.
 */
export function createWechatPay(config: WechatPayConfig, ports: WechatPayPorts): PaymentProvider {
  const keys = createKeys(config);
  const shop: Shop = { config, keys, client: createClient(config, keys, ports), now: ports.now };
  return {
    name: 'wechat-pay',
    minimumSlipMs: 60_000,
    prepayKinds: { jsapi_params: PREPARED, app_params: PREPARED, qr_code: PREPARED },
    prepay: (request) => prepay(shop, request),
    query: (outTradeNo) => query(shop, outTradeNo),
    close: (outTradeNo) => close(shop, outTradeNo),
    refund: (request) => refund(shop, request),
    queryRefund: (request) => queryRefund(shop, request),
    readNotification: (request) => readNotification(shop, request),
    acknowledge: (outcome) => ACKNOWLEDGEMENTS[outcome],
  };
}

/** Asks WeChat Pay once and signs every time: what it gave is kept, and is handed out again without asking. */
async function prepay(shop: Shop, request: PrepayRequest): Promise<PrepayAnswer> {
  const { kind, handle } = request;
  if (!isOffered(kind)) return { status: 'refused', cause: 'WeChat Pay does not offer this kind here' };
  if (handle !== null) return handOut(shop, kind, handle);
  const refusal = whyRefused(request);
  if (refusal) return { status: 'refused', cause: refusal };
  const path = `/v3/pay/transactions/${PRODUCTS[kind]}`;
  const content = toOrder(request, shop.config);
  const reading = toPrepayReading(await shop.client({ name: 'prepay', method: 'POST', path, content }), kind);
  return reading.status === 'prepared' ? handOut(shop, kind, reading.handle) : reading;
}

/** A payment that exists and cannot be signed is no refused one: it is there, and its number must not be given up. */
async function handOut(shop: Shop, kind: WechatPayKind, handle: string): Promise<PrepayAnswer> {
  try {
    const prepared = await toPrepay(kind, handle, shop.config, shop.keys, shop.now());
    return { status: 'ready', prepay: prepared, handle };
  } catch {
    return { status: 'unknown', cause: 'what the client needs could not be signed with WECHAT_PRIVATE_KEY' };
  }
}

function isOffered(kind: PrepayKind): kind is WechatPayKind {
  return Object.hasOwn(PRODUCTS, kind);
}

function whyRefused({ kind, outTradeNo, amountFen, payerId }: PrepayRequest): string | null {
  if (!outTradeNoSchema.safeParse(outTradeNo).success) return 'WeChat Pay takes no such payment number';
  if (!isChargeable(amountFen)) return 'WeChat Pay takes no such amount';
  if (kind !== 'jsapi_params') return null;
  return openIdSchema.safeParse(payerId).success ? null : 'WeChat Pay has to know the openid of who pays';
}

async function query({ client, config, now }: Shop, outTradeNo: string): Promise<PaymentAnswer> {
  const path = `${pathOf(outTradeNo)}?mchid=${config.mchId}`;
  return toPaymentAnswer(await client({ name: 'query', method: 'GET', path }), outTradeNo, config, now());
}

/** Closing is taken for every number, those that do not exist too, so what it did is asked. */
async function close(shop: Shop, outTradeNo: string): Promise<CloseAnswer> {
  const path = `${pathOf(outTradeNo)}/close`;
  const content = { mchid: shop.config.mchId };
  const reading = toCloseReading(await shop.client({ name: 'close', method: 'POST', path, content }));
  return reading.status === 'query_first' ? toCloseAnswer(await query(shop, outTradeNo)) : reading;
}

function pathOf(outTradeNo: string): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}`;
}

/**
 * Sends a refund of exactly the payment that was captured, by WeChat Pay's own number of it. The number of the refund
 * is always the same, since that is what makes a repetition harmless; without the address nothing tells of its end.
 */
async function refund(shop: Shop, request: RefundRequest): Promise<RefundAnswer> {
  const content = {
    transaction_id: request.transactionId,
    out_refund_no: request.refundNo,
    notify_url: shop.config.refundNotifyUrl,
    amount: { refund: request.amountFen, total: request.capturedFen, currency: 'CNY' },
  };
  const reply = await shop.client({ name: 'refund', method: 'POST', path: '/v3/refund/domestic/refunds', content });
  const reading = toRefundReading(reply, request);
  if (reading.status !== 'query_first') return reading;
  const known = await queryRefund(shop, request);
  if (known.status === 'absent') return { status: 'failed', cause: reading.cause };
  return known.status === 'unknown' ? { status: 'unknown', cause: `${reading.cause}; ${known.cause}` } : known;
}

async function queryRefund({ client }: Shop, request: RefundRequest): Promise<RefundAnswer> {
  const path = `/v3/refund/domestic/refunds/${encodeURIComponent(request.refundNo)}`;
  return toRefundAnswer(await client({ name: 'refund query', method: 'GET', path }), request);
}

/** Nothing is parsed, and nothing decrypted, before the signature over the body as it came has held. */
async function readNotification(shop: Shop, { headers, body }: NotificationRequest): Promise<Notification> {
  const forgery = await shop.keys.findForgery(headers, body, shop.now());
  if (forgery) return { kind: 'invalid', cause: `the notification: ${forgery}` };
  const envelope = envelopeSchema.safeParse(parseJson(body));
  if (!envelope.success) return { kind: 'invalid', cause: 'the notification is signed, but unreadable' };
  const content = await decryptResource(shop.config.apiV3Key, envelope.data.resource);
  if (content === null) return { kind: 'invalid', cause: 'the notification does not open with WECHAT_API_V3_KEY' };
  return toNotification(envelope.data, parseJson(content), shop.config, shop.now());
}
