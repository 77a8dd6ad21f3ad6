/** The ports: everything that the core needs and does not do itself. `compose.ts` fills them. */

import type { AccountStore } from './balance/account-store.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { OrderGate } from './order/order-gate.ts';
import type { OrderStore } from './order/order-store.ts';
import type { NotificationSender, OutboxStore } from './outbox/outbox.ts';
import type { PersonalStore } from './personal/personal-store.ts';
import type { PaymentStore } from './payment/payment-store.ts';
import type { PaymentProvider } from './payment/provider.ts';
import type { RefundStore } from './refund/refund-store.ts';
import type { Vault } from './vault.ts';

/** What an operator of the service has set. */
export type Settings = {
  /** Where clients and providers reach this service, without a slash at the end. */
  publicUrl: string;
  /** Origins of pages, beside our own, whose requests are trusted. */
  corsOrigins: readonly string[];
  orderTtlMs: number;
  paymentTtlMs: number;
  refundApproval: 'manual' | 'auto';
  /** The share of an order's amount for whoever brought its customer, by dialect, in basis points. */
  commissionBps: Readonly<Record<string, number>>;
};

/** Names that nobody can guess. */
export type Ids = {
  /** A new order number: the day in Shanghai and 14 random digits. */
  orderNo(nowMs: number): string;
  commitId(): string;
};

/** The fields of one log line. Never a secret, a token, a name, a phone, an address or free text. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** One JSON object a line. An alert wants a person; the rest is for looking things up. */
export type Log = {
  info(event: string, fields: LogFields): void;
  alert(event: string, fields: LogFields): void;
};

/** Everything a verb can use, for one request or one run of a job. */
export type Services = {
  /** UTC milliseconds. */
  now(): number;
  ids: Ids;
  settings: Settings;
  orders: OrderStore;
  payments: PaymentStore;
  refunds: RefundStore;
  personal: PersonalStore;
  accounts: AccountStore;
  catalog: Catalog;
  outbox: OutboxStore;
  gate: OrderGate;
  vault: Vault;
  /** The providers that are configured, by name. */
  providers: ReadonlyMap<string, PaymentProvider>;
  /** Sends notifications to the shop; `null` when no address is set. */
  sender: NotificationSender | null;
  /** Lets work go on after the answer. Nothing may depend on it: the cron does what it leaves undone. */
  background(work: Promise<unknown>): void;
  log: Log;
};
