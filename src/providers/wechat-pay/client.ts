/** Speaks WeChat Pay's APIv3: builds and signs a request, sends it, believes an answer only by its signature. */

import { parseJson } from '../parse-json.ts';
import { errorSchema, type WechatPayConfig } from './schema.ts';
import { type Keys, newNonce, SIGNATURE_TYPE, signedText } from './signature.ts';

/** What the provider needs of the world around it. */
export type WechatPayPorts = {
  fetch: typeof fetch;
  /** UTC ms. */
  now: () => number;
};

/** One call. `name` is what it is called in a cause; the path holds numbers. */
export type Request = { name: string; method: 'GET' | 'POST'; path: string; content?: object };

/**
 * What came back. `answered` and `refused` are signed: a good status with what it says, a bad one with its code.
 * Otherwise it is not known what happened, and the cause says why, in codes and never in values.
 */
export type Reply =
  | { status: 'answered'; httpStatus: number; content: unknown }
  | { status: 'refused'; httpStatus: number; code: string }
  | { status: 'unknown'; cause: string };

/** The gateway, seen from this service. Whatever goes wrong is an `unknown`: it may have done what it was asked. */
export type WechatPayClient = (request: Request) => Promise<Reply>;

type SignedRequest = { method: string; url: string; body: string | null; authorization: string };

const TIMEOUT_MS = 5_000;

/** Some paths refuse a request without one. */
const USER_AGENT = 'edge-orders';

/** The gateway client of one merchant. */
export function createClient(config: WechatPayConfig, keys: Keys, ports: WechatPayPorts): WechatPayClient {
  // Called bare, since the platform's fetch refuses to run as the method of another object.
  const { fetch, now } = ports;

  /** `null` when our key cannot be read. The query is signed too, and the body to the byte. */
  async function sign({ method, path, content }: Request): Promise<SignedRequest | null> {
    const url = new URL(config.apiUrl.replace(/\/+$/, '') + path);
    const body = content ? JSON.stringify(content) : null;
    const timestamp = String(Math.floor(now() / 1000));
    const nonce = newNonce();
    const text = signedText(method, url.pathname + url.search, timestamp, nonce, body ?? '');
    const signature = await keys.sign(text).catch(() => null);
    if (signature === null) return null;
    const parts = { mchid: config.mchId, nonce_str: nonce, signature, timestamp, serial_no: config.mchSerialNo };
    const quoted = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
    return { method, url: url.href, body, authorization: `${SIGNATURE_TYPE} ${quoted.join(',')}` };
  }

  async function send({ method, url, body, authorization }: SignedRequest): Promise<Response> {
    return fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': USER_AGENT,
        authorization,
        ...(body !== null && { 'content-type': 'application/json' }),
        // Without it, answers are signed by the platform certificate, which newer merchants do not have.
        ...(keys.publicKeyId !== null && { 'wechatpay-serial': keys.publicKeyId }),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  return async (request) => {
    try {
      const signed = await sign(request);
      if (!signed) return unknown(request.name, 'it could not be signed with WECHAT_PRIVATE_KEY');
      return await readReply(request.name, await send(signed), keys, now());
    } catch (error) {
      // Only its name: the message of a failed fetch may hold the whole address, with our numbers in it.
      return unknown(request.name, error instanceof Error ? error.name : 'no answer');
    }
  };
}

/**
 * Reads an answer. The status comes first: errors of authentication are unsigned, and their codes are worth more to an
 * operator than the lack of a signature. Of a status that decides nothing only the code is told; all others are
 * believed by their signature over the body as it came, which is empty for 204.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053249
 */
async function readReply(name: string, response: Response, keys: Keys, nowMs: number): Promise<Reply> {
  const { status, headers } = response;
  // Also where it says nothing that counts: an unread body would keep its connection, of which a Worker has six.
  const body = await response.text();
  const code = codeOf(body);
  const shown = code ? `HTTP ${status} ${code}` : `HTTP ${status}`;
  if (!mayDecide(status)) return unknown(name, shown);
  const forgery = await keys.findForgery(headers, body, nowMs);
  if (forgery) return unknown(name, `${shown}: ${forgery}`);
  if (status < 300) return { status: 'answered', httpStatus: status, content: parseJson(body) };
  return code ? { status: 'refused', httpStatus: status, code } : unknown(name, `${shown}, and no code`);
}

/** 401 is about our signature, 429 about haste, 5xx about the gateway; a redirect is nothing of WeChat Pay's. */
function mayDecide(status: number): boolean {
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && status !== 401 && status !== 429);
}

function codeOf(body: string): string | null {
  const parsed = errorSchema.safeParse(parseJson(body));
  return parsed.success ? parsed.data.code : null;
}

function unknown(name: string, cause: string): Reply {
  return { status: 'unknown', cause: `${name}: ${cause}` };
}
