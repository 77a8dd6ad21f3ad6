/** The one pretend payer of the sandbox, as Alipay shows it to merchants. */

/** Numbers of Alipay's form that belong to nobody. */
export const PAYER = { userId: '2088000000000001', logonId: 'pay***@example.com' } as const;
