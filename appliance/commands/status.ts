import { z } from 'zod';
import { type Status, statusSchema } from '#appliance/api/contract.ts';
import { askingOptions, runAsking } from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';
import { ok } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';

const usage = `outpost status [--socket PATH] [--json]

Asks a running appliance (default: /run/outpost/appliance.sock) or center (--socket /run/outpost/center.sock).

  --socket PATH  the Unix socket of the program to ask
  --json         print the whole answer as one JSON object

Exit codes: 0 all is well, 1 something needs help, 69 the program does not answer.
`;

/** What counts of a center's answer, which is printed as it is. */
const centerSchema = z.object({ alarms: z.array(z.unknown()) });

/** The `outpost status` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('status', { args: [...args], options: askingOptions });
  return runAsking(usage, line, async (_line, ask) => {
    const answer = await ask('/v1/status');
    if (!answer.ok) return answer;
    const { value } = answer;
    const status = statusSchema.safeParse(value).data;
    const alarms = status ? status.alerts : centerSchema.safeParse(value).data?.alarms;
    return ok({
      text: status ? textOf(status) : `${JSON.stringify(value, null, 2)}\n`,
      value,
      exit: alarms?.length === 0 ? exitCode.ok : exitCode.no,
    });
  });
}

/** The status in lines that cannot act on the terminal. */
export function textOf(status: Status): string {
  const link =
    status.link.state === 'up'
      ? `up, ${Math.round(status.link.rateBytesPerS / 1_000)} kB/s`
      : status.link.state;
  const lines = [
    `${sanitize(status.siteName)}, ${sanitize(status.boxName)}, version ${sanitize(status.version)}`,
    `Zones     ${status.zones === 'off' ? 'not enforced' : 'enforced'}`,
    `Pairing   ${sanitize(status.pairing.state)}${status.pairing.centerName ? ` with ${sanitize(status.pairing.centerName)}` : ''}`,
    ...(status.centers ?? []).map(
      ({ code, name, isOpen }) =>
        `Center    ${sanitize(code)} ${sanitize(name)}${isOpen ? '' : ', takes no studies now'}`,
    ),
    `Link      ${link}, last contact ${sanitize(status.link.lastContactAt ?? 'never')}`,
    `Disk      ${Math.round(status.disk.usedPercent)} % used${status.disk.isFull ? ', FULL: new studies are refused' : ''}`,
    `Studies   ${status.counts.studies}, images ${status.counts.instances}, only here ${status.counts.onlyHere}, need help ${status.counts.needHelp}`,
    ...(status.sending ? sendingLines(status.sending) : []),
    ...(status.forwarding ?? []).map(forwardLine),
    ...status.alerts.map(
      (alert) => `!! ${sanitize(alert.message)}. ${sanitize(alert.next)} (${sanitize(alert.code)})`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

const levels = ['stat', 'urgent', 'routine', 'bulk'] as const;

/** What waits, and what holds it: rates in kB a second, the budget in GB. */
function sendingLines(sending: NonNullable<Status['sending']>): readonly string[] {
  const { waiting, capBytesPerS, capUntil, held, heldBy, budget } = sending;
  const counts = levels.flatMap((each) => (waiting[each] > 0 ? [`${waiting[each]} ${each}`] : []));
  const until = capUntil === null ? '' : ` until ${sanitize(capUntil)}`;
  const cap =
    capBytesPerS === 0 ? 'nothing but STAT' : `${Math.round((capBytesPerS ?? 0) / 1e3)} kB/s`;
  const isHeld = heldBy === null ? '' : `; held by the ${heldBy}: ${held.join(', ')}`;
  return [
    `Waiting   ${counts.length === 0 ? 'no study' : counts.join(', ')}${isHeld}`,
    ...(capBytesPerS === null ? [] : [`Timetable ${cap}${until}`]),
    ...(budget === null
      ? []
      : [
          `Budget    ${(budget.usedBytes / 1e9).toFixed(1)} of ${(budget.monthlyBytes / 1e9).toFixed(1)} GB used, until ${sanitize(budget.renewsOn)}`,
        ]),
  ];
}

function forwardLine({
  destination,
  waitingSinceAt,
  trouble,
}: NonNullable<Status['forwarding']>[number]): string {
  const waits = waitingSinceAt === null ? '' : `, images wait since ${sanitize(waitingSinceAt)}`;
  const state = trouble === null ? 'well' : `trouble${waits}. ${sanitize(trouble)}`;
  return `Forward   to ${sanitize(destination)}: ${state}`;
}
