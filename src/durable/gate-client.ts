/** The gate as the core sees it. */

import { refuse } from '../core/errors.ts';
import type { OrderGate as OrderGatePort, Submitted } from '../core/order/order-gate.ts';
import type { OrderGate } from './order-gate.ts';

/** What the stub of an order's object can be asked: the platform's own type for it never ends on JSON in JSON. */
type OrderGateStub = Pick<OrderGate, 'submit'>;

/** Reaches the order's object by the order's number; `sawBookmark` hears how far its writes have gone. */
export function createGateClient(
  namespace: DurableObjectNamespace,
  sawBookmark: (bookmark: string | null) => void,
): OrderGatePort {
  return {
    submit: async (submission): Promise<Submitted> => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the binding names the class OrderGate
      const stub = namespace.getByName(submission.orderNo) as unknown as OrderGateStub;
      try {
        const { submitted, bookmark } = await stub.submit(submission);
        sawBookmark(bookmark);
        return submitted;
      } catch (error) {
        // Overloaded, restarted, or its database silent. The caller may come back: a write that did happen is found.
        if (isPassing(error)) return { ...refuse('busy', { retryAfterSeconds: 1 }), state: null };
        throw error;
      }
    },
  };
}

/** Whether the platform failed on the way; what our own code threw over there is marked `remote`. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && !('remote' in error && error.remote === true);
}
