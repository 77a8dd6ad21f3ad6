/** How Alipay's pages look, and where they are. */
import type { Looks } from '../pages/page.ts';

export const LOOKS: Looks = { bar: '支付宝收银台', colour: 'blue', path: '/alipay' };
