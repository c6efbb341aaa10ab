import { request } from 'node:http';
import { z } from 'zod';
import { type Status, statusSchema } from '#appliance/api/contract.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { exitCode } from '#sync/core/exit.ts';
import { sanitize } from '#sync/core/sanitize.ts';

const help = `outpost status [--socket PATH] [--json]

Asks a running appliance (default: /run/outpost/appliance.sock) or center (--socket /run/outpost/center.sock).

  --socket PATH  the Unix socket of the program to ask
  --json         print the whole answer as one JSON object

Exit codes: 0 all is well, 1 something needs help, 69 the program does not answer.
`;

/** What counts of a center's answer, which is printed as it is. */
const centerSchema = z.object({ alarms: z.array(z.unknown()) });

/** The `outpost status` command. */
export async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('status', {
    args: [...args],
    options: {
      socket: { type: 'string', default: '/run/outpost/appliance.sock' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) {
    process.stderr.write(`${line.fault.message}. ${line.fault.next}.\n`);
    return exitCode.usage;
  }
  const { socket, json, help: isHelp } = line.value.values;
  if (isHelp) {
    process.stdout.write(help);
    return exitCode.ok;
  }
  let answer: unknown;
  try {
    answer = JSON.parse(await get(socket, '/v1/status'));
  } catch (cause) {
    process.stderr.write(
      `Cannot ask for the status at "${socket}": ${cause instanceof Error ? cause.message : cause}. ` +
        'Start the program, or name its socket with --socket PATH.\n',
    );
    return exitCode.unavailable;
  }
  const status = statusSchema.safeParse(answer);
  process.stdout.write(
    json || !status.success
      ? `${JSON.stringify(answer, null, json ? 0 : 2)}\n`
      : textOf(status.data),
  );
  const alarms = status.success ? status.data.alerts : centerSchema.safeParse(answer).data?.alarms;
  return alarms?.length === 0 ? exitCode.ok : exitCode.no;
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
    `Link      ${link}, last contact ${sanitize(status.link.lastContactAt ?? 'never')}`,
    `Disk      ${Math.round(status.disk.usedPercent)} % used${status.disk.isFull ? ', FULL: new studies are refused' : ''}`,
    `Studies   ${status.counts.studies}, images ${status.counts.instances}, only here ${status.counts.onlyHere}, need help ${status.counts.needHelp}`,
    ...status.alerts.map(
      (alert) => `!! ${sanitize(alert.message)}. ${sanitize(alert.next)} (${sanitize(alert.code)})`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`the program answered ${response.statusCode}`));
      });
      response.once('error', reject);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer within 10 s')));
    asked.once('error', reject);
    asked.end();
  });
}
