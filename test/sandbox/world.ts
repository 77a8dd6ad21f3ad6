/** Everything that the running sandbox pretends to be, put together. */
import { createAlipayGateway, type AlipayGateway } from './alipay/gateway.ts';
import { isAcknowledgement, RETRY_DELAYS_MS } from './alipay/notification.ts';
import { createNotificationCourier, type NotificationCourier } from './notification-courier.ts';
import type { SandboxSettings } from './settings.ts';
import type { SandboxStorage } from './storage.ts';
import { createWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';
import { createWechatPayWorld, type WechatPayWorld } from './wechat-pay/world.ts';

/** What a world is made from. */
export type WorldParts = {
  settings: SandboxSettings;
  storage: SandboxStorage;
  /** UTC ms. */
  now: () => number;
  /** The way to the merchant. */
  fetch: (request: Request) => Promise<Response>;
  /** Asks for `deliverDue` at a moment, UTC ms. */
  wakeAt: (atMs: number) => Promise<void>;
};

/** The pretend outside world: the providers with their couriers, and the shop's receiver of our notifications. */
export type World = Pick<WorldParts, 'now'> & {
  alipay: AlipayGateway;
  /** Alipay's. */
  courier: NotificationCourier;
  /** `null` when the settings name no merchant of WeChat Pay's. */
  wechatPay: WechatPayWorld | null;
  webhooks: WebhookReceiver;
  /** Carries everything that is due, of all providers, and asks to be woken for the rest. */
  deliverDue(): Promise<void>;
  /** Asks to be woken for the earliest notification that waits, of all providers: there is one alarm. */
  wakeWhenDue(): Promise<void>;
};

/** Puts a world together. */
export function createWorld({ settings, storage, now, fetch, wakeAt }: WorldParts): World {
  const alipay = createAlipayGateway({
    merchant: {
      appId: settings.SANDBOX_MERCHANT_APP_ID,
      sellerId: settings.SANDBOX_MERCHANT_SELLER_ID,
      publicKeyPem: settings.SANDBOX_MERCHANT_PUBLIC_KEY,
    },
    alipayPrivateKeyPem: settings.SANDBOX_ALIPAY_PRIVATE_KEY,
    storage,
    now,
  });
  const courier = createNotificationCourier({
    queue: alipay.notifications,
    ledger: alipay.ledger,
    storage,
    now,
    fetch,
    isAcknowledgement,
    retryDelaysMs: RETRY_DELAYS_MS,
  });
  const wechatPay =
    settings.wechatPay === undefined ? null : createWechatPayWorld(settings.wechatPay, { storage, now, fetch });

  async function wakeWhenDue(): Promise<void> {
    const waiting = [alipay, wechatPay?.gateway].flatMap((gateway) => gateway?.notifications.waiting() ?? []);
    const dueTimes = waiting.flatMap(({ nextTryAtMs }) => nextTryAtMs ?? []);
    if (dueTimes.length > 0) await wakeAt(Math.min(...dueTimes));
  }

  return {
    alipay,
    courier,
    wechatPay,
    webhooks: createWebhookReceiver(storage, settings.SANDBOX_WEBHOOK_SECRET, now),
    now,
    async deliverDue() {
      await courier.deliverDue();
      await wechatPay?.courier.deliverDue();
      await wakeWhenDue();
    },
    wakeWhenDue,
  };
}
