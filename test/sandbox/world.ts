/** Everything that the running sandbox pretends to be, put together. */
import { createAlipayGateway, type AlipayGateway } from './alipay/gateway.ts';
import { isAcknowledgement, RETRY_DELAYS_MS } from './alipay/notification.ts';
import { createNotificationCourier, type NotificationCourier } from './notification-courier.ts';
import type { SandboxSettings } from './settings.ts';
import type { SandboxStorage } from './storage.ts';
import { createWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

/** What a world is made from. */
export type WorldParts = {
  settings: SandboxSettings;
  storage: SandboxStorage;
  /** UTC ms. */
  now: () => number;
  /** The way to the merchant. */
  fetch: (request: Request) => Promise<Response>;
  /** Asks for `courier.deliverDue` at a moment, UTC ms. */
  wakeAt: (atMs: number) => Promise<void>;
};

/** The pretend outside world: Alipay, its courier, and the shop's receiver of our notifications. */
export type World = Pick<WorldParts, 'now' | 'wakeAt'> & {
  alipay: AlipayGateway;
  courier: NotificationCourier;
  webhooks: WebhookReceiver;
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
  return {
    alipay,
    courier,
    webhooks: createWebhookReceiver(storage, settings.SANDBOX_WEBHOOK_SECRET, now),
    now,
    wakeAt,
  };
}
