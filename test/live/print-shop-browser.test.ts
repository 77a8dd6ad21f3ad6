/** The print shop's cashier in a real browser: the form submits itself, and the code on the page can be scanned. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import jsQR from 'jsqr';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { Addresses } from '../local/addresses.ts';
import { loadDemoRows } from '../local/load-demo-rows.ts';
import { readVars } from '../local/read-vars.ts';
import { sendRequest } from '../local/send-request.ts';
import { signToken } from '../local/sign-token.ts';
import { type RunningWorker, startWorker } from '../local/start-worker.ts';
import { waitUntil } from '../local/wait-until.ts';
import { SANDBOX_VARS, writeDevVars } from '../local/write-dev-vars.ts';
import { findBrowser } from './find-browser.ts';
import { freeAddresses } from './free-addresses.ts';
import { freshFolder } from './fresh-folder.ts';
import { serveSandbox } from './serve-sandbox.ts';

const START_MS = 120_000;
vi.setConfig({ testTimeout: START_MS });

const ORDER = {
  pointID: '0026',
  money: 25,
  files: [
    {
      fileID: 'A52B4686E173B0612B71148F7F9E099A',
      fileName: '申报指南.docx',
      row: 1,
      col: 2,
      copies: 1,
      size: 'A4',
      caliper: '70g',
      color: 'mono',
      side: 1,
      startPage: 0,
      endPage: 0,
    },
  ],
};

const placed = z.object({ info: z.object({ orderID: z.string() }) });
const formed = z.object({ info: z.object({ payform: z.string() }) });
const coded = z.object({ info: z.object({ QRCode: z.url() }) });
const paid = z.object({ info: z.object({ state: z.literal('PAID') }) });

const executablePath = await findBrowser();

/** A page of another origin, with nothing on it. */
async function serveElsewhere(): Promise<{ url: string; close: () => Promise<void> }> {
  const { servicePort: port, serviceUrl: url } = await freeAddresses();
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end('<!doctype html><title>elsewhere</title>');
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    url,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Loads a picture into a page, and gives its dots, 1 for a light one; `null` where the browser takes it for none. */
const LOOK_AT = (address: string) => `new Promise((resolve) => {
  const image = new Image();
  image.onerror = () => resolve(null);
  image.onload = () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    const drawing = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
    // A dark page must not shine through.
    drawing.fillStyle = '#222';
    drawing.fillRect(0, 0, width, height);
    drawing.drawImage(image, 0, 0);
    const { data } = drawing.getImageData(0, 0, width, height);
    let dots = '';
    for (let at = 0; at < data.length; at += 4) dots += data[at] > 127 ? '1' : '0';
    resolve({ width, height, dots });
  };
  image.src = ${JSON.stringify(address)};
})`;
const looked = z.object({ width: z.int(), height: z.int(), dots: z.string() }).nullable();

/** The width of a picture that a page shows, whoever may look into it; 0 where there is none. */
const MEASURE = (address: string) => `new Promise((resolve) => {
  const image = new Image();
  image.onload = image.onerror = () => resolve(image.naturalWidth);
  image.src = ${JSON.stringify(address)};
})`;

describe.skipIf(executablePath === null)(
  'the cashier in a browser: the first Chromium on the PATH, or the one that CHROMIUM names',
  () => {
    let folder: Awaited<ReturnType<typeof freshFolder>>;
    let addresses: Addresses;
    let sandbox: Awaited<ReturnType<typeof serveSandbox>>;
    let worker: RunningWorker;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let token: string;
    let elsewhere: Awaited<ReturnType<typeof serveElsewhere>>;

    beforeAll(async () => {
      folder = await freshFolder();
      addresses = await freeAddresses();
      writeDevVars(folder.root, addresses);
      const { root } = folder;
      token = await signToken(readVars(`${root}/.dev.vars`)?.['JWT_SECRET'] ?? '', {
        userId: '1fba29cd8cc72f1ad',
        days: 1,
      });
      await loadDemoRows(root);
      sandbox = await serveSandbox(readVars(`${root}/${SANDBOX_VARS}`) ?? {}, addresses.sandboxPort);
      worker = startWorker(root, { config: 'wrangler.toml', port: addresses.servicePort, onLine: () => {} });
      elsewhere = await serveElsewhere();
      const isUp = async (): Promise<true | null> => ((await fetch(`${addresses.serviceUrl}/health`)).ok ? true : null);
      await waitUntil('the service answers', isUp, { withinMs: START_MS });
      // Whoever is root, as in a container, gets no sandbox of Chromium's.
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      browser = await chromium.launch({ executablePath: executablePath ?? '', args });
      context = await browser.newContext();
      page = await context.newPage();
    }, START_MS);

    afterAll(async () => {
      await browser.close();
      await elsewhere.close();
      await worker.stop();
      await sandbox.close();
      await folder.remove();
    }, START_MS);

    async function newOrder(): Promise<string> {
      const url = `${addresses.serviceUrl}/API/order/verify`;
      return placed.parse((await sendRequest(url, { token, json: ORDER })).json).info.orderID;
    }

    async function startPaying<T extends z.ZodType>(orderID: string, payway: string, schema: T): Promise<z.output<T>> {
      const url = `${addresses.serviceUrl}/API/pay/payment?orderID=${orderID}&payway=${payway}`;
      return schema.parse((await sendRequest(url, { token })).json);
    }

    /** Opens a page of the shop's that holds this. */
    async function openShopPage(content: string): Promise<void> {
      const url = `${addresses.serviceUrl}/shop.html`;
      await page.route(url, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: content }));
      await page.goto(url, { waitUntil: 'commit' });
    }

    async function untilPaid(orderID: string): Promise<void> {
      const url = `${addresses.serviceUrl}/API/pay/trade?orderID=${orderID}`;
      const isPaid = async () => (paid.safeParse((await sendRequest(url, { token })).json).success ? true : null);
      await waitUntil('the order is paid', isPaid, { withinMs: 15_000 });
    }

    const dotsOf = async (address: string) => looked.parse(await page.evaluate(LOOK_AT(address)));

    test('the form takes the payer to Alipay without a click, and there the order is paid', async () => {
      const orderID = await newOrder();
      const { payform } = (await startPaying(orderID, 'ALIPAY', formed)).info;
      await openShopPage(`<!doctype html><title>shop</title><form id="search"></form>${payform}`);
      await page.waitForURL((url) => url.origin === addresses.sandboxUrl && url.pathname.endsWith('/gateway.do'));
      expect(await page.title()).toContain('《申报指南.docx》等共1个文件');
      expect(await page.locator('.amount').textContent()).toContain('0.25');
      await page.getByRole('button', { name: '立即付款' }).click();
      await page.waitForURL(/\/alipay\/cashier\/pay$/);
      await untilPaid(orderID);
    });

    test.each([64, 256, 1024])('the code of %i pixels is scanned off the page, and the order is paid', async (size) => {
      const orderID = await newOrder();
      const { QRCode } = (await startPaying(orderID, 'WXPAY', coded)).info;
      await openShopPage('<!doctype html><body style="background:#222"></body>');
      const dots = await dotsOf(QRCode.replace('size=256', `size=${size}`));
      expect([dots?.width, dots?.height]).toEqual([size, size]);
      const bytes = Array.from(dots?.dots ?? '', (dot) => (dot === '1' ? [255, 255, 255, 255] : [0, 0, 0, 255]));
      const code = jsQR(Uint8ClampedArray.from(bytes.flat()), size, size)?.data;
      expect(code).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
      const form = { ticket: code ?? '' };
      expect((await sendRequest(`${addresses.sandboxUrl}/wechat-pay/cashier/pay`, { form })).ok).toBe(true);
      await untilPaid(orderID);
    });

    test('a page of another origin can show the code, and nobody can show one of their own', async () => {
      const { QRCode } = (await startPaying(await newOrder(), 'WXPAY', coded)).info;
      await page.goto(elsewhere.url);
      expect(await page.evaluate(MEASURE(QRCode))).toBe(256);
      await openShopPage('<!doctype html><body></body>');
      expect(await dotsOf(`${addresses.serviceUrl}/API/pay/QRCode?uri=weixin://wxpay/bizpayurl?pr=x`)).toBeNull();
    });

    test('a cookie pays for the shop’s own page, and not for a page of another origin', async () => {
      const orderID = await newOrder();
      await context.addCookies([{ name: 'token', value: token, url: addresses.serviceUrl, sameSite: 'Lax' }]);
      const url = `${addresses.serviceUrl}/API/pay/payment?orderID=${orderID}&payway=WXPAY`;
      await openShopPage('<!doctype html><body></body>');
      expect(await page.evaluate(`fetch(${JSON.stringify(url)}).then((answer) => answer.text())`)).toContain('"OK"');
      await page.goto(elsewhere.url);
      // Lax cookies come along where a link leads here.
      const [answer] = await Promise.all([
        page.waitForResponse(url),
        page.evaluate(`location.href = ${JSON.stringify(url)}`),
      ]);
      expect([answer.status(), await answer.json()]).toEqual([403, { result: 'ERROR', message: '没有权限' }]);
    });
  },
);
