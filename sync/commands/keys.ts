import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  beginNextEpoch,
  endOldEpoch,
  handOver,
  type KeysPlace,
  makeEpochs,
  replaceIdentity,
  revokeOldIdentity,
  setRelays,
} from '#sync/adapters/center-keys-change.ts';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { readConfig } from '#sync/adapters/config-file.ts';
import { dicomTlsFiles, makeDicomTlsKeys } from '#sync/adapters/dicom-tls-file.ts';
import { readCenterKeys } from '#sync/adapters/keys-file.ts';
import { complain, systemFaultOf } from '#sync/adapters/program-start.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys } from '#sync/adapters/relay-keys-file.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { base64url, fromBase64url, hex } from '#sync/core/bytes.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { relayName, shortText } from '#sync/seal/fields.ts';
import type { KeyList } from '#sync/seal/key-list.ts';
import { isSoundPublicKey } from '#sync/seal/signature.ts';

const help = `outpost keys init relay  --data DIR --name ID [--json]
outpost keys init center --name NAME --phone NUMBER --relay ID,URL,SPKI,RECEIPT [--relay ...]
                         [--config FILE] [--agent-config FILE] [--root-dir DIR] [--json]
outpost keys init dicom  --data DIR --name AE_TITLE [--json]
outpost keys list        [--config FILE] [--json]
outpost keys epoch add | next | end --kid K [--force]     receiving keys: make four for later, begin the next, end an old one
outpost keys identity next | revoke --key K               the key that signs: a new one, or one that was stolen
outpost keys relays --relay ID,URL,SPKI,RECEIPT [...]     the relays of this center, all of them
outpost keys root next --next-dir DIR                     hand over to a new root, which is made in DIR

Makes the keys of a relay, of a center, or of a box's DICOM door that speaks TLS once; nothing that exists is replaced. "init relay" prints the line that
"init center" wants behind --relay.

  --data DIR           data folder of the relay, or of the box's appliance
  --config FILE        config of the center (/etc/outpost/center.json)
  --agent-config FILE  config of the center's agent (/etc/outpost/agent.json)
  --root-dir DIR       where root.seed goes: a stick that you take away (default: the center's keys folder);
                       every change of the key list needs it again

Exit codes: 0 done, 64 usage, 65 refused.
`;

const dataDirSchema = z.object({ dataDir: z.string().min(1) });

type Answer = Result<{ readonly facts: object; readonly text: string }, Fault>;

/** The `outpost keys` command. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  const line = parseCommandLine('keys', {
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      name: { type: 'string' },
      phone: { type: 'string' },
      relay: { type: 'string', multiple: true },
      config: { type: 'string', default: '/etc/outpost/center.json' },
      'agent-config': { type: 'string', default: '/etc/outpost/agent.json' },
      'root-dir': { type: 'string' },
      'next-dir': { type: 'string' },
      kid: { type: 'string' },
      key: { type: 'string' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (!line.ok) return complain(line.fault, exitCode.usage);
  const { values, positionals } = line.value;
  if (values.help) {
    process.stdout.write(help);
    return exitCode.ok;
  }
  const answer = await answerTo(positionals.join(' '), values)?.catch((cause) =>
    fail(systemFaultOf(cause)),
  );
  if (!answer) {
    process.stderr.write(`A command, or what it needs, is missing.\n\n${help}`);
    return exitCode.usage;
  }
  if (!answer.ok) return complain(answer.fault, exitCode.data);
  process.stdout.write(values.json ? `${JSON.stringify(answer.value.facts)}\n` : answer.value.text);
  return exitCode.ok;
}

interface Values {
  readonly data?: string | undefined;
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
  readonly relay?: readonly string[] | undefined;
  readonly config: string;
  readonly 'agent-config': string;
  readonly 'root-dir'?: string | undefined;
  readonly 'next-dir'?: string | undefined;
  readonly kid?: string | undefined;
  readonly key?: string | undefined;
  readonly force: boolean;
}

function answerTo(command: string, values: Values): Promise<Answer> | undefined {
  const { data, name, phone, relay } = values;
  if (command === 'init relay' && data && name) return initRelay(resolve(data), name);
  if (command === 'init center' && name && phone && relay) {
    return initCenter(name, phone, relay, values);
  }
  if (command === 'init dicom' && data && name) return initDicom(resolve(data), name);
  if (command === 'list') return list(values.config);
  const change = changeOf(command, values);
  return change && changeKeys(values, change);
}

type Change = (place: KeysPlace) => Promise<Result<KeyList, Fault>>;

function changeOf(command: string, values: Values): Change | undefined {
  const { kid, key, relay, force } = values;
  const nextDir = values['next-dir'];
  const ports = { clock: systemClock, random: systemRandom };
  switch (command) {
    case 'epoch add':
      return (place) => makeEpochs(place, epochsAtOnce, ports);
    case 'epoch next':
      return (place) => beginNextEpoch(place, ports);
    case 'epoch end':
      return kid === undefined ? undefined : (place) => endOldEpoch(place, kid, force, ports);
    case 'identity next':
      return (place) => replaceIdentity(place, ports);
    case 'identity revoke':
      return key === undefined
        ? undefined
        : (place) => revokeOldIdentity(place, fromBase64url(key) ?? new Uint8Array());
    case 'relays':
      return relay === undefined
        ? undefined
        : async (place) => {
            const relays = parseRelays(relay);
            return relays.ok ? setRelays(place, relays.value) : relays;
          };
    case 'root next':
      return nextDir === undefined
        ? undefined
        : (place) => handOver(place, resolve(nextDir), ports);
    default:
      return undefined;
  }
}

/** Changes the key list of the center of `--config`; the running program publishes it within seconds. */
async function changeKeys(values: Values, change: Change): Promise<Answer> {
  const config = await readConfig('center', dataDirSchema, values.config);
  if (!config.ok) return config;
  const { dataDir } = config.value;
  const changed = await change({
    dataDir,
    rootDir: resolve(values['root-dir'] ?? join(dataDir, 'keys')),
  });
  if (!changed.ok) return changed;
  const shown = await list(values.config);
  if (!shown.ok) return shown;
  return ok({
    facts: shown.value.facts,
    text: `${shown.value.text}The center publishes it by itself. Take the stick away again; boxes without a link get center.keys by stick.\n`,
  });
}

/** A year of 90-day epochs. */
const epochsAtOnce = 4;

function parseRelays(lines: readonly string[]): Result<KeyList['relays'], Fault> {
  const relays: KeyList['relays'][number][] = [];
  for (const line of lines) {
    const relay = parseRelay(line);
    if (!relay.ok) return relay;
    relays.push(relay.value);
  }
  return ok(relays);
}

async function initRelay(dataDir: string, id: string): Promise<Answer> {
  const named = refuseName('--name', relayName, id);
  if (!named.ok) return named;
  const taken = await refuseExisting(join(dataDir, 'keys', 'receipt.seed'));
  if (!taken.ok) return taken;
  const facts = await makeRelayKeys(dataDir, id, systemRandom);
  return ok({
    facts,
    text: `The keys of relay "${id}" are in ${join(dataDir, 'keys')}.\nGive the center this line, with the relay's address in place of URL:\n  --relay ${id},URL,${facts.spki},${facts.receipt}\n`,
  });
}

async function initDicom(dataDir: string, aeTitle: string): Promise<Answer> {
  const named = refuseName('--name', relayName, aeTitle);
  if (!named.ok) return named;
  const taken = await refuseExisting(dicomTlsFiles(dataDir).keyFile);
  if (!taken.ok) return taken;
  const facts = await makeDicomTlsKeys(dataDir, aeTitle);
  return ok({
    facts,
    text: `Key and certificate of the DICOM door are made.\nModalities that want to know the box's certificate get a copy of\n  ${facts.certificateFile}\n`,
  });
}

async function initCenter(
  name: string,
  phone: string,
  relayLines: readonly string[],
  values: Values,
): Promise<Answer> {
  const named = refuseName('--name', shortText(100), name);
  if (!named.ok) return named;
  const called = refuseName('--phone', shortText(40), phone);
  if (!called.ok) return called;
  const config = await readConfig('center', dataDirSchema, values.config);
  if (!config.ok) return config;
  const agentConfig = await readConfig('agent', dataDirSchema, values['agent-config']);
  if (!agentConfig.ok) return agentConfig;
  const folder = join(config.value.dataDir, 'keys');
  const taken = await refuseExisting(join(folder, 'center.keys'));
  if (!taken.ok) return taken;
  const relays = parseRelays(relayLines);
  if (!relays.ok) return relays;
  const rootDir = resolve(values['root-dir'] ?? folder);
  const dirs = { dataDir: config.value.dataDir, agentDataDir: agentConfig.value.dataDir, rootDir };
  const made = await makeCenterKeys(
    { name, phone, relays: relays.value, codingMax, nowMs: systemClock.nowMs(), ...dirs },
    systemRandom,
  );
  const root = hex(made.root);
  return ok({
    facts: { root, keyList: join(folder, 'center.keys'), rootSeed: join(rootDir, 'root.seed') },
    text: `The keys of "${name}" are in ${folder}.\nRoot public key, for the config of each relay:\n  ${root}\nMove ${join(rootDir, 'root.seed')} to two sealed sticks in two places: nothing here needs it until the key list changes.\n`,
  });
}

async function list(configPath: string): Promise<Answer> {
  const config = await readConfig('center', dataDirSchema, configPath);
  if (!config.ok) return config;
  const keys = await readCenterKeys(config.value.dataDir);
  if (!keys.ok) return keys;
  const { keyList } = keys.value;
  const facts = {
    name: keyList.name,
    list: keyList.list,
    root: hex(keyList.root),
    identity: keyList.identity.map(({ key, state }) => ({ key: base64url(key), state })),
    receive: keyList.receive.map(({ kid, state }) => ({ kid: hex(kid), state })),
    relays: keyList.relays.map(({ id, urls, spki }) => ({ id, urls, spki: base64url(spki) })),
  };
  return ok({
    facts,
    text: `${[
      `${facts.name}, key list ${facts.list}, root ${facts.root}`,
      ...facts.identity.map(({ key, state }) => `identity   ${key}  ${state}`),
      ...facts.receive.map(({ kid, state }) => `receiving  ${kid}  ${state}`),
      ...facts.relays.map(({ id, urls, spki }) => `relay      ${id}  ${urls.join(' ')}  ${spki}`),
    ].join('\n')}\n`,
  });
}

function parseRelay(line: string): Result<KeyList['relays'][number], Fault> {
  const [id, url, spkiText, receiptText, ...rest] = line.split(',');
  const spki = fromBase64url(spkiText ?? '');
  const receipt = fromBase64url(receiptText ?? '');
  if (!relayName.safeParse(id).success || rest.length > 0) return fail(relayFault(line));
  if (!id || !url?.startsWith('https://') || !URL.canParse(url)) return fail(relayFault(line));
  if (spki?.length !== 32 || receipt?.length !== 32) return fail(relayFault(line));
  if (!isSoundPublicKey(receipt)) return fail(relayFault(line));
  return ok({ id, urls: [url], spki, receipt });
}

function relayFault(line: string): Fault {
  return fault(
    'keys/relay-line',
    `Cannot use the relay "${line}": it must be ID,https://...,SPKI,RECEIPT`,
    'Copy the line that "outpost keys init relay" printed',
  );
}

/** What a key list may not hold is refused before a key is made: nothing that exists is replaced. */
function refuseName(option: string, schema: z.ZodType<string>, text: string): Result<void, Fault> {
  const parsed = schema.safeParse(text);
  if (parsed.success) return ok(undefined);
  const why = parsed.error.issues[0]?.message;
  return fail(fault('keys/name', `Cannot use ${option} "${text}": ${why}`, 'Give another one'));
}

async function refuseExisting(path: string): Promise<Result<void, Fault>> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (!exists) return ok(undefined);
  return fail(
    fault(
      'keys/exist',
      `Cannot make keys: "${path}" is there already`,
      'Use the keys that exist; remove the folder only if nothing was ever paired with them',
    ),
  );
}
