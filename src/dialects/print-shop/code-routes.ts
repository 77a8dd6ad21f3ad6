/** The picture of a code to pay by: a page shows it in an `<img>`, which sends no token. */

import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { valueOrThrow } from '../../core/errors.ts';
import type { AppEnv } from '../../http/app-env.ts';
import { limitAddress } from '../../http/authenticate.ts';
import { refuseInvalid } from '../../http/invalid-input.ts';
import { readCode } from './code-address.ts';
import { drawCode } from './draw-code.ts';
import { codeSchema } from './schema.ts';

/** A picture and nothing else: opened by itself it runs nothing. Pages of other origins may show it. */
const HEADERS = {
  'content-type': 'image/svg+xml',
  // The code of an address never changes, and nobody can pay by it any longer than this.
  'cache-control': 'private, max-age=7200',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
};

export const codeRoutes = new Hono<AppEnv>({ strict: false }).get(
  '/QRCode',
  limitAddress,
  zValidator('query', codeSchema, refuseInvalid),
  async function picture(c) {
    const { size, uri } = c.req.valid('query');
    return c.body(drawCode(valueOrThrow(await readCode(c.var.services, uri)), size), 200, HEADERS);
  },
);
