import type { z } from 'zod';
import { utf8Text } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { uploadOffsetHeader } from '../wire/routes.ts';
import type { LinkAnswer, LinkFault } from './ports.ts';

export type CallFaultKind =
  | LinkFault['kind']
  | 'agent/no-session'
  | 'agent/session-lost'
  | 'agent/refused'
  | 'agent/absent'
  | 'agent/offset'
  | 'agent/wrong-hash'
  | 'agent/good-pack-refused'
  | 'agent/busy'
  | 'agent/relay-broken';

/** Why a call to a relay did not give what was asked for. */
export interface CallFault extends Fault<CallFaultKind> {
  /** The relay said when to come again, milliseconds. */
  readonly retryAfterMs?: number;
  /** Where the relay stands, for `agent/offset`. */
  readonly offset?: number;
}

/** The longest time that an agent lets a relay send it away for. */
const longestRetryMs = 3_600_000;

/** The fault that an answer of 300 and above means. */
export function callFaultOf(answer: LinkAnswer): CallFault {
  const { status } = answer;
  const wait = 'It is tried again by itself';
  if (status === 401) return fault('agent/no-session', 'The session is over', wait, 'now');
  if (status === 404) return fault('agent/absent', 'The relay does not have it', wait, 'later');
  if (status === 409) {
    const offset = wholeNumber(answer.header(uploadOffsetHeader));
    const told = fault('agent/offset', 'The relay stands elsewhere', wait, 'now');
    return offset === undefined ? told : { ...told, offset };
  }
  if (status === 422) {
    return fault('agent/wrong-hash', 'The relay says that the pack is damaged', wait, 'later');
  }
  if (status === 429 || status >= 500) {
    const seconds = wholeNumber(answer.header('retry-after'));
    const busy = fault(
      'agent/busy',
      `The relay cannot take it now (status ${status})`,
      'It is tried again by itself; call the operator of the relay if it lasts',
      'later',
    );
    return seconds === undefined
      ? busy
      : { ...busy, retryAfterMs: Math.min(longestRetryMs, seconds * 1000) };
  }
  return fault(
    'agent/refused',
    `The relay refuses it (status ${status})`,
    'Call the center: its access list at the relay may be old',
    'later',
  );
}

/** The JSON of an answer, parsed by `schema`. */
export function parseAnswer<T>(answer: LinkAnswer, schema: z.ZodType<T>): Result<T, CallFault> {
  const parsed = parseText(utf8Text(answer.body) ?? '', schema);
  return parsed === undefined ? fail(brokenFault('its answer has another form')) : ok(parsed);
}

/** JSON of a relay, parsed by `schema`; undefined when it is none, or of another form. */
export function parseText<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A relay that does not keep to the agreed routes. */
export function brokenFault(reason: string): CallFault {
  return fault(
    'agent/relay-broken',
    `Cannot understand the relay: ${reason}`,
    'Call the operator of the relay',
    'later',
  );
}

/** Whether the way to the relay is gone, as opposed to a relay that answered. */
export function isLinkFault(fault: CallFault): boolean {
  return fault.kind.startsWith('link/');
}

/** Whether somebody else answers in the relay's place: asking again at once helps nobody. */
export function isHopelessFault({ kind }: CallFault): boolean {
  return kind === 'link/wrong-pin' || kind === 'link/not-tls' || kind === 'link/not-http';
}

/** Whether a connection broke or none came about, while nobody said no. */
export function isBrokenWay({ kind }: CallFault): boolean {
  return kind === 'link/down' || kind === 'link/no-name';
}

export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
