/** People and products whom nobody else in a test file knows: customers of recharge, and what they buy. */
import { type RechargeCaller, rechargeCaller } from '../harness/recharge.ts';
import type { Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';

let customers = 0;

/** Writes the row of a new customer, as an operator would, and signs in as them. */
export async function newCustomer(shop: Shop): Promise<RechargeCaller> {
  customers++;
  const userId = 40_000 + customers;
  await put(shop, `users/${userId}`, { name: '王小明' });
  return rechargeCaller(shop, userId);
}

let products = 0;

/** Writes the row of a new product at a price in fen, and gives what an order of one of it says. */
export async function newProduct(shop: Shop, priceFen: number): Promise<{ product_id: number; total_amount: number }> {
  products++;
  const product_id = 6000 + products;
  await put(shop, `products/${product_id}`, { name: `话费充值 ${product_id}`, priceFen });
  return { product_id, total_amount: priceFen / 100 };
}

async function put(shop: Shop, path: string, body: object): Promise<void> {
  const { status, text } = await operatorOf(shop).put(`/catalog/${path}`, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
}
