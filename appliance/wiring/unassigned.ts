import { unassignedListSchema } from '#appliance/api/contract-media.ts';
import { unassignedText } from '#appliance/media/unassigned-text.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import type { ExitCode } from '#sync/core/exit.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import {
  type Ask,
  type AskFault,
  askingOptions,
  misused,
  runAsking,
  type Told,
  understood,
} from './asking.ts';

const options = {
  ...askingOptions,
  by: { type: 'string' },
  patient: { type: 'string' },
  issuer: { type: 'string' },
  name: { type: 'string' },
  birth: { type: 'string' },
  sex: { type: 'string' },
  send: { type: 'boolean', default: false },
} as const;

/**
 * `outpost identity list|assign` and `outpost outside list|bind|send`: the same lists and decisions, of studies that
 * do not say whose they are, or of studies from media.
 */
export function runUnassigned(
  command: 'identity' | 'outside',
  usage: string,
  args: readonly string[],
): Promise<ExitCode> {
  const line = parseCommandLine(command, { args: [...args], options, allowPositionals: true });
  return runAsking(usage, line, async ({ values, positionals }, ask) => {
    const [verb, study, ...more] = positionals;
    const isOutside = command === 'outside';
    if (verb === 'list' && study === undefined) return list(ask, isOutside);
    const isAssign = verb === (isOutside ? 'bind' : 'assign');
    const isSend = isOutside && verb === 'send';
    const { by, patient: patientId, issuer, name, birth, sex, send } = values;
    const isWhole = study !== undefined && more.length === 0 && by && (isSend || patientId);
    if (!isWhole || !(isAssign || isSend)) {
      const message = `Cannot tell what is to be done: ${isOutside ? 'bind or send' : 'assign'} needs a study and --by NAME, and a patient --patient ID`;
      return fail(misused(message, `Run outpost ${command} --help`));
    }
    const body = isSend
      ? { by }
      : {
          ...{ by, patientId, issuerOfPatientId: issuer, patientName: name },
          ...{ patientBirthDate: birth, patientSex: sex, isReleased: send },
        };
    const path = `/v1/studies/${encodeURIComponent(study)}/${isSend ? 'release' : 'assign'}`;
    const answer = await ask(path, body);
    if (!answer.ok) return answer;
    return ok({ text: isSend ? 'It will be sent.\n' : 'Written down.\n', value: answer.value });
  });
}

async function list(ask: Ask, isOutside: boolean): Promise<Result<Told, AskFault>> {
  const answer = understood(await ask('/v1/unassigned'), unassignedListSchema);
  if (!answer.ok) return answer;
  const studies = answer.value.studies.filter(({ kind }) => (kind === 'outside') === isOutside);
  return ok({ text: unassignedText(studies, isOutside), value: { studies } });
}
