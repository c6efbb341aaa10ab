import type { Events, Status } from '#sync/wire/routes.ts';
import { idOf } from './pack-bytes.ts';
import type { RelayWorld } from './relay-world.ts';

/** Brings a whole pack in one PUT. */
export function put(
  world: RelayWorld,
  token: string,
  pack: Uint8Array,
  packId: string = idOf(pack),
): Promise<Response> {
  return world.as(token, `packs/${packId}`, {
    method: 'PUT',
    headers: { 'upload-length': String(pack.length) },
    body: Uint8Array.from(pack),
  });
}

/** Brings the bytes `[from, to)` of a pack in one PATCH. */
export function piece(
  world: RelayWorld,
  token: string,
  pack: Uint8Array,
  from: number,
  to: number,
): Promise<Response> {
  return world.as(token, `packs/${idOf(pack)}`, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/partial-upload',
      'upload-length': String(pack.length),
      'upload-offset': String(from),
    },
    body: Uint8Array.from(pack.subarray(from, to)),
  });
}

export async function statusOf(
  world: RelayWorld,
  token: string,
  packs: readonly Uint8Array[],
): Promise<Status> {
  const body = JSON.stringify({ packIds: packs.map(idOf) });
  const answer = await world.as(token, 'packs/status', { method: 'POST', body });
  return (await answer.json()) as Status;
}

export async function eventsOf(
  world: RelayWorld,
  token: string,
  mailbox: string,
  after: string,
  waitS = 0,
): Promise<Events> {
  const answer = await world.as(token, `mailboxes/${mailbox}/events?after=${after}&wait=${waitS}`);
  return (await answer.json()) as Events;
}
