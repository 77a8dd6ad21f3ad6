/** An operator at their desk: the calls of the operator API under a token of the role `operator`. */
import type { Received, Sent, Shop } from '../harness/shop.ts';

/** Whoever holds an operator's token. */
export type Operator = {
  /** Their name in logs. */
  actor: string;
  send(path: string, sent?: Sent): Promise<Received>;
  get(path: string): Promise<Received>;
  /** Without a body when it is left out. */
  post(path: string, body?: unknown): Promise<Received>;
  put(path: string, body: unknown): Promise<Received>;
  remove(path: string): Promise<Received>;
};

/** Sends calls as one operator; paths begin below `/admin`. The token is signed anew for each. */
export function operatorOf(shop: Shop, userId = '9001'): Operator {
  const send: Operator['send'] = async (path, sent = {}) =>
    shop.send(`/admin${path}`, { token: await shop.token(userId, { role: 'operator' }), ...sent });
  return {
    actor: `operator:${userId}`,
    send,
    get: (path) => send(path),
    post: (path, body) => send(path, { method: 'POST', body }),
    put: (path, body) => send(path, { method: 'PUT', body }),
    remove: (path) => send(path, { method: 'DELETE' }),
  };
}
