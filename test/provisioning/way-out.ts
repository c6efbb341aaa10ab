import { createServer } from 'node:net';
import { asUser, type Identity } from '#provisioning/plan/by-hand.ts';
import { runProcess } from '#provisioning/steps/process.ts';
import { probeWayOut } from '#provisioning/verify/zones.ts';

/**
 * Runs inside a network namespace of its own: node way-out.ts RULES PORT. Listens where a resolver, a relay, a machine
 * of the LAN and the box itself would, and prints who reaches what before and after the rules are loaded.
 */
const [rules = '', port = ''] = process.argv.slice(2);
const relay = '198.51.100.9';
const lan = '192.168.7.7';
/** The destination of the answers, and a modality that listens where DICOM usually does. */
const [destination, modality] = ['198.51.100.40', '192.0.2.21'];

await must(['ip', 'link', 'set', 'lo', 'up']);
for (const address of [relay, lan, destination, modality])
  await must(['ip', 'addr', 'add', `${address}/32`, 'dev', 'lo']);
const listeners = await Promise.all([
  listen('127.0.0.53', 53),
  listen(relay, 443),
  listen(lan, 443),
  listen(destination, 4_006),
  listen(destination, 104),
  listen(modality, 104),
  listen(modality, 11_112),
  listen('127.0.0.1', Number(port)),
]);

const [appliance, agent, tui] = [961, 962, 963].map((id) => ({ uid: id, gid: id, groups: [] }));
const way = () =>
  probeWayOut(known(appliance), 'appliance', [`https://${relay}`], process.execPath, runProcess);
const before = await way();
await must(['nft', '-f', rules]);
const seen = {
  before,
  after: await way(),
  applianceReachesItself: await reaches(known(appliance), '127.0.0.1', port),
  applianceReachesDestination: await reaches(known(appliance), destination, '4006'),
  applianceReachesOtherPort: await reaches(known(appliance), destination, '104'),
  applianceReachesModality: await reaches(known(appliance), modality, '104'),
  applianceReachesModalityElsewhere: await reaches(known(appliance), modality, '11112'),
  agentReachesDestination: await reaches(known(agent), destination, '4006'),
  agentReachesRelay: await reaches(known(agent), relay, '443'),
  agentReachesLan: await reaches(known(agent), lan, '443'),
  tuiReachesRelay: await reaches(known(tui), relay, '443'),
};
process.stdout.write(`${JSON.stringify(seen)}\n`);
for (const listener of listeners) listener.close();

async function reaches(who: Identity, host: string, at: string): Promise<boolean> {
  const script = `require('node:net').connect({ host: '${host}', port: ${at}, timeout: 2000 })
    .on('connect', () => process.exit(0)).on('timeout', () => process.exit(3)).on('error', () => process.exit(3))`;
  return (await runProcess([...asUser(who), process.execPath, '-e', script])).code === 0;
}

function listen(host: string, at: number): Promise<ReturnType<typeof createServer>> {
  const server = createServer((socket) => socket.on('error', () => undefined).end());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, host, () => resolve(server));
  });
}

async function must(command: readonly string[]): Promise<void> {
  const ran = await runProcess(command);
  if (ran.code !== 0) throw new Error(`${command.join(' ')}: ${ran.complaint}`);
}

function known(identity: Identity | undefined): Identity {
  if (!identity) throw new Error('No such user');
  return identity;
}
