/** The script of a cashier that can be paid at: how long it still can. */
import { html, raw } from 'hono/html';
import type { Markup } from './page.ts';

/**
 * Runs on `#clock` with its `data-left-ms`. At zero `#standing` says so, and the buttons marked `data-payable` and
 * `data-expired` change places.
 */
export function countdown(): Markup {
  return html`<script>
    ${raw(COUNTDOWN)};
  </script>`;
}

/** Counts down by the time that is left, not by the clock of whoever looks. At zero the buttons change places. */
const COUNTDOWN = `
const clock = document.getElementById('clock');
const endsAt = performance.now() + Number(clock.dataset.leftMs);
function tick() {
  const left = Math.ceil((endsAt - performance.now()) / 1000);
  if (left > 0) {
    const pad = (number) => String(number).padStart(2, '0');
    const hours = Math.floor(left / 3600);
    clock.textContent = '剩余 ' + (hours > 0 ? hours + ':' : '') + pad(Math.floor(left / 60) % 60) + ':' + pad(left % 60);
    clock.classList.toggle('warn', left <= 30);
    return;
  }
  clearInterval(timer);
  clock.textContent = document.getElementById('standing').textContent = '已过支付截止时间';
  clock.classList.add('warn');
  for (const button of document.querySelectorAll('[data-payable]')) button.disabled = true;
  for (const button of document.querySelectorAll('[data-expired]')) button.disabled = false;
}
const timer = setInterval(tick, 250);
tick();
`;
