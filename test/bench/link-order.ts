import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Order, orderSchema } from '#sync/wire/order.ts';

/** Stands in for the appliance, which must not run meanwhile. */
export async function readOrder(spool: string): Promise<Order> {
  return orderSchema.parse(JSON.parse(await readFile(orderPath(spool), 'utf8')));
}

export async function writeOrder(spool: string, order: Order): Promise<void> {
  const path = orderPath(spool);
  await writeFile(`${path}.part`, JSON.stringify(order), { mode: 0o640 });
  await rename(`${path}.part`, path);
}

/** Takes every pack out of the sending order; `release` puts them back. */
export async function holdOrder(spool: string): Promise<{ release(): Promise<void> }> {
  const order = await readOrder(spool);
  await writeOrder(spool, { ...order, packs: [] });
  return { release: () => writeOrder(spool, { ...order, wake: order.wake + 1 }) };
}

const orderPath = (spool: string): string => join(spool, 'out', 'order.json');
