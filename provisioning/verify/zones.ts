import { asUser, type Identity } from '../plan/by-hand.ts';
import type { Finding, Run } from '../ports.ts';

/** The agent's user must not open the folder of images, nor list it. */
export async function probeAgent(
  agent: Identity,
  clinicalFolder: string,
  run: Run,
): Promise<Finding> {
  const name = `network zone cannot open ${clinicalFolder}`;
  const ran = await run([...asUser(agent), 'ls', clinicalFolder]);
  return ran.code === 0
    ? failed(name, "the agent's user can list it. Run setup again and look at the folder's mode")
    : { name, outcome: 'ok', text: 'it was refused' };
}

/** Ends a connection within seconds, whoever answers; prints whether it was made. */
const connectScript = `
const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port), timeout: 2000 });
socket.once('connect', () => process.exit(0));
socket.once('timeout', () => process.exit(3));
socket.once('error', (cause) => { console.error(cause.code); process.exit(3); });
`;
const lookupScript = `
require('node:dns').promises.lookup(process.argv[1]).then(() => process.exit(0), () => process.exit(3));
setTimeout(() => process.exit(3), 3000);
`;

/** A user of the clinical zone must reach neither a relay nor the name service of the machine, nor a name. */
export async function probeWayOut(
  clinical: Identity,
  who: string,
  relayUrls: readonly string[],
  node: string,
  run: Run,
): Promise<Finding> {
  const name = `${who} has no way out`;
  const ends = [
    { host: '127.0.0.53', port: '53' },
    ...relayUrls.map((text) => {
      const url = new URL(text);
      return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || '443' };
    }),
  ];
  for (const { host, port } of ends) {
    const ran = await run([...asUser(clinical), node, '-e', connectScript, host, port]);
    if (ran.code === 0) return failed(name, `it reaches ${host} port ${port}. ${loadIt}`);
    if (ran.code !== 3) return failed(name, `the probe did not run: ${ran.complaint.trim()}`);
  }
  const ran = await run([...asUser(clinical), node, '-e', lookupScript, 'example.com']);
  // Names are hidden from the service itself by its empty resolver; the user alone may still be answered.
  if (ran.code === 0) return failed(name, `it can resolve names. ${loadIt}`);
  return { name, outcome: 'ok', text: 'relay, name service and names were refused' };
}

const loadIt = 'Load the firewall: systemctl restart outpost-firewall';

function failed(name: string, text: string): Finding {
  return { name, outcome: 'failed', text };
}
