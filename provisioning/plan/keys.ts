import { type Answers, type BoxAnswers, boxOf, centerOf } from './answers.ts';
import type { Machine } from './machine.ts';
import { centerPlace, configDir, dataDir, firstPlace } from './programs.ts';
import type { Resource, Tree } from './resources.ts';

type Command = Extract<Resource, { kind: 'command' }>;

/**
 * Keys and pairing, by the `outpost` command. A config that a command reads is named as `@config:PATH`, and a folder
 * as `@path:PATH`: setup puts in where they are below its root.
 */
export function keyResources(answers: Answers, machine: Machine): readonly Resource[] {
  const trees = treesOf(answers);
  return [
    ...centerCommands(answers, machine),
    ...boxCommands(answers, machine),
    ...trees.map((tree): Resource => ({ kind: 'tree', ...tree, why: 'keys belong to one user' })),
  ];
}

function centerCommands(answers: Answers, { keys }: Machine): readonly Command[] {
  const parts = centerOf(answers);
  if (!parts) return [];
  const { center, relay } = parts;
  const place = centerPlace(answers);
  const facts = relay.port === undefined ? relay : keys.relay;
  const line = `${relay.id},${relay.url},${facts?.spki},${facts?.receipt}`;
  const relayKeys: Command = {
    kind: 'command',
    name: 'relay keys',
    args: ['keys', 'init', 'relay', '--data', `@path:${dataDir}/relay`, '--name', relay.id],
    isDone: keys.relay !== undefined,
    trees: [tree(`${dataDir}/relay/keys`, 'outpost-relay')],
    why: 'the relay proves itself and signs for what it keeps',
  };
  const centerKeys: Command = {
    kind: 'command',
    name: 'center keys',
    args: [
      ...['keys', 'init', 'center', `--name=${center.name}`, `--phone=${center.phone}`],
      ...['--relay', line, '--config', `@config:${configDir}/center.json`],
      ...['--agent-config', `@config:${configDir}/${place.agentName}.json`],
      ...['--root-dir', center.rootKeyFolder],
    ],
    isDone: keys.centerRoot !== undefined,
    ...(facts === undefined && { waitsFor: 'the keys of the relay' }),
    trees: centerTrees(answers),
    why: 'the center signs, and opens what is sealed to it',
  };
  return [...(relay.port === undefined ? [] : [relayKeys]), centerKeys];
}

function boxCommands(answers: Answers, { keys }: Machine): readonly Command[] {
  const box = boxOf(answers);
  if (!box) return [];
  const folder = box.pairing?.folder;
  const configs = [
    ...['--config', `@config:${configDir}/appliance.json`],
    ...['--agent-config', `@config:${configDir}/${firstPlace.agentName}.json`],
  ];
  const isAsked = keys.pairing !== undefined && keys.pairing.state !== 'carded';
  const noFolder = 'a pairing folder in the answers';
  const request: Command = {
    kind: 'command',
    name: 'pairing request',
    args: [
      ...['pair', 'request', '--card', `${folder}/card.txt`, '--keys', `${folder}/center.keys`],
      ...['--site', box.site.code, '--out', `${folder}`, ...configs],
    ],
    isDone: isAsked,
    ...(!keys.hasCard && {
      waitsFor: folder ? `card.txt and center.keys in ${folder}` : noFolder,
      isDeferred: true,
    }),
    trees: boxTrees(),
    why: 'the box asks its center to take it',
  };
  const grant: Command = {
    kind: 'command',
    name: 'pairing grant',
    args: ['pair', 'accept', `${keys.grantFile}`, ...configs],
    isDone: keys.pairing?.hasGrant === true,
    ...(keys.grantFile === undefined && {
      waitsFor: folder ? `the center's grant-*.spk in ${folder}` : noFolder,
      isDeferred: true,
    }),
    trees: boxTrees(),
    why: 'the center has answered',
  };
  const words: Command = {
    kind: 'command',
    name: 'pairing words',
    args: ['pair', 'confirm'],
    isDone: /^(confirmed|linked|active)$/.test(keys.pairing?.state ?? ''),
    waitsFor: 'the phone call: provisioning/setup.sh pair confirm --words "W1 W2 W3 W4"',
    isDeferred: true,
    trees: [],
    why: 'no patient leaves before a person has compared the words',
  };
  return [...doorCommands(box, keys.hasDicomTls), request, grant, words];
}

/** The pair of the TLS door, unless the answers name files. */
function doorCommands({ dicom }: BoxAnswers, isDone: boolean): readonly Command[] {
  if (!dicom.tls || dicom.tls.keyFile !== undefined) return [];
  const data = `@path:${dataDir}/appliance`;
  return [
    {
      kind: 'command',
      name: 'DICOM TLS key',
      args: ['keys', 'init', 'dicom', '--data', data, '--name', dicom.aeTitle],
      isDone,
      trees: [tree(`${dataDir}/appliance/keys`, 'outpost-appliance')],
      why: 'the TLS door of the box needs a key and a certificate',
    },
  ];
}

function treesOf(answers: Answers): readonly Tree[] {
  const relay = centerOf(answers)?.relay.port === undefined ? [] : [relayTree];
  return [
    ...(boxOf(answers) ? boxTrees() : []),
    ...(centerOf(answers) ? [...relay, ...centerTrees(answers)] : []),
  ];
}

const relayTree = tree(`${dataDir}/relay/keys`, 'outpost-relay');

function boxTrees(): readonly Tree[] {
  return [
    tree(`${dataDir}/appliance/keys`, 'outpost-appliance'),
    tree(`${dataDir}/appliance/peers`, 'outpost-appliance'),
    tree(`${firstPlace.agentDir}/keys`, 'outpost-agent'),
  ];
}

function centerTrees(answers: Answers): readonly Tree[] {
  return [
    tree(`${dataDir}/center/keys`, 'outpost-center'),
    tree(`${dataDir}/center/peers`, 'outpost-center'),
    tree(`${centerPlace(answers).agentDir}/keys`, 'outpost-agent'),
  ];
}

function tree(path: string, owner: Tree['owner']): Tree {
  return { path, owner };
}
