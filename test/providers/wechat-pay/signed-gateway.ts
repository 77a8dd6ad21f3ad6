/** A gateway for one test: it checks our signature, answers what the test says, and signs it with WeChat Pay's key. */
import { createSign, createVerify } from 'node:crypto';
import type { PrepayRequest, RefundRequest } from '../../../src/core/payment/provider.ts';
import { createWechatPay, type WechatPayConfig } from '../../../src/providers/wechat-pay/index.ts';
import { certify } from './certificate.ts';
import { generateKeyPair } from './key-pair.ts';

export const OUT_TRADE_NO = '20221122055683842352922648';
export const TRANSACTION_ID = '4200001725202211224012213456';
export const PREPAY_ID = 'wx22163720123456789abcdef0123456789';
export const CODE_URL = 'weixin://wxpay/bizpayurl?pr=JyC91EIz1';
export const OPEN_ID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

/** 2022-11-22 16:37:20 in Beijing. */
export const NOW_MS = Date.UTC(2022, 10, 22, 8, 37, 20);

export const MERCHANT = await generateKeyPair();
/** WeChat Pay signs under two names at once: its public key, and a platform certificate of the older kind. */
export const PLATFORM = await generateKeyPair();
export const CERTIFIED = await generateKeyPair();

export const MERCHANT_SERIAL = '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB';
export const PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000001092022112200123456789012';
export const CERTIFICATE_SERIAL = 'C157F09EFDC096DE15EBE81A47057A7232F1B8E1';

export const CONFIG: WechatPayConfig = {
  appId: 'wxd678efh567hg6787',
  mchId: '1900000109',
  mchSerialNo: MERCHANT_SERIAL,
  apiUrl: 'https://wechat.example',
  privateKey: MERCHANT.privateKey,
  apiV3Key: 'an APIv3 key has 32 plain bytes.',
  platformKeys: {
    [CERTIFICATE_SERIAL]: certify(CERTIFIED, CERTIFICATE_SERIAL),
    [PUBLIC_KEY_ID]: PLATFORM.publicKey,
  },
  notifyUrl: 'https://orders.example/callback/wechat',
  refundNotifyUrl: 'https://orders.example/callback/wechat/refund',
};

export const ORDER: PrepayRequest = {
  kind: 'jsapi_params',
  outTradeNo: OUT_TRADE_NO,
  amountFen: 29_900,
  subject: '全面体检套餐',
  payableUntilMs: NOW_MS + 120_000,
  payerId: OPEN_ID,
  handle: null,
};

export const REFUND: RefundRequest = {
  refundNo: `${OUT_TRADE_NO}R1`,
  outTradeNo: OUT_TRADE_NO,
  transactionId: TRANSACTION_ID,
  amountFen: 5_000,
  capturedFen: 29_900,
};

export const JSAPI = 'POST /v3/pay/transactions/jsapi';
export const APP = 'POST /v3/pay/transactions/app';
export const NATIVE = 'POST /v3/pay/transactions/native';
export const QUERY = `GET /v3/pay/transactions/out-trade-no/${OUT_TRADE_NO}?mchid=1900000109`;
export const CLOSE = `POST /v3/pay/transactions/out-trade-no/${OUT_TRADE_NO}/close`;
export const REFUND_CALL = 'POST /v3/refund/domestic/refunds';
export const REFUND_QUERY = `GET /v3/refund/domestic/refunds/${REFUND.refundNo}`;

/** A payment as WeChat Pay reports it. */
export const PAID = {
  appid: CONFIG.appId,
  mchid: CONFIG.mchId,
  out_trade_no: OUT_TRADE_NO,
  transaction_id: TRANSACTION_ID,
  trade_type: 'JSAPI',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  bank_type: 'OTHERS',
  success_time: '2022-11-22T16:38:01+08:00',
  payer: { openid: OPEN_ID },
  amount: { total: 29_900, payer_total: 28_900, currency: 'CNY', payer_currency: 'CNY' },
};

/** A payment that nobody has paid has no number, no time and, on some pages, no amount. */
export const UNPAID = {
  appid: CONFIG.appId,
  mchid: CONFIG.mchId,
  out_trade_no: OUT_TRADE_NO,
  trade_state: 'NOTPAY',
  trade_state_desc: '订单未支付',
};

/** A refund as WeChat Pay reports it. */
export const REFUNDED = {
  refund_id: '50302104092022112210600020001',
  out_refund_no: REFUND.refundNo,
  transaction_id: TRANSACTION_ID,
  out_trade_no: OUT_TRADE_NO,
  channel: 'ORIGINAL',
  status: 'SUCCESS',
  create_time: '2022-11-22T17:00:00+08:00',
  amount: { total: 29_900, refund: 5_000, payer_total: 28_900, payer_refund: 4_900, currency: 'CNY' },
};

/** How something is signed; each part of it can be wrong. */
export type Signing = {
  privateKey: string;
  serial: string;
  timestamp: string;
  nonce: string;
  /** What is signed where it is not what is sent. */
  body?: string;
  signature?: string;
};

const SIGNING: Signing = {
  privateKey: PLATFORM.privateKey,
  serial: PUBLIC_KEY_ID,
  timestamp: String(NOW_MS / 1000),
  nonce: 'c5ac7061fccab6bf3e254dcf98995b8c',
};

/** The headers that WeChat Pay puts on an answer or a notification. */
export function signedHeaders(body: string, change: Partial<Signing> = {}): Headers {
  const signing = { ...SIGNING, ...change };
  const { timestamp, nonce, serial } = signing;
  const text = `${timestamp}\n${nonce}\n${signing.body ?? body}\n`;
  const signature = createSign('RSA-SHA256').update(text, 'utf8').sign(signing.privateKey, 'base64');
  return new Headers({
    'content-type': 'application/json; charset=utf-8',
    'request-id': '08F78BA6A60610F80218C7B1E2A9',
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': signing.signature ?? signature,
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  });
}

/** A signed answer; the content may be given as text, to the byte, and is empty when it is `null`. */
export function answer(status: number, content: object | string | null, change: Partial<Signing> = {}): Response {
  const body = textOf(content);
  return new Response(body === '' ? null : body, { status, headers: signedHeaders(body, change) });
}

/** An answer as it stands on the wire: `null` is an empty body. */
export function textOf(content: object | string | null): string {
  if (content === null) return '';
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** A refusal with its code, signed. */
export function refusal(status: number, code: string): () => Response {
  return () => answer(status, { code, message: '请求被拒绝' });
}

/** One request as the gateway saw it. */
export type Call = {
  target: string;
  url: URL;
  headers: Headers;
  body: string;
  content: unknown;
  authorization: Record<string, string>;
  init: RequestInit;
};

/** The answers that a gateway gives, by method and target: content to be signed with status 200, or a whole response. */
export type Answers = Record<string, object | (() => Response | Promise<Response>)>;

/** A provider whose gateway gives each call its answer. A call without one is one that the test does not expect. */
export function providerWith(answers: Answers, config: WechatPayConfig = CONFIG, now = () => NOW_MS) {
  const calls: Call[] = [];
  const stub = async function (this: unknown, input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    // The platform's own fetch throws when it runs as a method of something else.
    if (this !== undefined) throw new TypeError('Illegal invocation');
    const call = readCall(new URL(input instanceof Request ? input.url : input), init);
    calls.push(call);
    const given = answers[call.target];
    if (!given) throw new Error(`unexpected call of ${call.target}`);
    return typeof given === 'function' ? given() : answer(200, given);
  };
  return { provider: createWechatPay(config, { fetch: stub, now }), calls };
}

function readCall(url: URL, init: RequestInit): Call {
  const headers = new Headers(init.headers);
  const body = init.body ?? '';
  if (typeof body !== 'string') throw new TypeError('the request has a body that is not text');
  const target = `${init.method} ${url.pathname}${url.search}`;
  const [scheme, parts = ''] = (headers.get('authorization') ?? '').split(' ', 2);
  if (scheme !== 'WECHATPAY2-SHA256-RSA2048') throw new Error('the request is not authorized');
  const authorization = Object.fromEntries(
    [...parts.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const text = [target.replace(' ', '\n'), authorization['timestamp'], authorization['nonce_str'], body, ''].join('\n');
  const verifier = createVerify('RSA-SHA256').update(text, 'utf8');
  if (!verifier.verify(MERCHANT.publicKey, authorization['signature'] ?? '', 'base64')) {
    throw new Error('the request is not signed by the merchant');
  }
  return { target, url, headers, body, content: body === '' ? null : JSON.parse(body), authorization, init };
}
