/** Alipay as a payment provider: gateway.do, RSA2, public-key mode, payments in an app, in a browser or by QR code. */

import { formatYuan, isChargeable } from '../../core/money.ts';
import type {
  Acknowledgement,
  PaymentProvider,
  Prepay,
  PrepayAnswer,
  PrepayKind,
  PrepayRequest,
  RefundAnswer,
  RefundRequest,
} from '../../core/payment/provider.ts';
import { createClient, type AlipayClient, type AlipayPorts } from './client.ts';
import { toPagePrepay } from './page-prepay.ts';
import { outTradeNoSchema, readForm, type AlipayConfig } from './schema.ts';
import { createKeys, findForgery } from './signature.ts';
import {
  type AlipayKind,
  PRODUCTS,
  toCloseAnswer,
  toCode,
  toNotification,
  toOrder,
  toPaymentAnswer,
  toPrepayAnswer,
  toRefundAnswer,
  toRefundReading,
} from './transform.ts';

export type { AlipayConfig } from './schema.ts';

/** Alipay repeats everything that is not answered with exactly `success`; the status is for our own eyes. */
const ACKNOWLEDGEMENTS: Record<'accepted' | 'refused' | 'failed', Acknowledgement> = {
  accepted: { status: 200, contentType: 'text/plain', body: 'success' },
  refused: { status: 400, contentType: 'text/plain', body: 'fail' },
  failed: { status: 500, contentType: 'text/plain', body: 'fail' },
};

/** What is only signed is good until its own deadline, which may be fifteen days off. */
const SIGNED = { by: 'local', maximumSlipMs: 15 * 86_400_000 } as const;

/** A code can be scanned for two hours, counted from a moment before we write it down. */
const ORDERED = { by: 'remote', maximumSlipMs: 115 * 60_000 } as const;

/** What takes no more than our key. */
type SignedKind = Exclude<AlipayKind, 'qr_code'>;

/**
 * Builds the provider of one app. Nothing is imported, signed or sent before a method is called, and the methods do not
 * throw: whatever a network, a gateway or a key does is an answer.
 */
export function createAlipay(config: AlipayConfig, ports: AlipayPorts): PaymentProvider {
  const keys = createKeys(config);
  const client = createClient(config, keys, ports);
  return {
    name: 'alipay',
    minimumSlipMs: 60_000,
    prepayKinds: { app_order_string: SIGNED, html_form: SIGNED, redirect_url: SIGNED, qr_code: ORDERED },
    prepay: (request) => prepay(client, request),
    async query(outTradeNo) {
      const reply = await client.call('alipay.trade.query', { out_trade_no: outTradeNo });
      return reply.status === 'answered' ? toPaymentAnswer(reply.answer, outTradeNo, ports.now()) : reply;
    },
    async close(outTradeNo) {
      const reply = await client.call('alipay.trade.close', { out_trade_no: outTradeNo });
      return reply.status === 'answered' ? toCloseAnswer(reply.answer, outTradeNo) : reply;
    },
    refund: (request) => refund(client, request),
    queryRefund: (request) => queryRefund(client, request),
    async readNotification({ body }) {
      const form = readForm(body);
      if (!form) return { kind: 'invalid', cause: 'the notification is not a form in which each name comes once' };
      const forgery = await findForgery(form, keys).catch(() => 'ALIPAY_PUBLIC_KEY cannot be read');
      if (forgery) return { kind: 'invalid', cause: forgery };
      return toNotification(form, config, ports.now());
    },
    acknowledge: (outcome) => ACKNOWLEDGEMENTS[outcome],
  };
}

/** Signs anew each time, but asks for a code once: the code is kept, and is handed out again as it is. */
async function prepay(client: AlipayClient, request: PrepayRequest): Promise<PrepayAnswer> {
  const { kind, handle } = request;
  if (!isOffered(kind)) return { status: 'refused', cause: 'Alipay does not offer this kind here' };
  if (kind === 'qr_code' && handle !== null) return toCode(handle);
  const refusal = whyRefused(request);
  if (refusal) return { status: 'refused', cause: refusal };
  return kind === 'qr_code' ? orderCode(client, request) : sign(client, request, kind);
}

function isOffered(kind: PrepayKind): kind is AlipayKind {
  return Object.hasOwn(PRODUCTS, kind);
}

function whyRefused({ outTradeNo, amountFen }: PrepayRequest): string | null {
  if (!outTradeNoSchema.safeParse(outTradeNo).success) return 'Alipay takes no such payment number';
  return isChargeable(amountFen) ? null : 'Alipay takes no such amount';
}

/** Only signs. Alipay hears of the payment when the payer is at its cashier, so nothing is unknown here. */
async function sign(client: AlipayClient, request: PrepayRequest, kind: SignedKind): Promise<PrepayAnswer> {
  try {
    return { status: 'ready', prepay: await signedPrepay(client, request, kind), handle: null };
  } catch {
    return { status: 'refused', cause: 'the order could not be signed with ALIPAY_PRIVATE_KEY' };
  }
}

async function signedPrepay(client: AlipayClient, request: PrepayRequest, kind: SignedKind): Promise<Prepay> {
  const { method } = PRODUCTS[kind];
  const order = toOrder(request, kind);
  if (kind === 'app_order_string') return { kind, orderString: await client.signOrder(method, order) };
  return toPagePrepay(kind, await client.signPage(method, order), request.outTradeNo);
}

/** Asks for a code. Alipay has no trade of it before somebody scans, and only then does its query know the number. */
async function orderCode(client: AlipayClient, request: PrepayRequest): Promise<PrepayAnswer> {
  const reply = await client.order(PRODUCTS.qr_code.method, toOrder(request, 'qr_code'));
  return reply.status === 'answered' ? toPrepayAnswer(reply.answer, request.outTradeNo) : reply;
}

/**
 * Sends a refund. The trade is named by our own number, not by Alipay's: it is unique, and the refund query goes by it
 * too. The number of the refund is always sent, since that is what makes a repetition harmless.
 */
async function refund(client: AlipayClient, request: RefundRequest): Promise<RefundAnswer> {
  const reply = await client.call('alipay.trade.refund', {
    out_trade_no: request.outTradeNo,
    refund_amount: formatYuan(request.amountFen),
    out_request_no: request.refundNo,
  });
  if (reply.status !== 'answered') return reply;
  const reading = toRefundReading(reply.answer, request);
  if (reading.status !== 'query_first') return reading;
  const known = await queryRefund(client, request);
  if (known.status === 'succeeded') return known;
  return { status: known.status === 'absent' ? reading.ifAbsent : 'unknown', cause: reading.cause };
}

async function queryRefund(client: AlipayClient, request: RefundRequest): Promise<RefundAnswer> {
  const reply = await client.call('alipay.trade.fastpay.refund.query', {
    out_trade_no: request.outTradeNo,
    out_request_no: request.refundNo,
  });
  return reply.status === 'answered' ? toRefundAnswer(reply.answer, request) : reply;
}
