/** The one pretend payer of the sandbox, as WeChat Pay shows it to merchants. */

/** Words of WeChat's form that belong to nobody. An order that names an openid is paid by that one. */
export const PAYER = { openid: 'o0000000000000000000000000_0', account: '支付用户零钱' } as const;
