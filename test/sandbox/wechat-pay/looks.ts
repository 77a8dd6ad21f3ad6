/** How WeChat Pay's pages look, and where they are. */
import type { Looks } from '../pages/page.ts';

export const LOOKS: Looks = { bar: '微信支付', colour: 'green', path: '/wechat-pay' };
