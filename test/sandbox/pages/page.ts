/** The frame of every page: one column as wide as a phone, no file from anywhere else. */
import { html, raw } from 'hono/html';

/** Text that is already safe HTML. */
export type Markup = ReturnType<typeof html>;

/** How a provider's pages look, and the path that all of them begin with. `bar` is the text of the bar at the top. */
export type Looks = { bar: string; colour: 'blue' | 'green'; path: string };

/** What a page is made of. */
export type PageParts = { title: string; bar: string; content: Markup; colour?: Looks['colour'] };

/** A whole page. */
export function page({ title, bar, content, colour = 'blue' }: PageParts): Markup {
  return html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body class="${colour}">
        <main>
          <header><span class="mark">¥</span><b>${bar}</b><span class="badge">沙箱 · 不会真的扣款</span></header>
          ${content}
        </main>
      </body>
    </html>`;
}

const STYLE = `
:root { --ink: #1f2329; --soft: #8a919f; --line: #eef0f4; --green: #00a870; --amber: #e37318; --red: #e34d59; }
.blue { --brand: #1677ff; --light: #3c8cff; --deep: #0958d9; --tint: #e8f3ff; --pale: #c3d9fb; --haze: #f7faff; --ring: #bedaff; --ground: #eef2f8; --glow: 22 119 255; }
.green { --brand: #07c160; --light: #2bd57b; --deep: #06a352; --tint: #e3f9ed; --pale: #b5e8cd; --haze: #f6fcf8; --ring: #a8e6c4; --ground: #ebf3ee; --glow: 7 193 96; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink);
  font: 15px/1.6 -apple-system, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 430px; min-height: 100vh; margin: 0 auto; padding-bottom: 28px; background: #f5f7fa;
  box-shadow: 0 0 40px rgb(var(--glow) / 8%); }
header { display: flex; align-items: center; gap: 10px; padding: 18px 20px 74px; color: #fff;
  background: linear-gradient(160deg, var(--light), var(--brand) 55%, var(--deep)); }
header b { flex: 1; font-size: 17px; font-weight: 600; letter-spacing: .5px; }
.mark { display: grid; place-items: center; width: 28px; height: 28px; border-radius: 8px; background: #fff; color: var(--brand); font-weight: 700; }
.badge { padding: 2px 10px; border-radius: 99px; background: rgb(255 255 255 / 18%); font-size: 12px; }
.card { margin: 12px 16px 0; padding: 18px 20px; border-radius: 16px; background: #fff; box-shadow: 0 2px 12px rgb(31 35 41 / 4%); }
header + .card { margin-top: -54px; }
.hero { padding: 26px 20px 22px; text-align: center; }
.subject { margin: 0; color: #4e5969; overflow-wrap: anywhere; text-wrap: balance; }
.amount { margin: 4px 0 10px; font-size: 46px; font-weight: 600; line-height: 1.15; font-variant-numeric: tabular-nums; letter-spacing: -.5px; }
.amount small { margin-right: 3px; font-size: 26px; font-weight: 500; }
.chip { display: inline-block; padding: 3px 14px; border-radius: 99px; background: var(--tint); color: var(--brand); font-size: 13px; font-variant-numeric: tabular-nums; }
.chip.warn { background: #fff3e8; color: var(--amber); }
.chip.bad { background: #ffeff0; color: var(--red); }
.chip.good { background: #e6f8f1; color: var(--green); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 9px 20px; margin: 0; font-size: 14px; }
dt { color: var(--soft); white-space: nowrap; }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
h1 { margin: 12px 0 4px; font-size: 21px; font-weight: 600; }
h2 { margin: 0 0 8px; font-size: 13px; font-weight: 500; color: var(--soft); }
p { margin: 6px 0; }
form { margin: 0; }
button, .button { display: block; width: 100%; border: 0; font: inherit; text-align: center; text-decoration: none; cursor: pointer; }
.primary { padding: 13px; border-radius: 99px; background: var(--brand); color: #fff; font-size: 17px; font-weight: 600;
  box-shadow: 0 6px 16px rgb(var(--glow) / 26%); transition: background .15s; }
.primary:hover { background: var(--deep); }
.action { margin: 16px 16px 0; }
.rows { padding: 16px 0 4px; overflow: hidden; }
.rows h2 { padding: 0 20px; }
.row { padding: 11px 20px; border-top: 1px solid var(--line); background: none; color: var(--ink); text-align: left; }
.row:hover { background: var(--haze); }
.row small { display: block; color: var(--soft); font-size: 12px; line-height: 1.5; }
button:disabled { cursor: not-allowed; box-shadow: none; }
.primary:disabled { background: var(--pale); }
.row:disabled { color: #b6bcc6; background: none; }
.row:disabled small { color: #c8cdd5; }
.sign { display: grid; place-items: center; width: 60px; height: 60px; margin: 0 auto; border-radius: 50%; color: #fff; font-size: 30px; font-weight: 600; background: var(--amber); }
.sign.good { background: var(--green); }
.sign.bad { background: var(--red); }
.delivery { padding: 10px 0; border-top: 1px solid var(--line); font-size: 13px; }
.delivery:first-of-type { border-top: 0; }
.delivery div { display: flex; align-items: center; justify-content: space-between; }
code { display: block; margin-top: 4px; padding: 7px 10px; border-radius: 8px; background: #f5f7fa; font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
textarea { width: 100%; min-height: 92px; margin-bottom: 12px; padding: 10px 12px; border: 1px solid #dde2ea; border-radius: 10px; background: #fafbfc; font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; resize: vertical; }
textarea:focus { outline: 2px solid var(--ring); border-color: var(--brand); }
a { color: var(--brand); text-decoration: none; }
.sheet { padding-top: 14px; }
.sheet .top { display: flex; align-items: center; justify-content: center; position: relative; padding-bottom: 12px; border-bottom: 1px solid var(--line); font-size: 15px; font-weight: 600; }
.sheet .top i { position: absolute; left: 0; color: var(--soft); font-size: 20px; font-style: normal; font-weight: 300; }
.sheet .hero { padding: 22px 0 14px; }
.method { display: flex; justify-content: space-between; padding: 12px 0; border-top: 1px solid var(--line); font-size: 14px; }
.method span:first-child { color: var(--soft); }
.dots { display: grid; grid-template-columns: repeat(6, 1fr); margin: 6px 0 4px; border: 1px solid #dde2ea; border-radius: 10px; overflow: hidden; }
.dots span { display: grid; place-items: center; height: 42px; border-left: 1px solid #dde2ea; }
.dots span:first-child { border-left: 0; }
.dots span::after { content: ""; width: 9px; height: 9px; border-radius: 50%; background: var(--ink); }
.payee { margin: 0 0 4px; color: var(--soft); font-size: 13px; text-wrap: balance; }
.code { margin: 16px 0 10px; }
.code figcaption { margin-bottom: 8px; font-weight: 600; }
.code code { text-align: center; }
.qr { width: 234px; margin: 0 auto 12px; padding: 6px;
  background: linear-gradient(var(--brand), var(--brand)) 0 0 / 30px 4px, linear-gradient(var(--brand), var(--brand)) 0 0 / 4px 30px, linear-gradient(var(--brand), var(--brand)) 100% 0 / 30px 4px, linear-gradient(var(--brand), var(--brand)) 100% 0 / 4px 30px, linear-gradient(var(--brand), var(--brand)) 0 100% / 30px 4px, linear-gradient(var(--brand), var(--brand)) 0 100% / 4px 30px, linear-gradient(var(--brand), var(--brand)) 100% 100% / 30px 4px, linear-gradient(var(--brand), var(--brand)) 100% 100% / 4px 30px, #fff;
  background-repeat: no-repeat; }
.qr svg { display: block; shape-rendering: crispEdges; }
.links { display: flex; justify-content: center; gap: 26px; margin: 20px 16px 0; font-size: 14px; }
.note { margin: 18px 28px 0; color: var(--soft); font-size: 12px; text-align: center; text-wrap: balance; }
`;
