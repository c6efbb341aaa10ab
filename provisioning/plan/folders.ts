import { type Answers, boxOf, centerOf } from './answers.ts';
import { centerPlace, dataDir, firstPlace, type Place } from './programs.ts';
import type { Owner, Resource } from './resources.ts';

type Folder = Extract<Resource, { kind: 'folder' }>;

/** Folders of data with the modes of the zones design: whose they are, and who may look in. */
export function folders(answers: Answers): readonly Folder[] {
  const box = boxOf(answers);
  const center = centerOf(answers);
  return [
    { ...own(dataDir, 'root', 'the way to all data'), mode: 0o755 },
    ...(box ? boxFolders() : []),
    ...(center ? centerFolders(answers) : []),
    ...runFolders(answers),
  ];
}

/** Folders on the memory file system, made anew at each start of the machine. */
export function runFolders(answers: Answers): readonly Folder[] {
  const box: Folder = {
    ...own(firstPlace.runDir, 'outpost-appliance', 'the socket of the box, for the screen'),
    group: 'outpost-tui',
    mode: 0o2750,
  };
  const center: Folder = {
    ...own(centerPlace(answers).runDir, 'outpost-center', 'the socket of the center'),
    mode: 0o2750,
  };
  return [...(boxOf(answers) ? [box] : []), ...(centerOf(answers) ? [center] : [])];
}

function boxFolders(): readonly Folder[] {
  return [
    ...withKeys(`${dataDir}/appliance`, 'outpost-appliance', 'images, letters and keys of the box'),
    own(`${dataDir}/appliance/peers`, 'outpost-appliance', 'what pairing has agreed'),
    ...withKeys(firstPlace.agentDir, 'outpost-agent', 'journal and transport key of the agent'),
    own(`${dataDir}/tui`, 'outpost-tui', 'reports that staff save'),
    own(`${dataDir}/tui/reports`, 'outpost-tui', 'reports that staff save'),
    ...spool(firstPlace, 'outpost-appliance'),
  ];
}

function centerFolders(answers: Answers): readonly Folder[] {
  const place = centerPlace(answers);
  const { center, relay } = centerOf(answers) ?? {};
  return [
    ...withKeys(`${dataDir}/center`, 'outpost-center', 'studies, ledger and keys of the center'),
    own(`${dataDir}/center/peers`, 'outpost-center', 'tickets and boxes'),
    ...withKeys(place.agentDir, 'outpost-agent', 'journal and transport key of the agent'),
    ...(relay?.port === undefined
      ? []
      : withKeys(`${dataDir}/relay`, 'outpost-relay', 'sealed packs and keys of the relay')),
    ...spool(place, 'outpost-center'),
    ...[center?.reportFolder, center?.deliveryFolder]
      .filter((path) => path !== undefined)
      .map((path) => ({
        ...own(path, 'outpost-center', 'shared with the readers of the center'),
        mode: 0o2770,
      })),
  ];
}

/**
 * The only door between the zones: `out` is written by the clinical zone, `in` by the agent, each reads the other's.
 * All folders are made here, since no service may set the group bit (RestrictSUIDSGID).
 */
function spool({ spoolDir }: Place, clinical: Owner): readonly Folder[] {
  const side = (name: string, owner: Owner, last: string): readonly Folder[] =>
    ['', '/tmp', '/new', '/public', `/${last}`].map((each) => ({
      ...own(`${spoolDir}/${name}${each}`, owner, `spool: written by ${owner} alone`),
      group: 'outpost-spool',
      mode: 0o2750,
    }));
  return [
    { ...own(spoolDir, 'root', 'the door between the zones'), mode: 0o755 },
    ...side('out', clinical, 'taken'),
    ...side('in', 'outpost-agent', 'custody'),
  ];
}

function withKeys(path: string, owner: Owner, why: string): readonly Folder[] {
  return [own(path, owner, why), own(`${path}/keys`, owner, 'keys, for no other user')];
}

function own(path: string, owner: Owner, why: string): Folder {
  return { kind: 'folder', path, owner, group: owner, mode: 0o700, why };
}
