/** People whom nobody else in a test file knows: users of the medical companion, with a patient and an address each. */
import { type CompanionCustomer, companionCustomer, type Person } from '../harness/companion.ts';
import type { Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';

let people = 0;

/** Writes the rows of a new user, as an operator would, and signs in as them. */
export async function newCustomer(shop: Shop, more: { referrerId?: string } = {}): Promise<CompanionCustomer> {
  people++;
  const person = { userId: 70_000 + people, patientId: 80_000 + people, addressId: 90_000 + people };
  await register(shop, person, more);
  return companionCustomer(shop, person);
}

async function register(shop: Shop, { userId, patientId, addressId }: Person, more: object): Promise<void> {
  const operator = operatorOf(shop);
  const rows = {
    [`users/${userId}`]: { name: '王五', ...more },
    [`patients/${patientId}`]: { userId: String(userId), name: '王五', phone: '13700137000' },
    [`addresses/${addressId}`]: { userId: String(userId), address: '杭州市西湖区文三路3号' },
  };
  for (const [path, body] of Object.entries(rows)) {
    const { status, text } = await operator.put(`/catalog/${path}`, body);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  }
}

let services = 0;

/** Writes the row of a new service at a price in fen, and gives its number. */
export async function newService(shop: Shop, priceFen: number): Promise<number> {
  services++;
  const id = 5000 + services;
  const body = { title: `陪诊服务 ${id}`, description: '半天', priceFen };
  const { status, text } = await operatorOf(shop).put(`/catalog/medical-services/${id}`, body);
  if (status !== 200) throw new Error(`${id}: ${status} ${text}`);
  return id;
}
