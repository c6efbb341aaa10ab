import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseCommandLine } from '../core/command-line.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { siteCode } from '../seal/fields.ts';
import { systemClock } from './clock-system.ts';
import { systemRandom } from './random-system.ts';

const options = {
  site: { type: 'string' },
  days: { type: 'string', default: '30' },
  replace: { type: 'boolean', default: false },
  card: { type: 'string' },
  keys: { type: 'string' },
  words: { type: 'string' },
  ticket: { type: 'string' },
  operator: { type: 'string' },
  qr: { type: 'boolean', default: false },
  svg: { type: 'string' },
  out: { type: 'string' },
  config: { type: 'string' },
  'agent-config': { type: 'string', default: '/etc/outpost/agent.json' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Parses the line behind `outpost pair`. */
export function parsePairLine(args: readonly string[]) {
  return parseCommandLine('pair', { args: [...args], allowPositionals: true, options });
}

export type PairValues = Extract<
  ReturnType<typeof parsePairLine>,
  { readonly ok: true }
>['value']['values'];

/** What a step came to: for scripts, for the person, and what that person must hear of it. */
export interface PairOutcome {
  readonly facts: object;
  readonly text: string;
  readonly notice?: Fault;
}

export type PairResult = Result<PairOutcome, Fault>;

export const pairPorts = { clock: systemClock, random: systemRandom };

/** Reads a file that the person named; `-` is the standard input, where a hand scanner types. */
export async function readNamed(path: string): Promise<Result<Buffer, Fault>> {
  try {
    return ok(path === '-' ? await buffer(process.stdin) : await readFile(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(
      fault('pairing/file', `Cannot read "${path}": ${reason}`, 'Check the name and the stick'),
    );
  }
}

/** The site code that was typed: a card for any other text would fit no box. */
export function parseSite(text: string): Result<string, Fault> {
  const parsed = siteCode.safeParse(text);
  if (parsed.success) return ok(parsed.data);
  return fail(
    fault(
      'pairing/site',
      `Cannot use --site "${text}": it is no site code`,
      'Give 1 to 32 capital letters, digits and dashes, the same at both ends',
    ),
  );
}
