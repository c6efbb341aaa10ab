import { resolve } from 'node:path';
import type { Fault } from '../core/fault.ts';
import { ok, type Result } from '../core/result.ts';
import { boxText } from '../seal/ceremony-text.ts';
import { codeOfRoot } from '../seal/party.ts';
import { dataDirSchema, readConfig } from './config-file.ts';
import { readBoxPeers } from './keys-file.ts';
import {
  type PairOutcome,
  type PairResult,
  type PairValues,
  pairPorts,
  parseSite,
  readNamed,
} from './pair-line.ts';
import {
  acceptGrant,
  type BoxPlace,
  type BoxProgress,
  confirmAtBox,
  requestPairing,
  returnToCenter,
} from './pairing-box.ts';
import { versionOfOutpost } from './version.ts';

/** Asks a center with its card and its key list. */
export async function request(values: PairValues): Promise<PairResult> {
  const site = parseSite(values.site ?? '');
  if (!site.ok) return site;
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const cardText = await readNamed(values.card ?? '');
  if (!cardText.ok) return cardText;
  const keyListText = await readNamed(values.keys ?? '');
  if (!keyListText.ok) return keyListText;
  const done = await requestPairing(
    place.value,
    {
      cardText: cardText.value.toString('utf8'),
      keyListText: keyListText.value.toString('utf8'),
      site: site.value,
      version: versionOfOutpost(),
      outDir: resolve(values.out ?? '.'),
    },
    pairPorts,
  );
  if (!done.ok) return done;
  const { peer, file } = done.value;
  const facts = { state: peer.state, file, words: peer.words?.slice(4) ?? [] };
  return ok({
    facts,
    text: `${boxText(peer)}The request goes to the center by itself when a relay answers. Without a link carry it there: ${file}\n`,
  });
}

/** Shows the grant of this box to a center that lost its record. */
export async function comeBack(values: PairValues): Promise<PairResult> {
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const outDir = resolve(values.out ?? '.');
  const done = await returnToCenter(
    place.value,
    { version: versionOfOutpost(), outDir },
    pairPorts,
  );
  if (!done.ok) return done;
  const { peer, file, words } = done.value;
  const lastWords = words.slice(4);
  return ok({
    facts: { state: peer.state, file, words: lastWords },
    text: `The return of this box is made. It goes to the center by itself when a relay answers; without a link carry it there: ${file}\nWhen the center asks who you are, read these four words:  ${lastWords.join(' ')}\n`,
  });
}

/** Takes the grant in a file. */
export async function accept(file: string, values: PairValues): Promise<PairResult> {
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const bytes = await readNamed(file);
  if (!bytes.ok) return bytes;
  const done = await acceptGrant(place.value, bytes.value);
  return done.ok ? ok(ofPeer(done.value)) : done;
}

/** The words that the operator read. */
export async function confirmHere(typed: string, values: PairValues): Promise<PairResult> {
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const done = await confirmAtBox(place.value, typed);
  return done.ok ? ok(ofPeer(done.value)) : done;
}

/** How each pairing of this box stands, and what it waits for. */
export async function status(values: PairValues): Promise<PairResult> {
  const place = await boxPlace(values);
  if (!place.ok) return place;
  const peers = await readBoxPeers(place.value.dataDir);
  const facts = peers.map(({ state, site, ticket, root }) => ({
    ...{ state, site, ticket, root },
    code: root === undefined ? undefined : codeOfRoot(root),
  }));
  const text = peers
    .map((peer) => {
      const code = peer.root === undefined ? '' : `, center ${codeOfRoot(peer.root)}`;
      return `${peer.site}, ${peer.state}${code}\n${boxText(peer)}`;
    })
    .join('\n');
  return ok({ facts: { pairings: facts }, text: text || 'This box asked no center yet.\n' });
}

function ofPeer({ peer, notice }: BoxProgress): PairOutcome {
  return { facts: { state: peer.state }, text: boxText(peer), ...(notice && { notice }) };
}

async function boxPlace(values: PairValues): Promise<Result<BoxPlace, Fault>> {
  const path = values.config ?? '/etc/outpost/appliance.json';
  const config = await readConfig('appliance', dataDirSchema, path);
  if (!config.ok) return config;
  const agentConfig = await readConfig('agent', dataDirSchema, values['agent-config']);
  if (!agentConfig.ok) return agentConfig;
  return ok({ dataDir: config.value.dataDir, agentDataDir: agentConfig.value.dataDir });
}
