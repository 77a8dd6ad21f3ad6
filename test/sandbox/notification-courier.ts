/** Carries notifications to the merchant in the running sandbox, again and again until they are accepted. */
import type { Ledger } from './ledger.ts';
import type { Notification, NotificationQueue, QueuedNotification } from './notification-queue.ts';
import type { SandboxStorage } from './storage.ts';

const PATIENCE_MS = 5000;
const LONGEST_ANSWER = 200;

/** One try: what the merchant answered, and whether that ends it. `status` is `null` when there was no answer. */
export type Delivery = {
  notificationId: string;
  atMs: number;
  status: number | null;
  answer: string;
  accepted: boolean;
};

/** What differs between providers, and what the courier works with. */
export type CourierParts = {
  queue: NotificationQueue;
  ledger: Ledger;
  storage: SandboxStorage;
  now: () => number;
  fetch: (request: Request) => Promise<Response>;
  /** Whether an answer is the acknowledgement that this provider wants. */
  isAcknowledgement: (status: number, body: string) => boolean;
  /** The pause after each try that was not accepted, ms; after the last one it is given up. */
  retryDelaysMs: readonly number[];
  /** For a provider whose signature carries the time: makes a message ready for one try. */
  signAgain?: (notification: Notification) => Notification;
};

/** The courier of one provider. */
export type NotificationCourier = {
  /** Tries what is due. Says when the next one is, UTC ms; `null` when nothing waits. */
  deliverDue(): Promise<number | null>;
  /** Tries a trade's newest notification so many times in a row, due or not, accepted before or not. */
  deliverNow(outTradeNo: string, times: number): Promise<Delivery[]>;
  /** Off: whatever is queued from now on is dropped, as if it had got lost on the way. */
  setDelivering(delivering: boolean): void;
  isDelivering(): boolean;
};

/** Creates the courier of one provider. Every try is written into the provider's books. */
export function createNotificationCourier(parts: CourierParts): NotificationCourier {
  const { queue, storage, now } = parts;
  const isDelivering = (): boolean => storage.get('settings', 'deliver-notifications') !== false;

  async function tryOnce(queued: QueuedNotification): Promise<Delivery> {
    const outcome = await post(queued, parts);
    const atMs = now();
    const delay = parts.retryDelaysMs[queued.tries];
    const ends = outcome.accepted || queued.nextTryAtMs === null || delay === undefined;
    queue.reschedule(queued, ends ? null : atMs + delay);
    const delivery = { notificationId: queued.notificationId, ...outcome };
    parts.ledger.append(queued.outTradeNo, { type: 'notified', ...delivery }, atMs);
    return { ...delivery, atMs };
  }

  async function deliverDue(): Promise<number | null> {
    for (const queued of queue.waiting()) {
      if (!isDelivering()) queue.reschedule(queued, null);
      else if (queued.nextTryAtMs !== null && queued.nextTryAtMs <= now()) await tryOnce(queued);
    }
    const dueTimes = queue.waiting().flatMap(({ nextTryAtMs }) => nextTryAtMs ?? []);
    return dueTimes.length === 0 ? null : Math.min(...dueTimes);
  }

  async function deliverNow(outTradeNo: string, times: number): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    for (let round = 0; round < times && isDelivering(); round += 1) {
      const newest = queue.of(outTradeNo).at(-1);
      if (newest !== undefined) deliveries.push(await tryOnce(newest));
    }
    return deliveries;
  }

  return {
    deliverDue,
    deliverNow,
    setDelivering: (delivering) => storage.put('settings', 'deliver-notifications', delivering),
    isDelivering,
  };
}

async function post(
  queued: QueuedNotification,
  { fetch, isAcknowledgement, signAgain }: CourierParts,
): Promise<Omit<Delivery, 'notificationId' | 'atMs'>> {
  const { url, headers, body } = signAgain?.(queued) ?? queued;
  try {
    const init = {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    } as const;
    const response = await fetch(new Request(url, init));
    const answer = await response.text();
    const accepted = isAcknowledgement(response.status, answer);
    return { status: response.status, answer: answer.slice(0, LONGEST_ANSWER), accepted };
  } catch (error) {
    return { status: null, answer: error instanceof Error ? error.message : 'no answer', accepted: false };
  }
}
