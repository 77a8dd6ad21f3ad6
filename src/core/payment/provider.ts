/** The port that a payment provider fills: build, sign, send, verify, translate. It decides and stores nothing. */

import type { Fen } from '../money.ts';

/** What a client opens the cashier with. A provider offers some of them. */
export type PrepayKind = 'app_order_string' | 'app_params' | 'jsapi_params' | 'qr_code' | 'redirect_url' | 'html_form';

/** One payment to prepare. */
export type PrepayRequest = {
  kind: PrepayKind;
  outTradeNo: string;
  amountFen: Fen;
  /** What the cashier shows; the provider removes what its own rules forbid. */
  subject: string;
  /** The moment from which the provider must refuse to be paid, UTC ms. */
  payableUntilMs: number;
  /** Who pays, in the provider's own terms, where the kind asks for that (`openid`); `null` elsewhere. */
  payerId: string | null;
  /** What an earlier {@link PrepayAnswer} gave to keep: then the same payment is handed out again, freshly signed. */
  handle: string | null;
};

/** What the client opens the cashier with, by kind. */
export type Prepay =
  | { kind: 'app_order_string'; orderString: string }
  | { kind: 'app_params'; params: Readonly<Record<string, string>> }
  | { kind: 'jsapi_params'; params: Readonly<Record<string, string>> }
  | { kind: 'qr_code'; codeUrl: string }
  | { kind: 'redirect_url'; url: string }
  /** A form of HTML that submits itself. */
  | { kind: 'html_form'; form: string };

/** What was prepared, of one of these kinds. */
export type PrepayOf<Kind extends PrepayKind> = Extract<Prepay, { kind: Kind }>;

/**
 * How preparing went. `handle` is what has to be kept in order to hand the same payment out again without the
 * provider's network; `null` where its number is enough. `unknown` means that the payment may exist: go on with the
 * same number, never with another.
 */
export type PrepayAnswer =
  | { status: 'ready'; prepay: Prepay; handle: string | null }
  | { status: 'refused'; cause: string }
  | { status: 'unknown'; cause: string };

/** Money that the provider says it took. */
export type ReportedPayment = {
  outTradeNo: string;
  /** The provider's own number of the payment. */
  transactionId: string;
  amountFen: Fen;
  paidAtMs: number;
};

/**
 * What the provider knows of a payment. `absent`: it has never heard of the number, which is no promise that it never
 * will. `unknown`: no answer, or none that can be trusted, or a status that this service does not know.
 */
export type PaymentAnswer =
  | ({ status: 'paid' } & ReportedPayment)
  | { status: 'unpaid' }
  | { status: 'closed' }
  | { status: 'absent' }
  | { status: 'unknown'; cause: string };

/** How closing went. `not_open`: the provider has it in a state that cannot be closed, so ask again. */
export type CloseAnswer = { status: 'closed' | 'absent' | 'not_open' } | { status: 'unknown'; cause: string };

/** One refund to send. The number never changes between two tries of the same refund. */
export type RefundRequest = {
  refundNo: string;
  outTradeNo: string;
  transactionId: string;
  /** The amount to give back, and the amount that was captured. */
  amountFen: Fen;
  capturedFen: Fen;
};

/**
 * What the provider says of a refund. Only `succeeded` is money back. `failed` is a refusal that the same number can
 * never get past. `absent`: it does not know the number, so the same one may be sent. `unknown`: ask again.
 */
export type RefundAnswer =
  | { status: 'succeeded' | 'processing' | 'absent' }
  | { status: 'failed'; cause: string }
  | { status: 'unknown'; cause: string };

/** A notification as it came in, before anything was decoded. */
export type NotificationRequest = { headers: Headers; body: string };

/**
 * A notification read. `payment` and `refund` are authentic and ours; `other` is authentic, ours, and tells nothing
 * that has to be applied; `foreign` is authentic but for another app or merchant; `invalid` is not authentic.
 * `notificationId` names the event, the same one over all its repeats.
 */
export type Notification =
  | { kind: 'payment'; notificationId: string; payment: ReportedPayment }
  | { kind: 'refund'; notificationId: string; outTradeNo: string }
  | { kind: 'other'; notificationId: string; outTradeNo: string; cause: string }
  | { kind: 'foreign'; notificationId: string; outTradeNo: string; cause: string }
  | { kind: 'invalid'; cause: string };

/** The answer that a provider wants to its notification, to the byte. */
export type Acknowledgement = { status: 200 | 400 | 500; contentType: string; body: string };

/** One kind that a provider can prepare. */
export type PreparedKind = {
  /** Whether preparing takes its network (`remote`) or only our key (`local`). */
  by: 'local' | 'remote';
  /** The longest life in which what was prepared can still be handed out again, ms. */
  maximumSlipMs: number;
};

/** A payment provider. Its methods never throw for what a network or a gateway may do: that is an `unknown`. */
export type PaymentProvider = {
  /** The folder's name: `alipay`. Stored with every attempt, capture and refund. */
  readonly name: string;
  /** The shortest life that the provider accepts for a payment, ms. */
  readonly minimumSlipMs: number;
  /** What it can prepare. */
  readonly prepayKinds: Partial<Record<PrepayKind, PreparedKind>>;
  prepay(request: PrepayRequest): Promise<PrepayAnswer>;
  query(outTradeNo: string): Promise<PaymentAnswer>;
  close(outTradeNo: string): Promise<CloseAnswer>;
  refund(request: RefundRequest): Promise<RefundAnswer>;
  queryRefund(request: RefundRequest): Promise<RefundAnswer>;
  readNotification(request: NotificationRequest): Promise<Notification>;
  /** `accepted`: durable, do not repeat. `refused`: not authentic. `failed`: ours to mend, so repeat. */
  acknowledge(outcome: 'accepted' | 'refused' | 'failed'): Acknowledgement;
};
