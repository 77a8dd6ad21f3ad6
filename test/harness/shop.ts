/** A shop under test: the real Worker, real D1 and real gates, with the pretend outside world around it. */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { SignJWT } from 'jose';
import { vi } from 'vitest';
import { submitCommand } from '../../src/core/order/submit-command.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createOrderLog } from '../../src/db/order-log.ts';
import { keepSealed } from '../../src/db/personal-store.ts';
import type { OrderGate } from '../../src/durable/order-gate.ts';
import worker from '../../src/index.ts';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { balanceSql } from '../demo-rows/demo-balance.ts';
import { plainFields, sealRows } from '../demo-rows/demo-row.ts';
import { demoBalances, demoRows } from '../demo-rows/index.ts';
import { type AlipayGateway, createAlipayGateway } from '../sandbox/alipay/gateway.ts';
import { createMemoryStorage } from '../sandbox/memory-storage.ts';
import { createWechatPayGateway, type WechatPayGateway } from '../sandbox/wechat-pay/gateway.ts';

/** What a test sends: a path, and how it differs from a GET without a body. */
export type Sent = {
  method?: string;
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
};

/** What came back. The body is read as JSON where it is JSON. */
export type Received = { status: number; headers: Headers; text: string; json: unknown };

/** A notification that the shop was sent as a webhook. */
export type Webhook = { headers: Headers; body: string };

/** The moment every shop opens: a Tuesday in Shanghai, in the document's year. */
export const OPENED_AT_MS = Date.parse('2022-11-22T08:26:08.000Z');

/** Everything a test does to the shop and its world. */
export type Shop = {
  /** What this shop's Worker runs with, for a test that looks behind it. */
  bindings: Cloudflare.Env;
  alipay: AlipayGateway;
  wechatPay: WechatPayGateway;
  webhooks: Webhook[];
  /** Answers of the shop's own receiver of webhooks; 204 unless a test says otherwise. */
  answerWebhook: (respond: (webhook: Webhook) => Response | Promise<Response>) => void;
  send(path: string, sent?: Sent): Promise<Received>;
  token(userId: string, more?: { role?: string; expiresAtMs?: number }): Promise<string>;
  /** Lets time pass, for the Worker, the gates and the outside world alike. */
  pass(ms: number): void;
  cron(): Promise<void>;
  /** Delivers what the providers have to say, Alipay first, as often as told; gives the answers. */
  deliverNotifications(times?: number): Promise<Received[]>;
};

/** What a test may switch off. */
export type ShopOptions = {
  gate?: 'on' | 'off';
  limits?: 'on' | 'off';
  /** Vars that differ from the test configuration's. */
  vars?: Partial<Cloudflare.Env>;
};

/** The providers' books live as long as the database does: for one test file. */
const outside = createMemoryStorage();

const UNLIMITED: RateLimit = { limit: () => Promise.resolve({ success: true }) };

const noContent = () => new Response(null, { status: 204 });

const token: Shop['token'] = (userId, { role, expiresAtMs } = {}) =>
  new SignJWT(role === undefined ? {} : { role })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime(Math.floor((expiresAtMs ?? Date.now() + 86_400_000) / 1000))
    .sign(new TextEncoder().encode(env.JWT_SECRET));

/**
 * Opens a shop with the demo rows. Time is ours from here on: it stands still until a test lets it pass. `gate: 'off'`
 * takes the queue and the memory away, so that only the database's guards are left; `limits: 'off'` lets one user ask
 * more than 600 times a minute.
 */
export async function openShop({ gate = 'on', limits = 'on', vars = {} }: ShopOptions = {}): Promise<Shop> {
  vi.useFakeTimers({ toFake: ['Date'], now: OPENED_AT_MS });
  await loadDemoRows();
  const bindings = {
    ...env,
    ...vars,
    ...(gate === 'off' ? { ORDER_GATE: withoutGate() } : {}),
    ...(limits === 'off' ? { RATE_LIMITER: UNLIMITED } : {}),
  };
  const alipay = openAlipay();
  const wechatPay = openWechatPay();
  const webhooks: Webhook[] = [];
  let respond: (webhook: Webhook) => Response | Promise<Response> = noContent;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (request.url.startsWith(env.ALIPAY_GATEWAY_URL)) return alipay.fetch(request);
    if (request.url.startsWith(env.WECHAT_API_URL)) return wechatPay.fetch(request);
    if (request.url !== env.WEBHOOK_URL) throw new Error(`nobody answers at ${request.url}`);
    const webhook = { headers: request.headers, body: await request.text() };
    webhooks.push(webhook);
    return respond(webhook);
  });

  return {
    bindings,
    alipay,
    wechatPay,
    webhooks,
    answerWebhook: (next) => {
      respond = next;
    },
    token,
    send: async (path, sent = {}) => {
      const bearer = sent.token === undefined ? await token('50373883813') : sent.token;
      return dispatch(bindings, path, sent, bearer);
    },
    pass: (ms) => {
      vi.setSystemTime(Date.now() + ms);
    },
    cron: async () => {
      const context = createExecutionContext();
      const controller = createScheduledController({ scheduledTime: new Date(), cron: '* * * * *' });
      await worker.scheduled(controller, bindings, context);
      await waitOnExecutionContext(context);
    },
    deliverNotifications: async (times = 1) => {
      const answers: Received[] = [];
      for (const notification of [...alipay.takeNotifications(), ...wechatPay.takeNotifications()]) {
        for (let nth = 0; nth < times; nth++) answers.push(await deliverTo(bindings, notification));
      }
      return answers;
    },
  };
}

/** The pretend Alipay that the test configuration names. */
function openAlipay(): AlipayGateway {
  return createAlipayGateway({
    merchant: {
      appId: env.ALIPAY_APP_ID,
      sellerId: env.ALIPAY_SELLER_ID,
      publicKeyPem: env.SANDBOX_MERCHANT_PUBLIC_KEY,
    },
    alipayPrivateKeyPem: env.SANDBOX_ALIPAY_PRIVATE_KEY,
    now: () => Date.now(),
    storage: outside,
  });
}

/** The pretend WeChat Pay that the test configuration names, with the key that a rotation leads to. */
function openWechatPay(): WechatPayGateway {
  return createWechatPayGateway({
    merchant: {
      appId: env.WECHAT_APP_ID,
      mchId: env.WECHAT_MCH_ID,
      serialNo: env.WECHAT_MCH_SERIAL_NO,
      publicKeyPem: env.SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY,
    },
    platform: {
      serial: env.SANDBOX_WECHAT_PLATFORM_SERIAL,
      privateKeyPem: env.SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY,
    },
    nextPlatform: {
      serial: env.SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL,
      privateKeyPem: env.SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY,
    },
    apiV3Key: env.WECHAT_API_V3_KEY,
    now: () => Date.now(),
    storage: outside,
  });
}

/** One message of a provider's, as it goes over the wire. */
export type Letter = { url: string; headers: Record<string, string>; body: string };

const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

/** Posts one notification: as Alipay does, unless the headers of another provider come along. */
export function deliver(url: string, body: string, headers: Record<string, string> = FORM): Promise<Received> {
  return deliverTo(env, { url, headers, body });
}

function deliverTo(bindings: Cloudflare.Env, { url, headers, body }: Letter): Promise<Received> {
  return dispatch(bindings, new URL(url).pathname, { method: 'POST', body, headers }, null);
}

async function dispatch(
  bindings: Cloudflare.Env,
  path: string,
  { method, body, headers }: Sent,
  bearer: string | null,
): Promise<Received> {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const request = new Request(`https://orders.example${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    body: body === undefined ? null : isText ? body : JSON.stringify(body),
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  const context = createExecutionContext();
  const response = await worker.fetch(new Request(request), bindings, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, headers: response.headers, text, json: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Decides and commits where it stands: no object, no queue, nothing remembered. */
const submitAtOnce: OrderGate['submit'] = async (submission) => {
  const { db } = openDatabase(env.DB, 'first-primary');
  return { submitted: await submitCommand(createOrderLog(db), null, submission), bookmark: null };
};

function withoutGate(): Cloudflare.Env['ORDER_GATE'] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the gate's client asks for nothing else
  return { getByName: () => ({ submit: submitAtOnce }) } as unknown as Cloudflare.Env['ORDER_GATE'];
}

async function loadDemoRows(): Promise<void> {
  await env.DB.batch([
    ...demoRows.map((row) =>
      env.DB.prepare(
        `INSERT INTO catalog_items (kind, id, body, created_at_ms, updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT DO UPDATE SET body = excluded.body, version = version + 1, removed_at_ms = NULL`,
      ).bind(row.kind, row.id, JSON.stringify(plainFields(row)), OPENED_AT_MS),
    ),
    ...demoBalances.map((balance) => env.DB.prepare(balanceSql(balance, OPENED_AT_MS))),
  ]);
  const { db } = openDatabase(env.DB, 'first-primary');
  const vault = createVault({ current: env.PII_KEY, previous: null });
  for (const text of await sealRows(demoRows, vault)) await keepSealed(db, text);
}
