/** WeChat Pay as a merchant meets it: calls that are answered, a cashier where a payer pays, and what it tells of both. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { createFaultPlan, type FaultPlan } from '../fault-plan.ts';
import { createLedger, type Ledger } from '../ledger.ts';
import { createMemoryStorage } from '../memory-storage.ts';
import { createNotificationQueue, type Notification, type NotificationQueue } from '../notification-queue.ts';
import type { SandboxStorage } from '../storage.ts';
import { refusal, type Answer } from './answer.ts';
import { readApiCall, type ApiCall, type CallName } from './api-call.ts';
import { authorizationProblem, TOLERANCE_S } from './authorization.ts';
import type { Books } from './books.ts';
import { createCashier, type Cashier } from './cashier.ts';
import { closeOrder } from './close-order.ts';
import { falseSuccess } from './false-success.ts';
import { httpProblem } from './http-rules.ts';
import { createNonceMemory } from './nonce-memory.ts';
import type { NotificationEvent } from './notification.ts';
import { createNotifier } from './notifier.ts';
import { createOrderBook } from './order-book.ts';
import { createPlatformSigner, type PlatformKey, type PlatformSigner } from './platform-signer.ts';
import { prepay } from './prepay.ts';
import { queryOrder } from './query-order.ts';
import { queryRefund } from './query-refund.ts';
import { createRefundDesk, type RefundDesk } from './refund-desk.ts';
import { refundOrder } from './refund-order.ts';
import { respond, respondBroken } from './respond.ts';

const CALLS: Record<CallName, (books: Books, call: ApiCall) => Answer> = {
  'wechat.prepay': prepay,
  'wechat.query': queryOrder,
  'wechat.close': closeOrder,
  'wechat.refund': refundOrder,
  'wechat.refund.query': queryRefund,
};

/** A key of WeChat Pay's: its serial, `PUB_KEY_ID_…` or that of a certificate, and the key, PKCS#8 PEM. */
export type PlatformKeySetup = { serial: string; privateKeyPem: string };

/** What a gateway is set up with. */
export type WechatPayGatewaySetup = {
  /** The merchant, and the public key of its API certificate (SPKI PEM). */
  merchant: { appId: string; mchId: string; serialNo: string; publicKeyPem: string };
  platform: PlatformKeySetup;
  /** The key that a rotation leads to; none when left out. */
  nextPlatform?: PlatformKeySetup;
  /** The merchant's APIv3 key, 32 bytes: notifications are encrypted with it. */
  apiV3Key: string;
  /** UTC ms. */
  now: () => number;
  /** Where books, faults and notifications are kept; memory when left out. */
  storage?: SandboxStorage;
};

/** The pretend WeChat Pay. */
export type WechatPayGateway = Cashier & {
  /** `https://…/v3/…`. Rejects like a network does when the fault plan says so. */
  fetch(request: Request): Promise<Response>;
  /**
   * Hands over the notifications that wait, oldest first, signed now. The taker delivers, drops, doubles or reorders
   * them; who keeps one for longer than five minutes has it signed again.
   */
  takeNotifications(): Notification[];
  /** The same message with the signature of another try. */
  signAgain(notification: Notification): Notification;
  /** Encrypts and signs any event, for the odd ones that no payment makes. */
  signNotification(event: NotificationEvent): { headers: Record<string, string>; body: string };
  /** Signs any text as a notification's body, for the ones that are no message at all. */
  signBody(body: string): Record<string, string>;
  /** How refunds go, and what has become of each. */
  refunds: RefundDesk;
  /** Which key signs, and the probes. */
  signer: PlatformSigner;
  ledger: Ledger;
  faults: FaultPlan;
  notifications: NotificationQueue;
};

/** Creates the pretend WeChat Pay of one merchant. */
export function createWechatPayGateway(setup: WechatPayGatewaySetup): WechatPayGateway {
  const { now, apiV3Key, storage = createMemoryStorage() } = setup;
  if (Buffer.byteLength(apiV3Key) !== 32) throw new Error('an APIv3 key has 32 bytes');
  const { publicKeyPem, ...names } = setup.merchant;
  const merchant = { ...names, publicKey: createPublicKey(publicKeyPem) };
  const current = platformKey(setup.platform);
  const next = setup.nextPlatform === undefined ? null : platformKey(setup.nextPlatform);
  const serials = [current, next].flatMap((key) => key?.serial ?? []);
  const ledger = createLedger(storage, 'wechat-pay');
  const faults = createFaultPlan(storage, 'wechat-pay');
  const notifications = createNotificationQueue(storage, 'wechat-pay');
  const signer = createPlatformSigner({ current, next, storage, now });
  const nonces = createNonceMemory(storage, now, TOLERANCE_S);
  const orders = createOrderBook(storage);
  const refunds = createRefundDesk({ storage, ledger, now, onEnd: (refund) => notifier.tellOfRefund(refund) });
  const books: Books = { merchant, ledger, orders, refunds, now };

  const notifier = createNotifier({ books, signer, queue: notifications, apiV3Key });

  /** Everything that a call does and says, when nothing goes wrong on the way. */
  function answer(call: ApiCall): Answer {
    const http = httpProblem(call, serials);
    if (http !== null) return refusal('PARAM_ERROR', http);
    const problem = authorizationProblem(call, { merchant, nonces, nowMs: now() });
    return problem === null ? CALLS[call.name](books, call) : refusal('SIGN_ERROR', problem);
  }

  return {
    async fetch(request) {
      const call = await readApiCall(request);
      if (call === null) return new Response('Not Found', { status: 404 });
      const fault = faults.next(call.name);
      if (fault?.when === 'before') return respondBroken(fault, falseSuccess(books, call), signer);
      const whole = answer(call);
      return fault === null ? respond(whole, signer) : respondBroken(fault, whole, signer);
    },
    ...createCashier({ books, onCapture: (trade) => notifier.tellOfPayment(trade) }),
    takeNotifications: () => notifications.take().map((notification) => notifier.signAgain(notification)),
    signAgain: (notification) => notifier.signAgain(notification),
    signNotification: (event) => notifier.signNotification(event),
    signBody: (body) => notifier.signBody(body),
    refunds,
    signer,
    ledger,
    faults,
    notifications,
  };
}

function platformKey({ serial, privateKeyPem }: PlatformKeySetup): PlatformKey {
  return { serial, privateKey: createPrivateKey(privateKeyPem) };
}
