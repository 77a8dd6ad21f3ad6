/** Speaks Alipay's gateway protocol: builds and signs a request, sends it, believes an answer only by its signature. */

import { formatBeijingTime } from '../beijing-time.ts';
import { parseJson } from '../parse-json.ts';
import { answerSchema, envelopeSchema, gatewayErrorSchema, type AlipayConfig, type Answer } from './schema.ts';
import { canonicalText, type Keys } from './signature.ts';

/** What the provider needs of the world around it. */
export type AlipayPorts = {
  fetch: typeof fetch;
  /** UTC ms. */
  now: () => number;
};

/** What came back: an answer whose signature held, or why there is none. The cause holds codes, never values. */
export type Reply = { status: 'answered'; answer: Answer } | { status: 'unknown'; cause: string };

/** What a call is about, as Alipay names it. */
export type BizContent = Record<string, string>;

/** A signed order as the gateway takes it: its content, and an address that holds everything else. */
export type SignedPage = { address: string; content: string };

/** The gateway, seen from this service. */
export type AlipayClient = {
  /** Signs an order that a client app takes to the cashier by itself: nothing is sent. Rejects when our key is bad. */
  signOrder(method: string, bizContent: BizContent): Promise<string>;
  /** Signs an order that a browser takes to the gateway: nothing is sent. Rejects when our key is bad. */
  signPage(method: string, bizContent: BizContent): Promise<SignedPage>;
  /** Asks the gateway. Whatever goes wrong is an `unknown`: the gateway may have done what it was asked. */
  call(method: string, bizContent: BizContent): Promise<Reply>;
  /** Asks for a payment that somebody may make later: it says where to tell of it, and is otherwise a call. */
  order(method: string, bizContent: BizContent): Promise<Reply>;
};

const TIMEOUT_MS = 5_000;

/** The gateway client of one app. */
export function createClient(config: AlipayConfig, keys: Keys, ports: AlipayPorts): AlipayClient {
  // Called bare, since the platform's fetch refuses to run as the method of another object.
  const { fetch, now } = ports;

  /** In the order in which the official SDK writes them, so that both can be compared byte for byte. */
  async function signed(method: string, more: Record<string, string>): Promise<Record<string, string>> {
    const parameters = {
      method,
      app_id: config.appId,
      charset: 'utf-8',
      version: '1.0',
      sign_type: 'RSA2',
      timestamp: formatBeijingTime(now()),
      format: 'JSON',
      ...more,
    };
    return { ...parameters, sign: await keys.sign(canonicalText(Object.entries(parameters))) };
  }

  async function addressed(method: string, more: Record<string, string>): Promise<SignedPage> {
    const { biz_content: content = '', ...parameters } = await signed(method, more);
    const url = new URL(config.gatewayUrl);
    // The gateway reads the charset, and all but the content, from the address only.
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { address: url.href, content };
  }

  async function send(method: string, more: Record<string, string>): Promise<Response> {
    const { address, content } = await addressed(method, more);
    return fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
      body: new URLSearchParams({ biz_content: content }).toString(),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  async function ask(method: string, more: Record<string, string>): Promise<Reply> {
    try {
      const response = await send(method, more);
      if (response.status !== 200) {
        // An unread body would keep its connection, of which a Worker has six.
        await response.body?.cancel();
        return unknown(method, `HTTP ${response.status}`);
      }
      return await readReply(method, await response.text(), keys);
    } catch (error) {
      // Only its name: the message of a failed fetch may hold the whole address, with our signature in it.
      return unknown(method, error instanceof Error ? error.name : 'no answer');
    }
  }

  /** What an order says beside the parameters that every call has. */
  function orderContent(bizContent: BizContent) {
    return { notify_url: config.notifyUrl, biz_content: JSON.stringify(bizContent) };
  }

  return {
    async signOrder(method, bizContent) {
      const parameters = await signed(method, orderContent(bizContent));
      const encoded = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      return encoded.join('&');
    },
    signPage: (method, bizContent) => addressed(method, orderContent(bizContent)),
    call: (method, bizContent) => ask(method, { biz_content: JSON.stringify(bizContent) }),
    order: (method, bizContent) => ask(method, orderContent(bizContent)),
  };
}

/**
 * Reads an answer. The inner object is verified as it was written, down to its blanks and `\/`, and then that very text
 * is read. Errors of the gateway itself are unsigned: their codes are told, and nothing is concluded from them.
 * @see https://opendocs.alipay.com/common/02mse7
 */
async function readReply(method: string, text: string, keys: Keys): Promise<Reply> {
  const envelope = envelopeSchema.safeParse(parseJson(text));
  if (!envelope.success) return unknown(method, 'the answer is unreadable');
  const name = `${method.replaceAll('.', '_')}_response`;
  const { sign, error_response: gatewayError, [name]: claimed } = envelope.data;
  const inner = rawObject(text, name);
  if (inner === null || !sign) return unknown(method, `the answer is unsigned${codesOf(gatewayError ?? claimed)}`);
  if (!(await keys.verify(inner, sign))) return unknown(method, 'the answer is not signed by Alipay');
  const answer = answerSchema.safeParse(parseJson(inner));
  return answer.success
    ? { status: 'answered', answer: answer.data }
    : unknown(method, 'the signed answer is unreadable');
}

/**
 * The text of the object that a JSON object holds under a name, cut out with an eye for strings: a brace or a quoted
 * `"sign"` inside a subject ends nothing. `null` when it is not there, or there twice. The JSON must be well-formed.
 */
function rawObject(json: string, name: string): string | null {
  let depth = 0;
  let from = -1;
  let found: string | null = null;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') {
      const end = endOfString(json, at);
      const opening = /\s*:\s*(?=\{)/y;
      opening.lastIndex = end;
      if (depth === 1 && json.slice(at, end) === `"${name}"` && opening.test(json)) from = opening.lastIndex;
      at = end - 1;
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth !== 1 || from < 0) continue;
      if (found !== null) return null;
      found = json.slice(from, at + 1);
      from = -1;
    }
  }
  return found;
}

/** The place behind the closing quote of the string that opens at a place. */
function endOfString(json: string, opensAt: number): number {
  let at = opensAt + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function codesOf(gatewayError: unknown): string {
  const parsed = gatewayErrorSchema.safeParse(gatewayError);
  return parsed.success ? `: ${[parsed.data.code, parsed.data.sub_code].filter(Boolean).join(' ')}` : '';
}

function unknown(method: string, cause: string): Reply {
  return { status: 'unknown', cause: `${method}: ${cause}` };
}
