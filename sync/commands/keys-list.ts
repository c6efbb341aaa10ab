import { dataDirSchema, readConfig } from '#sync/adapters/config-file.ts';
import { readCenterKeys } from '#sync/adapters/keys-file.ts';
import { codingMax } from '#sync/coding/coding.ts';
import { base64url, hex } from '#sync/core/bytes.ts';
import type { Fault } from '#sync/core/fault.ts';
import { ok, type Result } from '#sync/core/result.ts';

/** What a keys command did: `facts` for --json, `text` for people. */
export type Answer = Result<{ readonly facts: object; readonly text: string }, Fault>;

/** The key list of the center whose config is at `configPath`: public halves and states, no secret. */
export async function listKeys(configPath: string): Promise<Answer> {
  const config = await readConfig('center', dataDirSchema, configPath);
  if (!config.ok) return config;
  const keys = await readCenterKeys(config.value.dataDir);
  if (!keys.ok) return keys;
  const { keyList } = keys.value;
  const facts = {
    name: keyList.name,
    list: keyList.list,
    codingMax: keyList.codingMax,
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
      ...(keyList.codingMax < codingMax ? [olderCodings(keyList.codingMax)] : []),
    ].join('\n')}\n`,
  });
}

function olderCodings(announced: number): string {
  return `Boxes are told that codings up to ${announced} are understood here; this program understands ${codingMax}. Run "outpost keys renew" with the stick of the root: studies then need fewer bytes.`;
}
