/** Shows one refund, with the words of whoever asked for it. */

import type { Refund } from '../core/refund/refund.ts';
import { readableRefunds } from '../core/refund/readable-refunds.ts';
import type { Services } from '../core/services.ts';
import { renderRefund } from './render.ts';

/** The refund as operators read it. */
export async function showRefund(services: Services, refund: Refund) {
  const [readable = refund] = await readableRefunds(services, [refund]);
  return renderRefund(readable);
}
