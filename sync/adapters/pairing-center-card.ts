import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { buildCard, cardQrText, cardText, parseCardBytes } from '../seal/card.ts';
import { cardQrForTerminal, cardQrSvg } from '../seal/card-qr.ts';
import { newTicket } from '../seal/center-ceremony.ts';
import type { CenterTicket } from '../seal/peers.ts';
import { readCenterKeys, writePeerRecord } from './keys-file.ts';
import { dayMs, dayOf, type PairingPorts } from './pairing-center-ticket.ts';

/** The forms of a new card: to type, to scan, to look at, to print. All of them are the secret. */
export interface PrintedCard {
  readonly ticket: CenterTicket;
  readonly text: string;
  readonly qrText: string;
  readonly qrForTerminal: string;
  readonly qrSvg: string;
}

/** Makes a card for `site`, good for `days`; the ticket is durable before the card's text is given out. */
export async function makeCard(
  dataDir: string,
  input: { readonly site: string; readonly kind: 'enrol' | 'replace'; readonly days: number },
  { clock, random }: PairingPorts,
): Promise<Result<PrintedCard, Fault>> {
  const keys = await readCenterKeys(dataDir);
  if (!keys.ok) return keys;
  const lastDay = dayOf(clock.nowMs() + input.days * dayMs);
  if (!/^(202[6-9]|20[3-9]\d|21\d\d)-/.test(lastDay)) {
    return fail(
      fault(
        'pairing/clock',
        `Cannot make a card: it would be good until ${lastDay}, by the clock of this machine`,
        'Set the clock, then make the card again',
      ),
    );
  }
  const bytes = buildCard({
    kind: input.kind,
    lastDay,
    site: input.site,
    root: keys.value.keyList.root,
    secret: random.bytes(16),
  });
  const card = parseCardBytes(bytes);
  if (!card.ok) return card;
  const ticket = newTicket(card.value, input.site);
  await writePeerRecord(dataDir, ticket.ticket, ticket);
  return ok({
    ticket,
    text: cardText(bytes),
    qrText: cardQrText(bytes),
    qrForTerminal: cardQrForTerminal(bytes),
    qrSvg: cardQrSvg(bytes),
  });
}
