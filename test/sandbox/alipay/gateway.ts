/** Alipay as a merchant meets it: one gateway that answers calls, and one cashier where a payer pays. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { createFaultPlan, type Fault, type FaultPlan } from '../fault-plan.ts';
import { createLedger, type Ledger } from '../ledger.ts';
import { connectionReset, timedOut } from '../lost-answer.ts';
import { createMemoryStorage } from '../memory-storage.ts';
import { createNotificationQueue, type Notification, type NotificationQueue } from '../notification-queue.ts';
import type { SandboxStorage } from '../storage.ts';
import {
  answerResponse,
  businessFailure,
  gatewayRefusal,
  renderAnswer,
  responseName,
  type AnswerContent,
} from './answer.ts';
import type { Books } from './books.ts';
import { cashierResponse } from './cashier-response.ts';
import { createCashier, type Cashier } from './cashier.ts';
import { closeTrade } from './close-trade.ts';
import { createCodeBook } from './code-book.ts';
import { falseSuccess } from './false-success.ts';
import { notificationOf, signedForm } from './notification.ts';
import { pageOrderString } from './page-payment.ts';
import { precreateTrade } from './precreate-trade.ts';
import {
  checkNotifyUrl,
  checkPublicParameters,
  readParameters,
  unknownMethod,
  type Merchant,
} from './public-parameters.ts';
import { queryRefund } from './query-refund.ts';
import { queryTrade } from './query-trade.ts';
import { refundTrade } from './refund-trade.ts';
import type { Parameters } from './signature.ts';

type Method = (books: Books, bizContent: string | undefined, notifyUrl: string) => AnswerContent;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['alipay.trade.precreate', precreateTrade],
  ['alipay.trade.query', queryTrade],
  ['alipay.trade.close', closeTrade],
  ['alipay.trade.refund', refundTrade],
  ['alipay.trade.fastpay.refund.query', queryRefund],
]);

/** What a gateway is set up with. */
export type AlipayGatewaySetup = {
  /** The merchant's app, and the public key that it has uploaded (SPKI PEM). */
  merchant: { appId: string; sellerId: string; publicKeyPem: string };
  /** Alipay's own key, PKCS#8 PEM: signs answers and notifications. */
  alipayPrivateKeyPem: string;
  /** UTC ms. */
  now: () => number;
  /** Where books, faults and notifications are kept; memory when left out. */
  storage?: SandboxStorage;
};

/** The pretend Alipay. */
export type AlipayGateway = Cashier & {
  /**
   * `POST …/gateway.do`, and `GET` for a browser that brings a page payment. Rejects like a network does when the fault
   * plan says so. A browser gets the cashier, and no fault: those are the merchant's.
   */
  fetch(request: Request): Promise<Response>;
  /** Hands over the notifications that wait, oldest first. The taker delivers, drops, doubles or reorders them. */
  takeNotifications(): Notification[];
  /** Signs any notification fields with Alipay's key, for the odd ones that a payment never makes. */
  signNotification(fields: Readonly<Record<string, string>>): string;
  ledger: Ledger;
  faults: FaultPlan;
  notifications: NotificationQueue;
};

/** Creates the pretend Alipay of one merchant. */
export function createAlipayGateway(setup: AlipayGatewaySetup): AlipayGateway {
  const { now, storage = createMemoryStorage() } = setup;
  const alipayPrivateKey = createPrivateKey(setup.alipayPrivateKeyPem);
  const { appId, sellerId, publicKeyPem } = setup.merchant;
  const merchant: Merchant = { appId, sellerId, publicKey: createPublicKey(publicKeyPem) };
  const ledger = createLedger(storage, 'alipay');
  const books: Books = { ledger, codes: createCodeBook(storage), now };
  const faults = createFaultPlan(storage, 'alipay');
  const notifications = createNotificationQueue(storage, 'alipay');

  /** Everything that a call does and says, when nothing goes wrong on the way. */
  function answer(parameters: Parameters | null): string {
    if (parameters === null) return unsigned('error_response', AMBIGUOUS);
    const name = parameters.get('method') ?? '';
    const method = METHODS.get(name);
    if (method === undefined) return unsigned('error_response', unknownMethod(name));
    const refusal =
      checkPublicParameters(parameters, { merchant, nowMs: now(), mayBeOld: false }) ??
      (method === precreateTrade ? checkNotifyUrl(parameters) : null);
    if (refusal !== null) return unsigned(responseName(name), refusal);
    const content = method(books, parameters.get('biz_content'), parameters.get('notify_url') ?? '');
    return renderAnswer(responseName(name), content, alipayPrivateKey);
  }

  /** What is left of an answer when a fault has been at it. `before`, there was none, so a false one stands in. */
  function broken(fault: Fault, parameters: Parameters | null, whole: string | null): Response {
    const method = parameters?.get('method') ?? '';
    const name = responseName(method);
    switch (fault.kind) {
      case '500':
        return new Response('Internal Server Error', { status: 500 });
      case 'reset':
        throw connectionReset();
      case 'timeout':
        throw timedOut();
      case 'malformed':
        return answerResponse(`{"${name}":{"code":"10000","msg":"Succ`);
      case 'unsigned':
        return answerResponse(
          whole?.replace(/,"sign":"[^"]*"\}$/, '}') ??
            unsigned(name, falseSuccess(method, parameters?.get('biz_content'))),
        );
      case 'refused':
        return answerResponse(renderAnswer(name, businessFailure(fault.subCode, '沙箱计划的故障'), alipayPrivateKey));
    }
  }

  const cashier = createCashier({
    books,
    merchant,
    onCapture: (trade) => notifications.add(notificationOf(trade, { merchant, alipayPrivateKey, nowMs: now() }), now()),
  });

  return {
    async fetch(request) {
      const url = new URL(request.url);
      if (!url.pathname.endsWith('/gateway.do')) return new Response('Not Found', { status: 404 });
      const query = url.search.slice(1);
      const form = await readForm(request);
      const page = pageOrderString(query, form ?? '');
      if (page !== null && (form !== null || request.method === 'GET')) return cashierResponse(cashier, page, now());
      if (form === null) return answerResponse(unsigned('error_response', NOT_A_FORM));
      const parameters = readParameters(query, form);
      const fault = faults.next(parameters?.get('method') ?? '');
      if (fault?.when === 'before') return broken(fault, parameters, null);
      const whole = answer(parameters);
      return fault === null ? answerResponse(whole) : broken(fault, parameters, whole);
    },
    ...cashier,
    takeNotifications: () => notifications.take(),
    signNotification: (fields) => signedForm(fields, alipayPrivateKey),
    ledger,
    faults,
    notifications,
  };
}

const AMBIGUOUS = gatewayRefusal('40002', 'isv.invalid-parameter', '参数重复');
const NOT_A_FORM = gatewayRefusal(
  '40002',
  'isv.invalid-parameter',
  '须以 POST 提交 UTF-8 表单，biz_content 放在表单中',
);

function unsigned(name: string, content: AnswerContent): string {
  return renderAnswer(name, content, null);
}

/** The posted form, undecoded; `null` when the request is not one, or when it hides `biz_content` in its address. */
async function readForm(request: Request): Promise<string | null> {
  const [type = '', ...options] = (request.headers.get('content-type') ?? '').toLowerCase().split(/\s*;\s*/);
  const charset = options.find((option) => option.startsWith('charset='));
  if (request.method !== 'POST' || type !== 'application/x-www-form-urlencoded') return null;
  if (charset !== undefined && charset !== 'charset=utf-8') return null;
  if (new URL(request.url).searchParams.has('biz_content')) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await request.arrayBuffer());
  } catch {
    return null;
  }
}
