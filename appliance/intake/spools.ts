import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import type { Order } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool, SpoolFault } from '#sync/wire/spool.ts';
import type { Pairing } from '../ports-pairing.ts';
import { peerOf } from './pairing.ts';

type Written = Promise<Result<void, SpoolFault>>;

/** The spools of all centers as one: the first center has the spool itself, each further one a spool inside it. */
export interface BoxSpool
  extends Omit<
    ClinicalSpool,
    'putPack' | 'writeOrder' | 'writePeer' | 'writeEnrolment' | 'putPublic' | 'readPublic'
  > {
  /** Into the spool of `center` (its root). */
  putPack(packId: PackId, bytes: Uint8Array, center: string): Written;
  /** Each center's agent is told of its own packs; `centers`: their roots by pack id. */
  writeOrder(order: Order, centers: ReadonlyMap<string, string>): Written;
  /** Makes the spools of new centers, and tells the agents of centers and pairings what they need. */
  serve(pairing: Pairing | undefined): Written;
  /** The newest key lists that the agents brought. */
  readKeyLists(): Promise<readonly Uint8Array[]>;
}

/** Spools of the centers after the first one, by name of their transport key. */
export interface OtherSpools {
  /** Those that were made before. */
  names(): Promise<readonly string[]>;
  open(name: string): Promise<ClinicalSpool>;
}

export const noOtherSpools: OtherSpools = {
  names: async () => [],
  open: () => Promise.reject(new Error('There are no other spools')),
};

interface Party {
  readonly spool: ClinicalSpool;
  /** Shown where several centers are. */
  name: string;
  written: { peer: string; asks: string; order: string };
}

/** Opens the spools that were made before too, so that nothing in them counts as lost. */
export async function createBoxSpool(first: ClinicalSpool, others: OtherSpools): Promise<BoxSpool> {
  const main = partyOf(first);
  const parties = new Map<string, Party>([['', main]]);
  const routes = new Map<string, Party>();
  const watches: Parameters<ClinicalSpool['watch']>[] = [];

  async function partyNamed(name: string): Promise<Party> {
    const known = parties.get(name);
    if (known) return known;
    const party = partyOf(await others.open(name));
    parties.set(name, party);
    for (const watch of watches) party.spool.watch(...watch);
    return party;
  }

  for (const name of await others.names()) await partyNamed(name);
  const all = (): readonly ClinicalSpool[] => [...parties.values()].map(({ spool }) => spool);

  async function writeOnce(
    party: Party,
    what: keyof Party['written'],
    value: unknown,
    write: () => Written,
  ): Written {
    const text = JSON.stringify(value);
    if (party.written[what] === text) return ok(undefined);
    const written = await write();
    if (written.ok) party.written[what] = text;
    return written;
  }

  return {
    putPack: async (packId, bytes, center) =>
      routes.get(center)?.spool.putPack(packId, bytes) ?? fail(noSpool),
    sentPacks: () => gather(all, (spool) => spool.sentPacks()),
    readSent: (packId) => find(all, (spool) => spool.readSent(packId)),
    removeSent: async (packId) => {
      for (const spool of all()) await spool.removeSent(packId);
    },
    writeOrder: async (order, centers) => {
      let outcome: Awaited<Written> = ok(undefined);
      for (const party of parties.values()) {
        const isOwn = ({ packId }: Order['packs'][number]): boolean =>
          routes.get(centers.get(packId) ?? '') === party;
        const own = { ...order, packs: order.packs.filter(isOwn) };
        const write = () => party.spool.writeOrder(own);
        const written = await writeOnce(party, 'order', own, write);
        if (!written.ok) outcome = written;
      }
      return outcome;
    },
    serve: async (pairing) => {
      const centers = pairing?.centers ?? [];
      for (const center of centers) {
        const party = await partyNamed(center.transport ?? '');
        routes.set(center.root, party);
        party.name = center.name;
      }
      for (const center of centers) {
        const party = routes.get(center.root) ?? main;
        const peer = peerOf(center);
        const write = () => (peer ? party.spool.writePeer(peer) : Promise.resolve(ok(undefined)));
        const written = await writeOnce(party, 'peer', peer ?? null, write);
        if (!written.ok) return written;
      }
      // Written once at the start too, so that what an earlier run asked for ends with it.
      for (const party of parties.values()) {
        const asks = (pairing?.asks ?? []).flatMap(({ root, ...ask }) =>
          (routes.get(root ?? '') ?? main) === party ? [ask] : [],
        );
        const write = () => party.spool.writeEnrolment({ format: 1, asks });
        const written = await writeOnce(party, 'asks', asks, write);
        if (!written.ok) return written;
      }
      return ok(undefined);
    },
    ...mailIn(all),
    agentState: async () => {
      const served = [...parties.values()];
      const states = await Promise.all(served.map(({ spool }) => spool.agentState()));
      return stateOfAll(states.map((state, index) => ({ state, name: served[index]?.name ?? '' })));
    },
    watch: (...watch) => {
      watches.push(watch);
      for (const spool of all()) spool.watch(...watch);
    },
  };
}

type Mail = Pick<
  BoxSpool,
  | 'readKeyLists'
  | 'arrivedPacks'
  | 'readArrived'
  | 'markTaken'
  | 'forgetTaken'
  | 'custodyPacks'
  | 'custodyReceipt'
>;

/** What the agents brought, of all centers. */
function mailIn(all: () => readonly ClinicalSpool[]): Mail {
  return {
    readKeyLists: () =>
      gather(all, async (spool) => {
        const text = await spool.readPublic('center.keys');
        return text ? [text] : [];
      }),
    arrivedPacks: () => gather(all, (spool) => spool.arrivedPacks()),
    readArrived: async (packId) => {
      let answer = fail(noSpool) as Awaited<ReturnType<ClinicalSpool['readArrived']>>;
      for (const spool of all()) {
        if (answer.ok || answer.fault.kind !== 'spool/missing') break;
        answer = await spool.readArrived(packId);
      }
      return answer;
    },
    markTaken: async (packId) => {
      const spools = all();
      for (const spool of spools) {
        const isHere = spools.length === 1 || (await spool.arrivedPacks()).includes(packId);
        const marked = isHere ? await spool.markTaken(packId) : ok(undefined);
        if (!marked.ok) return marked;
      }
      return ok(undefined);
    },
    forgetTaken: async () => {
      for (const spool of all()) await spool.forgetTaken();
    },
    custodyPacks: () => gather(all, (spool) => spool.custodyPacks()),
    custodyReceipt: (packId) => find(all, (spool) => spool.custodyReceipt(packId)),
  };
}

async function gather<T>(
  all: () => readonly ClinicalSpool[],
  ask: (spool: ClinicalSpool) => Promise<readonly T[]>,
): Promise<T[]> {
  return (await Promise.all(all().map(ask))).flat();
}

/** The first spool that has it. */
async function find<T>(
  all: () => readonly ClinicalSpool[],
  ask: (spool: ClinicalSpool) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const spool of all()) {
    const found = await ask(spool);
    if (found !== undefined) return found;
  }
  return undefined;
}

const noSpool: SpoolFault = fault(
  'spool/missing',
  'Cannot put a pack into the spool: its center has none yet',
  'It is tried again',
  'later',
);

function partyOf(spool: ClinicalSpool): Party {
  return { spool, name: '', written: { peer: 'null', asks: '', order: '' } };
}

/**
 * What the agent says of all centers: the link is up when one of them answers, and what stands in the way says whose
 * it is.
 */
function stateOfAll(
  told: readonly { readonly state: AgentState | undefined; readonly name: string }[],
): AgentState | undefined {
  const known = told.flatMap(({ state, name }) => (state ? [{ state, name }] : []));
  const [first] = known;
  if (first === undefined || known.length === 1) return first?.state;
  const links = known.map(({ state }) => state.link);
  const contacts = known.map(({ state }) => state.lastContactAt ?? '').sort();
  return {
    ...first.state,
    link: links.includes('up') ? 'up' : links.includes('down') ? 'down' : 'unknown',
    rateBytesPerS: Math.max(...known.map(({ state }) => state.rateBytesPerS)),
    lastContactAt: contacts.at(-1) || null,
    offsets: Object.assign({}, ...known.map(({ state }) => state.offsets)),
    faults: known.flatMap(({ state, name }) =>
      state.faults.map((each) =>
        name === '' ? each : { ...each, message: `${name}: ${each.message}` },
      ),
    ),
  };
}
