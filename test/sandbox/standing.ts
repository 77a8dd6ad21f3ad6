/** How an order stands towards whoever would pay it. */

/** `expired`: nobody has paid, and the time to do so is over. */
export type Standing = 'payable' | 'expired' | 'paid' | 'closed';
