import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';
import type { Fault } from '#sync/core/fault.ts';
import { type UnassignedList, unassignedListSchema } from '../api/contract-media.ts';
import { type AskSocket, askBox } from './ask-box.ts';
import { unassignedText } from './unassigned-text.ts';

/** What a command prints, and its exit code. */
export interface CommandOutcome {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

const options = {
  socket: { type: 'string', default: '/run/outpost/appliance.sock' },
  by: { type: 'string' },
  patient: { type: 'string' },
  issuer: { type: 'string' },
  name: { type: 'string' },
  birth: { type: 'string' },
  sex: { type: 'string' },
  send: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * `outpost identity list|assign` and `outpost outside list|bind|send`: the same lists and decisions, of studies that
 * do not say whose they are, or of studies from media.
 */
export async function runUnassigned(
  ask: AskSocket,
  command: 'identity' | 'outside',
  usage: string,
  args: readonly string[],
): Promise<CommandOutcome> {
  const line = parseCommandLine(command, { args: [...args], options, allowPositionals: true });
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { values, positionals } = line.value;
  const [verb, study] = positionals;
  if (values.help) return { out: usage, err: '', exit: exitCode.ok };
  if (verb === 'list' && positionals.length === 1) {
    return list(ask, values.socket, command === 'outside', values.json);
  }
  const isAssign = verb === (command === 'outside' ? 'bind' : 'assign');
  const isSend = command === 'outside' && verb === 'send';
  if (study === undefined || positionals.length > 2 || !(isAssign || isSend) || !values.by) {
    return { out: '', err: usage, exit: exitCode.usage };
  }
  if (isAssign && !values.patient) return { out: '', err: usage, exit: exitCode.usage };
  const { by, patient: patientId, issuer, name, birth, sex, send } = values;
  const body = isSend
    ? { by }
    : {
        ...{ by, patientId, issuerOfPatientId: issuer, patientName: name },
        ...{ patientBirthDate: birth, patientSex: sex, isReleased: send },
      };
  const path = `/v1/studies/${encodeURIComponent(study)}/${isSend ? 'release' : 'assign'}`;
  const answer = await askBox(ask, values.socket, path, body);
  if (!answer.ok) return complain(answer.fault, exitOf(answer.fault));
  return { out: isSend ? 'It will be sent.\n' : 'Written down.\n', err: '', exit: exitCode.ok };
}

async function list(
  ask: AskSocket,
  socket: string,
  isOutside: boolean,
  isJson: boolean,
): Promise<CommandOutcome> {
  const answer = await askBox(ask, socket, '/v1/unassigned');
  if (!answer.ok) return complain(answer.fault, exitOf(answer.fault));
  const parsed = unassignedListSchema.safeParse(answer.value);
  const all: UnassignedList['studies'] = parsed.success ? parsed.data.studies : [];
  const studies = all.filter(({ kind }) => (kind === 'outside') === isOutside);
  const out = isJson ? `${JSON.stringify({ studies })}\n` : unassignedText(studies, isOutside);
  return { out, err: '', exit: exitCode.ok };
}

function exitOf({ kind }: Fault): number {
  return kind === 'api/no-answer' ? exitCode.unavailable : exitCode.no;
}

function complain({ message, next }: Fault, exit: number): CommandOutcome {
  return { out: '', err: `${message}. ${next}.\n`, exit };
}
