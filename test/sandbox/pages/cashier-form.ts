/** The buttons of a cashier: one for each way in which a payment can end. */
import { html } from 'hono/html';
import type { Standing } from '../standing.ts';
import type { Looks, Markup } from './page.ts';

/** What the buttons send and say. */
export type CashierForm = {
  /** What the cashier was opened with, and the field in which it is sent. */
  field: readonly [name: string, value: string];
  standing: Standing;
  words: {
    pay: string;
    notifyTwice: string;
    openOnly: string;
    fail: readonly [name: string, meaning: string];
  };
};

/** The buttons. Those that would be refused as the order stands cannot be pressed. */
export function cashierForm({ path }: Looks, { field: [name, value], standing, words }: CashierForm): Markup {
  const unlessPayable = standing === 'payable' ? '' : 'disabled';
  const unlessExpired = standing === 'expired' ? '' : 'disabled';
  const unlessNotifiable = standing === 'payable' || standing === 'paid' ? '' : 'disabled';
  const [failure, meaning] = words.fail;
  return html`
    <form method="post">
      <input type="hidden" name="${name}" value="${value}" />
      <div class="action">
        <button class="primary" formaction="${path}/cashier/pay" data-payable ${unlessPayable}>${words.pay}</button>
      </div>
      <section class="card rows">
        <h2>换一种结局</h2>
        <button class="row" formaction="${path}/cashier/pay-late" data-expired ${unlessExpired}>
          过期后付款<small>截止时间过后才到的钱：商户应当退款</small>
        </button>
        <button class="row" formaction="${path}/cashier/notify-twice" data-payable ${unlessNotifiable}>
          重复通知<small>${words.notifyTwice}</small>
        </button>
        <button class="row" formaction="${path}/cashier/open-only" data-payable ${unlessPayable}>
          打开但不付款<small>${words.openOnly}</small>
        </button>
        <button class="row" formaction="${path}/cashier/fail" data-payable ${unlessPayable}>
          ${failure}<small>${meaning}</small>
        </button>
      </section>
    </form>
  `;
}
