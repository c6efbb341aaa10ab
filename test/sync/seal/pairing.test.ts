import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { type BoxEvent, cardOfPeer, maySendPatients, stepBox } from '#sync/seal/box-ceremony.ts';
import { cardText, parseCard } from '#sync/seal/card.ts';
import {
  type CenterEvent,
  grantOfTicket,
  newTicket,
  stepCenter,
} from '#sync/seal/center-ceremony.ts';
import { centerIdentities, openKeyList } from '#sync/seal/key-list.ts';
import { buildGrant, openGrant } from '#sync/seal/pairing.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import type { BoxPeer, CenterTicket } from '#sync/seal/peers.ts';
import { boxOf, cardOf, centerOf, openedRequest, requestOf, site } from './parties.ts';
import { seeded, shake } from './shake-random.ts';

test('a card and two messages link a box and a center, whichever end confirms first', () => {
  const center = centerOf('pairing center');
  const box = boxOf('pairing box');
  const printed = cardOf(center);
  let ticket = newTicket(printed, site);
  let peer: BoxPeer | undefined;
  const atBox = (event: BoxEvent): BoxPeer => {
    peer = expectOk(stepBox(peer, event)).next;
    return peer;
  };
  const atCenter = (event: CenterEvent): CenterTicket => {
    ticket = expectOk(stepCenter(ticket, event)).next;
    return ticket;
  };
  const carry = (): BoxPeer => {
    const about = { centerMailbox: hex(center.keyList.mailbox), list: center.keyList.list };
    const grant = grantOfTicket(ticket, about);
    assert.ok(grant && peer?.request);
    const { bytes } = buildGrant(
      {
        grant,
        identity: center.identity,
        boxIdentity: box.identity.publicKey,
        boxReceive: box.receive,
        nowMs: 0,
        stream: shake('stream', 16),
        sequence: BigInt(grant.version),
      },
      seeded(`grant ${grant.version}`),
    );
    const opened = openGrant(bytes, {
      secrets: [box.receive],
      partyId: partyIdOfBox(box.identity.publicKey),
      identities: centerIdentities(expectOk(openKeyList(peer.keyList ?? '', {}))),
      requestPackId: peer.request,
    });
    return atBox({ type: 'grant', grant: expectOk(opened) });
  };

  atBox({ type: 'card', card: expectOk(parseCard(cardText(printed.bytes))), site });
  const listed = atBox({ type: 'key-list', text: center.text });
  const card = cardOfPeer(listed);
  assert.ok(card);
  const m1 = requestOf(box, center, { card: { ...card, bytes: printed.bytes } });
  atBox({ type: 'request', packId: m1.packId, words: m1.words });

  const enrolKey = fromHex(ticket.enrolKey ?? '') ?? new Uint8Array();
  const asked = expectOk(openedRequest(m1.bytes, center, { ticket: ticket.ticket, enrolKey }));
  const names = { handle: '11'.repeat(16), boxMailbox: '22'.repeat(16) };
  atCenter({ type: 'requests', requests: [{ ...asked, ...names }], today: '2027-01-01' });

  assert.equal(carry().state, 'granted');
  const linked = atBox({ type: 'words', typed: asked.words.slice(0, 4).join(' ') });
  assert.equal(linked.state, 'linked');
  assert.ok(maySendPatients(linked));
  assert.equal(atCenter({ type: 'words', typed: m1.words.slice(4).join(' ') }).state, 'active');
  assert.equal(carry().state, 'active');
  assert.equal(atCenter({ type: 'revoke' }).state, 'revoked');
  assert.equal(carry().state, 'revoked');
});
