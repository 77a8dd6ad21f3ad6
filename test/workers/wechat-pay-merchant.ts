/** A merchant of WeChat Pay's as the tests of the sandbox play it: signs by the rules, verifies, and breaks them at will. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { WechatPayGatewaySetup } from '../sandbox/wechat-pay/gateway.ts';

export const START_MS = Date.parse('2026-09-01T12:00:00+08:00');
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const APP_ID = 'wx0123456789abcdef';
export const MCH_ID = '1900000001';
export const SERIAL_NO = '5157F09EFDC096DE15EBE81A47057A7232F1B8E1';
export const PLATFORM_SERIAL = 'PUB_KEY_ID_0119000000012026090100000001';
export const NEXT_SERIAL = '7132D72A03E93CDDF8C03BBD1F37EEDF0123ABCD';
export const API_V3_KEY = '0123456789abcdefghijklmnopqrstuv';
export const NOTIFY_URL = 'https://orders.example/callback/wechat-pay';
export const NUMBER = '20260901120000000000010001';

async function keyPair(): Promise<{ privateKeyPem: string; publicKeyPem: string; privateKey: KeyObject }> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, hash: 'SHA-256' };
  const publicExponent = new Uint8Array([1, 0, 1]);
  const pair = await crypto.subtle.generateKey({ ...algorithm, publicExponent }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('RSA keys come in pairs');
  const privateKeyPem = pem('PRIVATE', await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const publicKeyPem = pem('PUBLIC', await crypto.subtle.exportKey('spki', pair.publicKey));
  return { privateKeyPem, publicKeyPem, privateKey: createPrivateKey(privateKeyPem) };
}

function pem(kind: 'PRIVATE' | 'PUBLIC', der: ArrayBuffer | JsonWebKey): string {
  if (!(der instanceof ArrayBuffer)) throw new Error('DER is bytes');
  return `-----BEGIN ${kind} KEY-----\n${Buffer.from(der).toString('base64')}\n-----END ${kind} KEY-----\n`;
}

/** Made for each run: the merchant's, WeChat Pay's, the one that a rotation leads to, and somebody else's. */
export const [merchantKeys, platformKeys, nextKeys, strangerKeys] = await Promise.all([
  keyPair(),
  keyPair(),
  keyPair(),
  keyPair(),
]);

const platformPublicKeys = new Map([
  [PLATFORM_SERIAL, createPublicKey(platformKeys.publicKeyPem)],
  [NEXT_SERIAL, createPublicKey(nextKeys.publicKeyPem)],
]);

/** What the merchant has agreed on with WeChat Pay. */
export const SETUP: Omit<WechatPayGatewaySetup, 'now'> = {
  merchant: { appId: APP_ID, mchId: MCH_ID, serialNo: SERIAL_NO, publicKeyPem: merchantKeys.publicKeyPem },
  platform: { serial: PLATFORM_SERIAL, privateKeyPem: platformKeys.privateKeyPem },
  nextPlatform: { serial: NEXT_SERIAL, privateKeyPem: nextKeys.privateKeyPem },
  apiV3Key: API_V3_KEY,
};

/** How a call differs from a good one. */
export type Changes = {
  /** Replaces what is signed. */
  text?: string;
  key?: KeyObject;
  timestamp?: string;
  nonce?: string;
  mchid?: string;
  serialNo?: string;
  /** Rewrites the finished header. */
  authorization?: (header: string) => string;
  headers?: Record<string, string>;
  without?: string;
};

/** JSON, read. */
export type Content = Record<string, unknown>;

/** An answer: `by` is the serial whose key vouches for it, `null` when no header says anything of a signature. */
export type Received = { status: number; content: Content; text: string; by: string | null };

/** Where an order is to be paid. */
export type Product = 'jsapi' | 'app' | 'native';

/** The parameters of a client. */
export type Params = Record<string, string>;

/** A merchant with a clock of its own. */
export type TestMerchant = ReturnType<typeof createTestMerchant>;

/** A moment as WeChat Pay writes it. */
export function beijing(ms: number): string {
  return `${new Date(ms + 8 * HOUR_MS).toISOString().slice(0, 19)}+08:00`;
}

/** A signature by the merchant, or by another key. */
export function signed(text: string, key = merchantKeys.privateKey): string {
  return sign('RSA-SHA256', Buffer.from(text), key).toString('base64');
}

/** The body of a refund. */
export function refundOf(amountFen: number, number: string, changes: object = {}): object {
  return {
    out_trade_no: NUMBER,
    out_refund_no: number,
    notify_url: NOTIFY_URL,
    amount: { refund: amountFen, total: 19600, currency: 'CNY' },
    ...changes,
  };
}

let calls = 0;

/** Creates a merchant. */
export function createTestMerchant(now: () => number) {
  const seconds = (): string => String(Math.floor(now() / 1000));

  function request(verb: 'GET' | 'POST', target: string, body = '', changes: Changes = {}): Request {
    calls += 1;
    const { timestamp = seconds(), nonce = `nonce${calls}`, mchid = MCH_ID, serialNo = SERIAL_NO } = changes;
    const text = changes.text ?? `${verb}\n${target}\n${timestamp}\n${nonce}\n${body}\n`;
    const signature = signed(text, changes.key);
    const header = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${serialNo}"`;
    const headers = new Headers({
      accept: 'application/json',
      'user-agent': 'edge-orders',
      authorization: changes.authorization?.(header) ?? header,
      ...(verb === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...changes.headers,
    });
    if (changes.without !== undefined) headers.delete(changes.without);
    const address = `https://api.example${target}`;
    return verb === 'GET' ? new Request(address, { headers }) : new Request(address, { method: 'POST', headers, body });
  }

  /** The serial whose key has signed exactly this text now. Throws for headers that say so and lie. */
  function voucher(headers: Headers, text: string): string | null {
    if (![...headers.keys()].some((name) => name.startsWith('wechatpay-'))) return null;
    const header = (name: string): string => headers.get(`wechatpay-${name}`) ?? '';
    const key = platformPublicKeys.get(header('serial'));
    if (key === undefined) throw new Error('an unknown serial');
    const message = Buffer.from(`${header('timestamp')}\n${header('nonce')}\n${text}\n`);
    if (!verify('RSA-SHA256', message, key, Buffer.from(header('signature'), 'base64')))
      throw new Error('a false signature');
    if (header('timestamp') !== seconds()) throw new Error('a signature of another time');
    if (header('signature-type') !== 'WECHATPAY2-SHA256-RSA2048') throw new Error('a signature of another type');
    return header('serial');
  }

  async function read(response: Response): Promise<Received> {
    const text = await response.text();
    const content: Content = text === '' ? {} : JSON.parse(text);
    return { status: response.status, content, text, by: voucher(response.headers, text) };
  }

  function order(changes: object = {}, product: Product = 'jsapi'): object {
    return {
      appid: APP_ID,
      mchid: MCH_ID,
      description: '1号技师的项目二',
      out_trade_no: NUMBER,
      time_expire: beijing(now() + 2 * MINUTE_MS),
      notify_url: NOTIFY_URL,
      amount: { total: 19600, currency: 'CNY' },
      ...(product === 'jsapi' ? { payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } } : {}),
      ...changes,
    };
  }

  function jsapiParams(prepayId: string, changes: Params = {}, key?: KeyObject): Params {
    const params: Params = {
      appId: APP_ID,
      timeStamp: seconds(),
      nonceStr: 'n0nce',
      package: `prepay_id=${prepayId}`,
      signType: 'RSA',
      ...changes,
    };
    const lines = [params['appId'], params['timeStamp'], params['nonceStr'], params['package'], ''];
    return { paySign: signed(lines.join('\n'), key), ...params };
  }

  function appParams(prepayId: string, changes: Params = {}, key?: KeyObject): Params {
    const params: Params = {
      appid: APP_ID,
      partnerid: MCH_ID,
      prepayid: prepayId,
      package: 'Sign=WXPay',
      noncestr: 'n0nce',
      timestamp: seconds(),
      ...changes,
    };
    const lines = [params['appid'], params['timestamp'], params['noncestr'], params['prepayid'], ''];
    return { sign: signed(lines.join('\n'), key), ...params };
  }

  /** What a notification has inside, when it is WeChat Pay's own; decrypted by another implementation than made it. */
  async function open(notification: {
    headers: Params;
    body: string;
  }): Promise<{ by: string; event: Content; resource: Content }> {
    const by = voucher(new Headers(notification.headers), notification.body);
    if (by === null) throw new Error('unsigned');
    const event: Content & { resource: Params } = JSON.parse(notification.body);
    const { ciphertext = '', nonce = '', associated_data: associatedData = '' } = event.resource;
    const key = await crypto.subtle.importKey('raw', Buffer.from(API_V3_KEY), 'AES-GCM', false, ['decrypt']);
    const algorithm = { name: 'AES-GCM', iv: Buffer.from(nonce), additionalData: Buffer.from(associatedData) };
    const plain = await crypto.subtle.decrypt(algorithm, key, Buffer.from(ciphertext, 'base64'));
    return { by, event, resource: JSON.parse(new TextDecoder().decode(plain)) };
  }

  return { seconds, request, voucher, read, order, jsapiParams, appParams, open };
}
