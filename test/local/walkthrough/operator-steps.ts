/** What an operator does with the order in `$ORDER`, whichever dialect it is of. */
import { ask, keeping, OPERATOR, post, type Step } from './shell-commands.ts';

/** Ends the work. */
export function completeOrder(serviceUrl: string): Step {
  return {
    title: 'The operator completes the order',
    lines: [post(OPERATOR, `${serviceUrl}/admin/orders/$ORDER/fulfilment`, '{"to":"completed"}')],
  };
}

/** Looks, and keeps in `$REFUND` which refund waits. */
export function findRefund(serviceUrl: string, title: string): Step {
  return { title, lines: keeping(lookAtOrder(serviceUrl), { REFUND: 'refundNo' }) };
}

/** The command that shows all of the order. */
export function lookAtOrder(serviceUrl: string): string {
  return `${ask(OPERATOR)} ${serviceUrl}/admin/orders/$ORDER`;
}

/** Says yes to the refund in `$REFUND`. */
export function approveRefund(serviceUrl: string): Step {
  return {
    title: 'The operator approves the refund',
    lines: [`${ask(OPERATOR)} -X POST ${serviceUrl}/admin/refunds/$REFUND/approve`],
  };
}
