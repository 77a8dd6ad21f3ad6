/** The only reader of the environment: builds the services, and lists the providers, one line each. */

import type { Context } from 'hono';
import { createAccountStore } from './db/account-store.ts';
import type { CatalogMemory } from './db/catalog-store.ts';
import { createCatalog } from './db/catalog-store.ts';
import { type DatabaseSession, openDatabase } from './db/open-database.ts';
import type { OrderNumbers } from './db/order-numbers.ts';
import { createOrderStore } from './db/order-store.ts';
import { createOutboxStore } from './db/outbox-store.ts';
import { createPaymentStore } from './db/payment-store.ts';
import { createPersonalStore } from './db/personal-store.ts';
import { createRefundStore } from './db/refund-store.ts';
import type { Caller } from './core/caller.ts';
import { describeError, writeLog } from './core/log.ts';
import { newOrderNo } from './core/order/order-number.ts';
import type { NotificationSender } from './core/outbox/outbox.ts';
import type { PaymentProvider } from './core/payment/provider.ts';
import type { Services, Settings } from './core/services.ts';
import type { Vault } from './core/vault.ts';
import { dialects } from './dialects/index.ts';
import { createGateClient } from './durable/gate-client.ts';
import { checkEnv, type Config } from './env.ts';
import type { AppEnv } from './http/app-env.ts';
import { createIdentify } from './http/identify.ts';
import { diagnoseAlipayKeys } from './providers/alipay/diagnose-keys.ts';
import { createAlipay } from './providers/alipay/index.ts';
import { diagnoseWechatPayKeys } from './providers/wechat-pay/diagnose-keys.ts';
import { createWechatPay } from './providers/wechat-pay/index.ts';
import { createVault } from './vault/aes-gcm-vault.ts';
import { createNotificationSender } from './webhook/sender.ts';

/** What one isolate keeps between requests: the checked configuration, imported keys, and what it has read that lasts. */
type Isolate = {
  settings: Settings;
  dialects: readonly string[];
  corsOrigins: readonly string[];
  providers: ReadonlyMap<string, PaymentProvider>;
  sender: NotificationSender | null;
  vault: Vault;
  identify: (token: string) => Promise<Caller | null>;
  catalog: CatalogMemory;
  orderNumbers: OrderNumbers;
};

/** The isolate's lasting parts, or what is wrong with the configuration, in words. */
export type Prepared = { ok: true; isolate: Isolate } | { ok: false; problems: string[] };

const prepared = new WeakMap<Cloudflare.Env, Promise<Prepared>>();
const now = () => Date.now();

/** Checks the configuration, keys included, and builds what lasts; once for each environment. */
export function prepare(env: Cloudflare.Env): Promise<Prepared> {
  const known = prepared.get(env);
  if (known) return known;
  const result = checkAndCreate(env);
  prepared.set(env, result);
  return result;
}

async function checkAndCreate(env: Cloudflare.Env): Promise<Prepared> {
  const checked = checkEnv(
    env,
    dialects.map(({ name }) => name),
  );
  if (!checked.ok) return checked;
  const { alipay, wechatPay } = checked.config;
  const problems = [
    ...missingBindings(env),
    ...(alipay ? await diagnoseAlipayKeys(alipay) : []),
    ...(wechatPay ? await diagnoseWechatPayKeys(wechatPay) : []),
  ];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, isolate: createIsolate(checked.config) };
}

/** The two bindings without which nothing works; the rate limiter may be left out. */
function missingBindings(env: Partial<Cloudflare.Env>): string[] {
  const missing = [env.DB ? [] : ['DB'], env.ORDER_GATE ? [] : ['ORDER_GATE']].flat();
  return missing.map((name) => `the binding ${name} is missing in wrangler.toml`);
}

function createIsolate(config: Config): Isolate {
  const { publicUrl, corsOrigins, orderTtlMs, paymentTtlMs, refundApproval, commissionBps } = config;
  const ports = { fetch: (...request: Parameters<typeof fetch>) => fetch(...request), now };
  const providers = [
    config.alipay && createAlipay({ ...config.alipay, notifyUrl: `${publicUrl}/callback/alipay` }, ports),
    config.wechatPay && createWechatPay({ ...config.wechatPay, ...wechatCallbacks(publicUrl) }, ports),
  ].filter((provider) => provider !== null);
  return {
    settings: { publicUrl, corsOrigins, orderTtlMs, paymentTtlMs, refundApproval, commissionBps },
    dialects: config.dialects,
    corsOrigins: config.corsOrigins,
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    sender: config.webhook && createNotificationSender(config.webhook, ports.fetch),
    vault: createVault(config.vault),
    identify: createIdentify(config.tokens, now),
    catalog: new Map(),
    orderNumbers: new Map(),
  };
}

function wechatCallbacks(publicUrl: string) {
  return { notifyUrl: `${publicUrl}/callback/wechat`, refundNotifyUrl: `${publicUrl}/callback/wechat/refund` };
}

/** Builds the services of one request or one run of the jobs. */
export function compose(
  env: Cloudflare.Env,
  isolate: Isolate,
  context: { waitUntil(promise: Promise<unknown>): void },
  bookmark: string | null,
): { services: Services; session: DatabaseSession } {
  const session = openDatabase(env.DB, bookmark);
  const { db } = session;
  const log: Services['log'] = {
    info: (event, fields) => writeLog('info', event, fields),
    alert: (event, fields) => writeLog('alert', event, fields),
  };
  const services: Services = {
    now,
    ids: {
      orderNo: (nowMs) => newOrderNo(nowMs, (bytes) => crypto.getRandomValues(bytes)),
      commitId: () => crypto.randomUUID(),
    },
    settings: isolate.settings,
    orders: createOrderStore(db, isolate.orderNumbers),
    payments: createPaymentStore(db),
    refunds: createRefundStore(db),
    personal: createPersonalStore(db),
    accounts: createAccountStore(db),
    catalog: createCatalog(db, isolate.catalog),
    outbox: createOutboxStore(db),
    gate: createGateClient(env.ORDER_GATE, session.sawBookmark),
    providers: isolate.providers,
    vault: isolate.vault,
    sender: isolate.sender,
    background: (work) => {
      context.waitUntil(
        work.catch((error: unknown) => {
          log.alert('background_failed', describeError(error));
        }),
      );
    },
    log,
  };
  return { services, session };
}

/** Whether one more request of this user or address is within the limit; without the binding there is none. */
export async function isWithinLimit(c: Context<AppEnv>, key: string): Promise<boolean> {
  const limiter: RateLimit | undefined = c.env.RATE_LIMITER;
  return limiter === undefined || (await limiter.limit({ key })).success;
}
