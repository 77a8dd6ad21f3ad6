/** An order as WeChat Pay tells it, in answers and notifications alike. */
import type { Trade } from '../trade.ts';
import { formatBeijingTime } from './beijing-time.ts';
import type { Books } from './books.ts';
import { PAYER } from './payer.ts';
import { tradeState, type TradeState } from './trade-state.ts';

const WORDS: Record<TradeState, string> = {
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
  NOTPAY: '订单未支付',
  CLOSED: '订单已关闭',
};

/** WeChat Pay's own number is told once the order is paid. `payer_total` is less than `total` with a coupon. */
export function transactionOf(books: Books, trade: Trade, state = tradeState(books, trade)): object {
  const { appId, mchId } = books.merchant;
  const { outTradeNo, amountFen } = trade;
  const common = {
    appid: appId,
    mchid: mchId,
    out_trade_no: outTradeNo,
    trade_state: state,
    trade_state_desc: WORDS[state],
    promotion_detail: [],
  };
  if (trade.capturedAtMs === null) return { ...common, amount: { total: amountFen, payer_currency: 'CNY' } };
  const order = books.orders.find(outTradeNo);
  return {
    ...common,
    transaction_id: trade.transactionId,
    trade_type: order?.tradeType,
    bank_type: 'OTHERS',
    attach: '',
    success_time: formatBeijingTime(trade.capturedAtMs),
    payer: { openid: order?.openid ?? PAYER.openid },
    amount: {
      total: amountFen,
      payer_total: amountFen - (order?.couponFen ?? 0),
      currency: 'CNY',
      payer_currency: 'CNY',
    },
  };
}
