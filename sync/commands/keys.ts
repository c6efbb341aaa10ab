import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  beginNextEpoch,
  endOldEpoch,
  handOver,
  type KeysPlace,
  makeEpochs,
  renewKeyList,
  replaceIdentity,
  revokeOldIdentity,
  setRelays,
} from '#sync/adapters/center-keys-change.ts';
import { noteRestored } from '#sync/adapters/center-keys-restored.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { dataDirSchema, readConfig } from '#sync/adapters/config-file.ts';
import { complain, systemFaultOf } from '#sync/adapters/program-start.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { inPaths, readBounded } from '#sync/adapters/spool-folder-files.ts';
import { fromBase64url } from '#sync/core/bytes.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';
import type { Fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { KeyList } from '#sync/seal/key-list.ts';
import { initCenter, initDicom, initRelay } from './keys-init.ts';
import { type Answer, listKeys } from './keys-list.ts';
import { parseRelays } from './keys-relays.ts';

const help = `outpost keys init relay  --data DIR --name ID [--json]
outpost keys init center --name NAME --phone NUMBER --relay ID,URL,SPKI,RECEIPT [--relay ...]
                         [--config FILE] [--agent-config FILE] [--root-dir DIR] [--json]
outpost keys init dicom  --data DIR --name AE_TITLE [--json]
outpost keys list        [--config FILE] [--json]
outpost keys epoch add | next | end --kid K [--force]     receiving keys: make four for later, begin the next, end an old one
outpost keys identity next | revoke --key K               the key that signs: a new one, or one that was stolen
outpost keys relays --relay ID,URL,SPKI,RECEIPT [...]     the relays of this center, all of them
outpost keys renew                                        after an update: boxes hear which codings it can decode
outpost keys restored [--known FILE ...] [--force]        after a restore from a backup: boxes offer again what they still have
outpost keys root next --next-dir DIR                     hand over to a new root, which is made in DIR

Makes the keys of a relay, of a center, or of a box's DICOM door that speaks TLS once; nothing that exists is replaced. "init relay" prints the line that
"init center" wants behind --relay.

  --data DIR           data folder of the relay, or of the box's appliance
  --config FILE        config of the center (/etc/outpost/center.json)
  --agent-config FILE  config of the center's agent (/etc/outpost/agent.json)
  --known FILE         a center.keys of a box, a relay or a stick; without one, what the relays told the agent counts
  --root-dir DIR       where root.seed goes: a stick that you take away (default: the center's keys folder);
                       every change of the key list needs it again

Exit codes: 0 done, 64 usage, 65 refused.
`;

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
      known: { type: 'string', multiple: true },
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
  readonly known?: readonly string[] | undefined;
  readonly force: boolean;
}

function answerTo(command: string, values: Values): Promise<Answer> | undefined {
  const { data, name, phone, relay } = values;
  if (command === 'init relay' && data && name) return initRelay(resolve(data), name);
  if (command === 'init center' && name && phone && relay) {
    return initCenter(name, phone, relay, {
      config: values.config,
      agentConfig: values['agent-config'],
      rootDir: values['root-dir'],
    });
  }
  if (command === 'init dicom' && data && name) return initDicom(resolve(data), name);
  if (command === 'list') return listKeys(values.config);
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
        : (place) => revokeOldIdentity(place, fromBase64url(key) ?? new Uint8Array(), ports);
    case 'relays':
      return relay === undefined
        ? undefined
        : async (place) => {
            const relays = parseRelays(relay);
            return relays.ok ? setRelays(place, relays.value, ports) : relays;
          };
    case 'restored':
      return async (place) => noteRestored(place, await knownLists(values), ports, force);
    case 'renew':
      return (place) => renewKeyList(place, ports);
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
  const shown = await listKeys(values.config);
  if (!shown.ok) return shown;
  return ok({
    facts: shown.value.facts,
    text: `${shown.value.text}The center publishes it by itself. Take the stick away again; boxes without a link get center.keys by stick.\n`,
  });
}

/** Key lists from outside of the backup: the files that are named, and what the agent fetched from the relays. */
async function knownLists({ config, known = [] }: Values): Promise<readonly Uint8Array[]> {
  const named = await Promise.all(known.map((file) => readFile(resolve(file))));
  const place = await readConfig('center', spoolDirSchema, config);
  const path = place.ok && join(inPaths(place.value.spoolDir).public, 'center.keys');
  const brought = path ? await readBounded(path, listSizeBytes) : undefined;
  return [...named, ...(brought?.ok ? [brought.value] : [])];
}

const spoolDirSchema = z.object({ spoolDir: z.string().min(1) });
/** Lists with hand-overs are longer than one; what is longer than this is none. */
const listSizeBytes = 1024 * 1024;

/** A year of 90-day epochs. */
const epochsAtOnce = 4;
