/** WeChat Pay in the running sandbox: its gateway, made from the settings, and its courier. */
import { createNotificationCourier, type NotificationCourier } from '../notification-courier.ts';
import type { WechatPaySettings } from '../settings.ts';
import type { SandboxStorage } from '../storage.ts';
import { createWechatPayGateway, type WechatPayGateway } from './gateway.ts';
import { isAcknowledgement, RETRY_DELAYS_MS } from './notification.ts';

/** The gateway and the courier that carries its notifications. */
export type WechatPayWorld = { gateway: WechatPayGateway; courier: NotificationCourier };

/** Where they keep things, their clock (UTC ms), and the way to the merchant. */
export type WechatPayWorldParts = {
  storage: SandboxStorage;
  now: () => number;
  fetch: (request: Request) => Promise<Response>;
};

/** Puts both together. */
export function createWechatPayWorld(settings: WechatPaySettings, parts: WechatPayWorldParts): WechatPayWorld {
  const { storage, now, fetch } = parts;
  const nextSerial = settings.SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL;
  const nextKeyPem = settings.SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY;
  const gateway = createWechatPayGateway({
    merchant: {
      appId: settings.SANDBOX_WECHAT_APP_ID,
      mchId: settings.SANDBOX_WECHAT_MCH_ID,
      serialNo: settings.SANDBOX_WECHAT_MCH_SERIAL_NO,
      publicKeyPem: settings.SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY,
    },
    platform: {
      serial: settings.SANDBOX_WECHAT_PLATFORM_SERIAL,
      privateKeyPem: settings.SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY,
    },
    ...(nextSerial === undefined || nextKeyPem === undefined
      ? {}
      : { nextPlatform: { serial: nextSerial, privateKeyPem: nextKeyPem } }),
    apiV3Key: settings.SANDBOX_WECHAT_API_V3_KEY,
    storage,
    now,
  });
  const courier = createNotificationCourier({
    queue: gateway.notifications,
    ledger: gateway.ledger,
    storage,
    now,
    fetch,
    isAcknowledgement,
    retryDelaysMs: RETRY_DELAYS_MS,
    signAgain: (notification) => gateway.signAgain(notification),
  });
  return { gateway, courier };
}
