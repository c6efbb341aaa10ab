import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { utf8, utf8Text } from '#sync/core/bytes.ts';
import { callerFacts } from './facts-callers.ts';
import { centerFacts } from './facts-centers.ts';
import { commitmentFacts } from './facts-commitment.ts';
import { housekeepingFacts } from './facts-housekeeping.ts';
import { identityFacts } from './facts-identity.ts';
import { letterFacts } from './facts-letters.ts';
import { orderFacts } from './facts-orders.ts';
import { outboundFacts } from './facts-outbound.ts';
import { priorityFacts } from './facts-priority.ts';
import { resendFacts } from './facts-resend.ts';

/**
 * What happened or was decided and is written nowhere else on the disk: one line each in an append-only log. The
 * catalog is a projection of the segments and of these facts, applied in order. Each topic has its list of facts.
 */
const factSchema = z.discriminatedUnion('fact', [
  ...letterFacts,
  ...orderFacts,
  ...housekeepingFacts,
  ...callerFacts,
  ...commitmentFacts,
  ...outboundFacts,
  ...identityFacts,
  ...priorityFacts,
  ...centerFacts,
  ...resendFacts,
]);

export type BoxFact = z.infer<typeof factSchema>;
export type SealedFact = Extract<BoxFact, { readonly fact: 'sealed' }>;
export type ReportFact = Extract<BoxFact, { readonly fact: 'report' }>;

/** One line of the log: CRC-32 of the JSON text in 8 hex digits, a space, the JSON text, a newline. */
export function encodeFact(fact: BoxFact): Uint8Array {
  const text = JSON.stringify(fact);
  return utf8(`${checksumOf(text)} ${text}\n`);
}

/** The fact of one line without its newline, or undefined when the line is torn or damaged. */
export function decodeFact(line: Uint8Array): BoxFact | undefined {
  const text = utf8Text(line);
  if (text === undefined || text[8] !== ' ') return undefined;
  const json = text.slice(9);
  if (checksumOf(json) !== text.slice(0, 8)) return undefined;
  try {
    const parsed = factSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function checksumOf(text: string): string {
  return crc32(utf8(text)).toString(16).padStart(8, '0');
}
