/** Notifications on their way to the merchant. */
import * as z from 'zod';
import { nextNumber, sortableKey, type SandboxStorage } from './storage.ts';

const NOTIFICATION = z.object({
  /** Names the event, the same over all repeats. */
  notificationId: z.string(),
  outTradeNo: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

const QUEUED_NOTIFICATION = NOTIFICATION.extend({
  position: z.int(),
  tries: z.int(),
  /** UTC ms; `null` once it was accepted, dropped or given up. */
  nextTryAtMs: z.int().nullable(),
});

/** One message to the merchant: post `body` with `headers` to `url`. */
export type Notification = z.infer<typeof NOTIFICATION>;

/** A message with its place in the queue. */
export type QueuedNotification = z.infer<typeof QUEUED_NOTIFICATION>;

/** One provider's queue. */
export type NotificationQueue = {
  add(notification: Notification, dueAtMs: number): void;
  /** Hands over everything that still waits, oldest first, and forgets it: from here on the taker delivers. */
  take(): Notification[];
  /** What still waits, oldest first. */
  waiting(): QueuedNotification[];
  /** What was ever queued for a trade and not taken, also what was accepted long ago. */
  of(outTradeNo: string): QueuedNotification[];
  /** Records a try and when the next one is due; `null` ends it. */
  reschedule(notification: QueuedNotification, nextTryAtMs: number | null): void;
};

/** Opens one provider's queue in a storage that it may share with others. */
export function createNotificationQueue(storage: SandboxStorage, provider: string): NotificationQueue {
  const table = `notifications-${provider}`;
  const all = (): QueuedNotification[] => storage.list(table).map((stored) => QUEUED_NOTIFICATION.parse(stored));
  const waiting = (): QueuedNotification[] => all().filter(({ nextTryAtMs }) => nextTryAtMs !== null);
  const save = (queued: QueuedNotification): void => storage.put(table, sortableKey(queued.position), queued);

  return {
    add: (notification, dueAtMs) =>
      save({ ...notification, position: nextNumber(storage, table), tries: 0, nextTryAtMs: dueAtMs }),
    take() {
      const taken = waiting();
      for (const { position } of taken) storage.delete(table, sortableKey(position));
      return taken.map(({ position: _position, tries: _tries, nextTryAtMs: _at, ...notification }) => notification);
    },
    waiting,
    of: (outTradeNo) => all().filter((queued) => queued.outTradeNo === outTradeNo),
    reschedule: (queued, nextTryAtMs) => save({ ...queued, tries: queued.tries + 1, nextTryAtMs }),
  };
}
