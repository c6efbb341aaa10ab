import { base64url, fromBase64url, fromHex, utf8 } from '../core/bytes.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sessionSignature } from '../seal/session.ts';
import type { SigningKey } from '../seal/signature.ts';
import { challengeSchema, routePrefix, sessionSchema } from '../wire/routes.ts';
import { type CallFault, callFaultOf, parseAnswer } from './call.ts';
import type { Link, LinkAnswer, LinkRequest } from './ports.ts';

/** Who talks over a link, and to whom. */
export interface LinkParty {
  /** Session handle, hex. */
  readonly handle: string;
  readonly transport: SigningKey;
  /** SHA-256 of the relay's TLS key, as pinned; the proof of a session is bound to it. */
  readonly spkiSha256: Uint8Array;
}

/** A request with the usual limits unless it names others. */
export type CallRequest = Omit<LinkRequest, 'deadlineMs' | 'answerSizeBytes'> &
  Partial<Pick<LinkRequest, 'deadlineMs' | 'answerSizeBytes'>> & {
    /** The body was planned and paid for: it goes once, and is planned anew when the relay forgot the session. */
    readonly once?: true;
  };

/** Exchanges with one relay: an answer of 300 and above is a fault. */
export interface Caller {
  /** Without a session. */
  exchange(request: CallRequest): Promise<Result<LinkAnswer, CallFault>>;
  /** With a session, opened when there is none, and once more when the relay forgot it: then the request is repeated. */
  call(request: CallRequest): Promise<Result<LinkAnswer, CallFault>>;
}

/** Small exchanges are over by then, or the link is gone. */
export const smallDeadlineMs = 45_000;

/** Answers of a few ids are short; a thousand statuses with receipts are not. */
const usualAnswerSizeBytes = 1024 * 1024;

export function createCaller(link: Link, party: LinkParty, lifetime: AbortSignal): Caller {
  let token: string | undefined;
  let opening: Promise<Result<string, CallFault>> | undefined;
  /** A body that goes once was refused for its session, and none went through since. */
  let isDoubted = false;

  const exchange: Caller['exchange'] = async ({ once, ...request }) => {
    const limits = { deadlineMs: smallDeadlineMs, answerSizeBytes: usualAnswerSizeBytes };
    const answer = await link.request({ ...limits, ...request });
    if (!answer.ok) return answer;
    return answer.value.status < 300 ? answer : fail(callFaultOf(answer.value));
  };

  /** One session for all loops; whoever needs it first opens it, the others wait. */
  const session = (): Promise<Result<string, CallFault>> => {
    if (token !== undefined) return Promise.resolve(ok(token));
    opening ??= openSession(exchange, party, lifetime).then((opened) => {
      opening = undefined;
      if (opened.ok) token = opened.value;
      return opened;
    });
    return opening;
  };

  return {
    exchange,
    async call(request) {
      for (let isRetry = false; ; isRetry = true) {
        const opened = await session();
        if (!opened.ok) return fail(sessionFaultOf(opened.fault));
        const headers = { ...request.headers, authorization: `Bearer ${opened.value}` };
        const answer = await exchange({ ...request, headers });
        if (answer.ok && request.once) isDoubted = false;
        if (answer.ok || answer.fault.kind !== 'agent/no-session' || isRetry) return answer;
        const isFirst = token === opened.value;
        if (isFirst) token = undefined;
        if (!request.once) continue;
        if (isFirst && isDoubted) return answer;
        isDoubted = true;
        return fail(sessionLost);
      }
    },
  };
}

const sessionLost: CallFault = fault(
  'agent/session-lost',
  'The relay forgot the session of this machine, as after its restart',
  'A new one is opened; nothing has to be done',
  'now',
);

/** A relay that answers and refuses the proof: nothing works there until its access list changes. */
function sessionFaultOf(failed: CallFault): CallFault {
  if (failed.kind !== 'agent/refused') return failed;
  return fault(
    'agent/no-session',
    'The relay does not know this machine, or no longer',
    'Call the center: its access list at the relay may be old',
    'later',
  );
}

/** Proves the transport key to the relay (pairing design, admission) and answers the token. */
async function openSession(
  exchange: Caller['exchange'],
  party: LinkParty,
  signal: AbortSignal,
): Promise<Result<string, CallFault>> {
  const post = (body: object) =>
    exchange({
      ...{ method: 'POST', path: `${routePrefix}/session`, signal },
      body: utf8(JSON.stringify(body)),
    });
  const asked = await post({ handle: party.handle });
  if (!asked.ok) return asked;
  const challenge = parseAnswer(asked.value, challengeSchema);
  if (!challenge.ok) return challenge;
  const proof = sessionSignature(
    party.transport,
    party.spkiSha256,
    fromHex(party.handle) ?? new Uint8Array(),
    fromBase64url(challenge.value.challenge) ?? new Uint8Array(),
  );
  const opened = await post({
    handle: party.handle,
    challenge: challenge.value.challenge,
    signature: base64url(proof),
  });
  if (!opened.ok) return opened;
  const session = parseAnswer(opened.value, sessionSchema);
  return session.ok ? ok(session.value.token) : session;
}
