import { fromBase64url } from '#sync/core/bytes.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { relayName } from '#sync/seal/fields.ts';
import type { KeyList } from '#sync/seal/key-list.ts';
import { isSoundPublicKey } from '#sync/seal/signature.ts';

/** The relays of a key list, from lines as `outpost keys init relay` prints them: ID,URL,SPKI,RECEIPT. */
export function parseRelays(lines: readonly string[]): Result<KeyList['relays'], Fault> {
  const relays: KeyList['relays'][number][] = [];
  for (const line of lines) {
    const relay = parseRelay(line);
    if (!relay.ok) return relay;
    relays.push(relay.value);
  }
  return ok(relays);
}

function parseRelay(line: string): Result<KeyList['relays'][number], Fault> {
  const [id, url, spkiText, receiptText, ...rest] = line.split(',');
  const spki = fromBase64url(spkiText ?? '');
  const receipt = fromBase64url(receiptText ?? '');
  if (!relayName.safeParse(id).success || rest.length > 0) return fail(relayFault(line));
  if (!id || !url?.startsWith('https://') || !URL.canParse(url)) return fail(relayFault(line));
  if (spki?.length !== 32 || receipt?.length !== 32) return fail(relayFault(line));
  if (!isSoundPublicKey(receipt)) return fail(relayFault(line));
  return ok({ id, urls: [url], spki, receipt });
}

function relayFault(line: string): Fault {
  return fault(
    'keys/relay-line',
    `Cannot use the relay "${line}": it must be ID,https://...,SPKI,RECEIPT`,
    'Copy the line that "outpost keys init relay" printed',
  );
}
