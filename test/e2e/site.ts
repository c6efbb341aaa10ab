import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { acceptGrant, confirmAtBox, requestPairing } from '#sync/adapters/pairing-box.ts';
import { decideTicket, grantRequest, makeCard } from '#sync/adapters/pairing-center.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys } from '#sync/adapters/relay-keys-file.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { fromBase64url, hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { freePort } from '../demo/link-proxy.ts';
import { layOutSite, type Site, writeRelayConfig } from '../demo/setup.ts';

const ports = { clock: systemClock, random: systemRandom };

/** A site of its own for a test. */
export interface CrashSite extends Site {
  /** The hot folder of the box. */
  readonly importFolder: string;
  /** Where the box takes files of orders. */
  readonly orderFolder: string;
  /** The DICOM door for reports at the center. */
  readonly reportPort: number;
  readonly reportAeTitle: string;
  /** From its next start on the center delivers into this folder and no longer to the PACS. */
  deliverToFolder(): Promise<string>;
  /** The operator types the engineer's words: until then the center holds what the box sends. */
  confirmBox(): Promise<void>;
  /** Another card, which changes the access list. */
  makeCard(): Promise<void>;
}

/** Folders, configs and keys below `root`, paired in this process; agents call the relay directly. */
export async function prepareCrashSite(root: string): Promise<CrashSite> {
  const site = await layOutSite(root);
  const at = (name: string): string => join(root, name);
  const center = at('center');
  const relay = await makeRelayKeys(at('relay'), 'relay-1', systemRandom);
  const list = await makeCenterKeys(
    {
      name: 'DEMO CENTER',
      phone: '000',
      relays: [
        {
          id: relay.id,
          urls: [`https://127.0.0.1:${site.relayPort}`],
          spki: bytesOf(relay.spki),
          receipt: bytesOf(relay.receipt),
        },
      ],
      codingMax,
      dataDir: center,
      agentDataDir: at('center-agent'),
      rootDir: at('stick'),
    },
    systemRandom,
  );
  await writeRelayConfig(site, hex(list.root));
  await changeConfig(site.config.appliance, {
    quietS: 1,
    reserveBytes: 0,
    packTargetBytes: 1024 * 1024,
    importFolder: at('import'),
    importPatienceS: 1,
    orders: { folder: at('orders') },
  });
  const reportPort = await freePort();
  const reportAeTitle = 'REPORTS';
  await changeConfig(site.config.center, {
    reportScp: { host: '127.0.0.1', port: reportPort, aeTitle: reportAeTitle },
    abilities: {},
  });
  await mkdir(at('import'));
  await mkdir(at('orders'));
  await changeConfig(site.config.relay, { reserveBytes: 0 });

  const place = { dataDir: at('appliance'), agentDataDir: at('box-agent') };
  const order = { site: 'DEMO-01', kind: 'enrol', days: 30 } as const;
  const card = expectOk(await makeCard(center, order, ports));
  const keyListText = await readFile(join(center, 'keys', 'center.keys'), 'utf8');
  const input = { cardText: card.text, keyListText, site: 'DEMO-01', version: '0', outDir: root };
  const request = expectOk(await requestPairing(place, input, ports));
  const bytes = await readFile(request.file);
  const grant = expectOk(await grantRequest(center, bytes, undefined, root, ports));
  const words = grant.ticket.box?.words ?? [];
  expectOk(await confirmAtBox(place, words.slice(0, 4).join(' ')));
  expectOk(await acceptGrant(place, await readFile(grant.file ?? '')));
  const typed = (request.peer.words ?? []).slice(4).join(' ');
  return {
    ...site,
    importFolder: at('import'),
    orderFolder: at('orders'),
    reportPort,
    reportAeTitle,
    deliverToFolder: async () => {
      const deliveryFolder = at('delivered');
      await changeConfig(site.config.center, { delivery: undefined, deliveryFolder });
      return deliveryFolder;
    },
    confirmBox: async () => {
      expectOk(await decideTicket(center, undefined, { type: 'words', typed }, undefined, ports));
    },
    makeCard: async () => {
      expectOk(await makeCard(center, { ...order, site: 'DEMO-02' }, ports));
    },
  };
}

async function changeConfig(path: string, change: object): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, ...change }));
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error('A key that is no base64url');
  return bytes;
}
