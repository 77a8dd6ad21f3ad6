/** A payment attempt: one number under which an order may be paid once. */

import type { Fen } from '../money.ts';
import type { AttemptStatus } from '../order/lifecycle.ts';
import type { PrepayKind } from './provider.ts';

/** One try to pay an order. The row exists before the provider is called, and never leaves. */
export type Attempt = {
  /** The order number and four digits: it names its order without a look-up, and fits every provider. */
  outTradeNo: string;
  orderNo: string;
  provider: string;
  kind: PrepayKind | 'by_hand';
  status: AttemptStatus;
  amountFen: Fen;
  createdAtMs: number;
  /** The end of the customer's slip: until then no other attempt is opened. */
  expiresAtMs: number;
  /** The moment from which the provider refuses to be paid: the slip's end, or the provider's minimum if later. */
  payableUntilMs: number;
  paidAtMs: number | null;
  /** While it is `opening`: until then one caller is asking the provider, and nobody else starts on it. */
  leasedUntilMs: number | null;
  /** What the customer chose to pay with, as the dialect names it; `null` where there was nothing to choose. */
  choice: string | null;
  /** What the provider gave to keep and who pays, sealed by the vault for {@link attemptRow}. */
  sealed: string | null;
};

/** Money that a provider took. Never changes. `pays`: it paid the order. `surplus`: it has to go back. */
export type Capture = {
  provider: string;
  transactionId: string;
  outTradeNo: string;
  orderNo: string;
  role: 'pays' | 'surplus';
  amountFen: Fen;
  /** When the customer paid, by the provider's clock. */
  capturedAtMs: number;
};

/** How many attempts one order may have: a bound on what a snapshot of an order can weigh. */
export const MAX_ATTEMPTS = 99;

/** The row's name in the vault. */
export function attemptRow(outTradeNo: string): string {
  return `attempt/${outTradeNo}`;
}

/** The number of an order's nth attempt, counted from 1. */
export function attemptNumber(orderNo: string, nth: number): string {
  return orderNo + String(nth).padStart(4, '0');
}

/** The order that an attempt's number names. */
export function orderNoOf(outTradeNo: string): string {
  return outTradeNo.slice(0, -4);
}

/** Whether a customer could still be paying this attempt, as far as this service knows. */
export function isLive(attempt: Attempt): boolean {
  return attempt.status === 'opening' || attempt.status === 'pending';
}
