import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { makeCenterKeys } from '#sync/adapters/center-keys-file.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { dataDirSchema, readConfig } from '#sync/adapters/config-file.ts';
import { dicomTlsFiles, makeDicomTlsKeys } from '#sync/adapters/dicom-tls-file.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { makeRelayKeys } from '#sync/adapters/relay-keys-file.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { hex } from '#sync/core/bytes.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { relayName, shortText } from '#sync/seal/fields.ts';
import type { Answer } from './keys-list.ts';
import { parseRelays } from './keys-relays.ts';

/** Config files of the center and its agent; `rootDir` takes the root seed instead of the center's keys folder. */
export interface CenterPaths {
  readonly config: string;
  readonly agentConfig: string;
  readonly rootDir?: string | undefined;
}

/** Makes the keys of a relay in `dataDir`, once. */
export async function initRelay(dataDir: string, id: string): Promise<Answer> {
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

/** Makes key and certificate of the DICOM door that speaks TLS, once. */
export async function initDicom(dataDir: string, aeTitle: string): Promise<Answer> {
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

/** Makes root, identity and receiving keys of a center and its first key list, once. */
export async function initCenter(
  name: string,
  phone: string,
  relayLines: readonly string[],
  paths: CenterPaths,
): Promise<Answer> {
  const named = refuseName('--name', shortText(100), name);
  if (!named.ok) return named;
  const called = refuseName('--phone', shortText(40), phone);
  if (!called.ok) return called;
  const config = await readConfig('center', dataDirSchema, paths.config);
  if (!config.ok) return config;
  const agentConfig = await readConfig('agent', dataDirSchema, paths.agentConfig);
  if (!agentConfig.ok) return agentConfig;
  const folder = join(config.value.dataDir, 'keys');
  const taken = await refuseExisting(join(folder, 'center.keys'));
  if (!taken.ok) return taken;
  const relays = parseRelays(relayLines);
  if (!relays.ok) return relays;
  const rootDir = resolve(paths.rootDir ?? folder);
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
