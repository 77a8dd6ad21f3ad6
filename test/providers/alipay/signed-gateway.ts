/** A gateway for one test: it checks our signature, answers what the test says, and signs it with Alipay's key. */
import { env } from 'cloudflare:workers';
import { createSign, createVerify } from 'node:crypto';
import type { AlipayConfig } from '../../../src/providers/alipay/index.ts';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import type { PrepayRequest, RefundRequest } from '../../../src/core/payment/provider.ts';

export const OUT_TRADE_NO = '20221122055683842352922648';
export const TRADE_NO = '2022112222001404121438421234';

/** 2022-11-22 16:37:20 in Beijing. */
export const NOW_MS = Date.UTC(2022, 10, 22, 8, 37, 20);

export const CONFIG: AlipayConfig = {
  appId: env.ALIPAY_APP_ID,
  sellerId: env.ALIPAY_SELLER_ID,
  gatewayUrl: env.ALIPAY_GATEWAY_URL,
  privateKey: env.ALIPAY_PRIVATE_KEY,
  publicKey: env.ALIPAY_PUBLIC_KEY,
  notifyUrl: 'https://orders.example/callback/alipay',
};

/** A payment of 196 yuan that lasts two minutes. */
export const ORDER: PrepayRequest = {
  kind: 'app_order_string',
  outTradeNo: OUT_TRADE_NO,
  amountFen: 19_600,
  subject: '1号技师的项目二',
  payableUntilMs: NOW_MS + 120_000,
  payerId: null,
  handle: null,
};

export const CODE_URL = 'https://qr.alipay.com/bax03431ljhokirwl38f00a7';

export const REFUND: RefundRequest = {
  refundNo: '20221122055683842352922648R1',
  outTradeNo: OUT_TRADE_NO,
  transactionId: TRADE_NO,
  amountFen: 5_000,
  capturedFen: 19_600,
};

export const PRECREATE = 'alipay.trade.precreate';
export const QUERY = 'alipay.trade.query';
export const CLOSE = 'alipay.trade.close';
export const REFUND_CALL = 'alipay.trade.refund';
export const REFUND_QUERY = 'alipay.trade.fastpay.refund.query';

/** One request as the gateway saw it. */
export type Call = {
  method: string;
  parameters: URLSearchParams;
  body: string;
  bizContent: unknown;
  init: RequestInit;
};

/** Signs as Alipay does. */
export function signAsAlipay(text: string, privateKey = env.SANDBOX_ALIPAY_PRIVATE_KEY): string {
  return createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64');
}

/** A signed answer, to the byte; the inner object may be given as text, to keep its blanks and escapes. */
export function signedAnswer(method: string, inner: object | string, sign = signAsAlipay): string {
  const text = typeof inner === 'string' ? inner : JSON.stringify(inner);
  return `{"${responseName(method)}":${text},"sign":"${sign(text)}"}`;
}

export function responseName(method: string): string {
  return `${method.replaceAll('.', '_')}_response`;
}

/**
 * A provider whose gateway gives each method its answer: an inner object that is signed, or a function that makes the
 * whole response. A method without an answer is one that the test does not expect to be called.
 */
export function providerWith(answers: Record<string, object | (() => Response | Promise<Response>)>) {
  const calls: Call[] = [];
  const stub = async function (this: unknown, input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    // The platform's own fetch throws when it runs as a method of something else.
    if (this !== undefined) throw new TypeError('Illegal invocation');
    const call = readCall(new URL(input instanceof Request ? input.url : input), init);
    calls.push(call);
    const answer = answers[call.method];
    if (!answer) throw new Error(`unexpected call of ${call.method}`);
    return typeof answer === 'function' ? answer() : new Response(signedAnswer(call.method, answer));
  };
  return { provider: createAlipay(CONFIG, { fetch: stub, now: () => NOW_MS }), calls };
}

function readCall(url: URL, init: RequestInit): Call {
  if (typeof init.body !== 'string') throw new TypeError('the request has no form in its body');
  const form = new URLSearchParams(init.body);
  const parameters = new URLSearchParams([...url.searchParams, ...form]);
  const signed = [...parameters].filter(([name, value]) => name !== 'sign' && value !== '');
  const text = signed
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('&');
  const isOurs = createVerify('RSA-SHA256')
    .update(text, 'utf8')
    .verify(env.SANDBOX_MERCHANT_PUBLIC_KEY, parameters.get('sign') ?? '', 'base64');
  if (!isOurs) throw new Error('the request is not signed by the merchant');
  return {
    method: parameters.get('method') ?? '',
    parameters,
    body: init.body,
    bizContent: JSON.parse(form.get('biz_content') ?? 'null'),
    init,
  };
}
