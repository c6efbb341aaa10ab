import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { acceptGrant, confirmAtBox, requestPairing } from '#sync/adapters/pairing-box.ts';
import { makeCard } from '#sync/adapters/pairing-center-card.ts';
import { grantRequest } from '#sync/adapters/pairing-center-request.ts';
import { decideTicket } from '#sync/adapters/pairing-center-ticket.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys } from '#sync/adapters/relay-keys-file.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { fromBase64url, hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { layOutSite, type Site, writeRelayConfig } from '../demo/setup.ts';
import { freePort } from '../support/free-port.ts';

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
export async function prepareCrashSite(
  root: string,
  highestCoding: number = codingMax,
): Promise<CrashSite> {
  const site = await layOutSite(root);
  const at = (name: string): string => join(root, name);
  const center = at('center');
  await openCenter(site, site.relayPort, highestCoding);
  const reportPort = await freePort();
  const reportAeTitle = 'REPORTS';
  await changeConfig(site.config.center, {
    reportScp: { host: '127.0.0.1', port: reportPort, aeTitle: reportAeTitle },
    abilities: {},
  });
  const box = await openBox(site);
  const typed = await pairByHand(site, site, 'DEMO-01');
  return {
    ...site,
    ...box,
    reportPort,
    reportAeTitle,
    deliverToFolder: async () => {
      const deliveryFolder = at('delivered');
      await changeConfig(site.config.center, { delivery: undefined, deliveryFolder });
      return deliveryFolder;
    },
    confirmBox: () => confirmByHand(site, typed),
    makeCard: async () => {
      expectOk(await makeCard(center, { ...enrolment, site: 'DEMO-02' }, ports));
    },
  };
}

/** Keys and configs of the relay and the center of a site; agents call the relay at `relayPort`. */
export async function openCenter(
  site: Site,
  relayPort: number,
  highestCoding: number = codingMax,
): Promise<void> {
  const at = (name: string): string => join(site.root, name);
  const relay = await makeRelayKeys(at('relay'), 'relay-1', systemRandom);
  const list = await makeCenterKeys(
    {
      name: 'DEMO CENTER',
      phone: '000',
      relays: [
        {
          id: relay.id,
          urls: [`https://127.0.0.1:${relayPort}`],
          spki: bytesOf(relay.spki),
          receipt: bytesOf(relay.receipt),
        },
      ],
      codingMax: highestCoding,
      dataDir: at('center'),
      agentDataDir: at('center-agent'),
      rootDir: at('stick'),
    },
    systemRandom,
  );
  await writeRelayConfig(site, hex(list.root));
  await changeConfig(site.config.relay, { reserveBytes: 0 });
}

/** The config of a box that does not wait long for anything, with folders for files and orders. */
export async function openBox({
  root,
  config,
}: Site): Promise<Pick<CrashSite, 'importFolder' | 'orderFolder'>> {
  const [importFolder, orderFolder] = [join(root, 'import'), join(root, 'orders')];
  await changeConfig(config.appliance, {
    quietS: 1,
    reserveBytes: 0,
    packTargetBytes: 1024 * 1024,
    importFolder,
    importPatienceS: 1,
    orders: { folder: orderFolder },
  });
  await mkdir(importFolder);
  await mkdir(orderFolder);
  return { importFolder, orderFolder };
}

const enrolment = { kind: 'enrol', days: 30 } as const;

/** Pairs the box of one site with the center of another; answers the words that the center's operator has to type. */
export async function pairByHand(box: Site, center: Site, name: string): Promise<string> {
  const centerDir = join(center.root, 'center');
  const place = {
    dataDir: join(box.root, 'appliance'),
    agentDataDir: join(box.root, 'box-agent'),
  };
  const card = expectOk(await makeCard(centerDir, { ...enrolment, site: name }, ports));
  const keyListText = await readFile(join(centerDir, 'keys', 'center.keys'), 'utf8');
  const input = { cardText: card.text, keyListText, site: name, version: '0', outDir: box.root };
  const request = expectOk(await requestPairing(place, input, ports));
  const bytes = await readFile(request.file);
  const grant = expectOk(await grantRequest(centerDir, bytes, undefined, box.root, ports));
  const words = grant.ticket.box?.words ?? [];
  expectOk(await confirmAtBox(place, words.slice(0, 4).join(' ')));
  expectOk(await acceptGrant(place, await readFile(grant.file ?? '')));
  return (request.peer.words ?? []).slice(4).join(' ');
}

/** The operator types the words of the box that was paired last. */
export async function confirmByHand(center: Site, typed: string): Promise<void> {
  const dir = join(center.root, 'center');
  expectOk(await decideTicket(dir, undefined, { type: 'words', typed }, undefined, ports));
}

export async function changeConfig(path: string, change: object): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, ...change }));
}

export function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error('A key that is no base64url');
  return bytes;
}
