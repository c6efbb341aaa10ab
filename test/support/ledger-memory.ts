import { isDelivered, keyOf, nextState } from '#sync/center/instances.ts';
import type { Ledger, LedgerCounts } from '#sync/center/ports-ledger.ts';
import type {
  AddresseeRow,
  InstanceKey,
  InstanceRow,
  InstanceState,
  KnownManifest,
  OutgoingRow,
  PackRow,
  ReportRow,
  StudyRow,
} from '#sync/center/rows.ts';

/** A ledger over plain maps; it passes the same contract as the database. */
export function createMemoryLedger(): Ledger {
  const packs = new Map<string, PackRow>();
  let isRebuilding = false;
  const studies = new Map<string, StudyRow>();
  const instances = new Map<string, InstanceRow>();
  const manifests = new Map<string, KnownManifest & { readonly isOpen: boolean }>();
  const lists = new Map<string, readonly InstanceKey[]>();
  const outgoing = new Map<string, OutgoingRow>();
  const reports = new Map<string, ReportRow>();
  const addressees = new Map<string, AddresseeRow>();
  const isWithdrawn = (uid: string): boolean =>
    addressees.get(`${uid} ${studies.get(uid)?.site}`)?.isOurs === false;

  const of = (study: string) => [...manifests.values()].filter((m) => m.studyInstanceUid === study);
  const isStat = (study: string): boolean =>
    of(study)
      .toSorted((a, b) => a.version - b.version)
      .at(-1)?.isStat ?? false;
  const firstAt = (study: string): string => studies.get(study)?.firstAt ?? '';
  const known = ({ isOpen, ...manifest }: KnownManifest & { isOpen: boolean }): KnownManifest => ({
    ...manifest,
    isAnswered: manifest.hasList && !isOpen,
  });
  const open = (packId: string, isOpen: boolean): void => {
    const manifest = manifests.get(packId);
    if (manifest?.hasList) manifests.set(packId, { ...manifest, isOpen });
  };
  const change = (key: InstanceKey, change: (row: InstanceRow) => Partial<InstanceRow>): void => {
    const row = instances.get(keyOf(key));
    if (row !== undefined) instances.set(keyOf(key), { ...row, ...change(row) });
  };
  const move = (
    key: InstanceKey,
    event: 'send' | 'store' | 'fail' | 'crash',
    more: (row: InstanceRow) => Partial<InstanceRow> = () => ({}),
  ): void =>
    change(key, (row) => {
      const state = nextState(row.state, event);
      return state === undefined ? {} : { state, ...more(row) };
    });
  const counted = (rows: readonly InstanceRow[]): Record<InstanceState, number> => {
    const counts = { planned: 0, sending: 0, stored: 0, committed: 0, conflict: 0 };
    for (const { state } of rows) counts[state] += 1;
    return counts;
  };

  const unanswered = (): readonly KnownManifest[] =>
    [...manifests.values()]
      .filter(({ isOpen }) => isOpen)
      .filter(({ studyInstanceUid }) => !isWithdrawn(studyInstanceUid))
      .filter(({ studyInstanceUid, version }) =>
        of(studyInstanceUid).every((other) => !other.hasList || other.version <= version),
      )
      .map(known);

  return {
    isEmpty: async () => packs.size === 0 || isRebuilding,
    beginRebuild: async () => {
      isRebuilding = true;
    },
    endRebuild: async () => {
      isRebuilding = false;
    },
    sending: async () => [...instances.values()].filter(({ state }) => state === 'sending'),
    recoverSending: async () => {
      const rows = [...instances.values()].filter(({ state }) => state === 'sending');
      for (const row of rows) {
        move(row, 'crash', ({ resentAfterCrash }) => ({ resentAfterCrash: resentAfterCrash + 1 }));
      }
      return rows.length;
    },
    findPack: async (packId) => packs.get(packId),
    packsOfUid: async (uid) => [...packs.values()].filter((pack) => pack.uid === uid),
    packsOfNumber: async (stream, sequence) =>
      [...packs.values()].filter((pack) => pack.stream === stream && pack.sequence === sequence),
    findStudy: async (uid) => studies.get(uid),
    findInstances: async (uids) =>
      [...instances.values()].filter(({ sopInstanceUid }) => uids.includes(sopInstanceUid)),
    record: async ({ pack, study, instances: entered, manifest, list, addressee }) => {
      if (!packs.has(pack.packId)) packs.set(pack.packId, pack);
      if (study !== undefined) {
        const before = studies.get(study.studyInstanceUid) ?? study;
        studies.set(study.studyInstanceUid, { ...before, box: study.box, site: study.site });
      }
      if (addressee !== undefined) {
        const key = `${addressee.studyInstanceUid} ${addressee.site}`;
        const before = addressees.get(key);
        const isNewer = before?.box !== addressee.box || before.version < addressee.version;
        if (isNewer) addressees.set(key, addressee);
      }
      for (const facts of entered) {
        if (instances.has(keyOf(facts))) continue;
        const fresh = { refusals: 0, resentAfterCrash: 0, lastFault: null, storedAt: null };
        instances.set(keyOf(facts), { ...facts, ...fresh, state: facts.enteredAs });
      }
      if (manifest === undefined || manifests.has(manifest.packId)) return;
      manifests.set(manifest.packId, { ...manifest, isAnswered: false, isOpen: manifest.hasList });
      lists.set(manifest.packId, list ?? []);
    },

    planned: async (limit) =>
      [...instances.values()]
        .filter(({ state }) => state === 'planned')
        .filter(({ studyInstanceUid }) => !isWithdrawn(studyInstanceUid))
        .toSorted(
          (a, b) =>
            Number(isStat(b.studyInstanceUid)) - Number(isStat(a.studyInstanceUid)) ||
            Number(a.refusals > 0) - Number(b.refusals > 0) ||
            compare(firstAt(a.studyInstanceUid), firstAt(b.studyInstanceUid)) ||
            compare(a.studyInstanceUid, b.studyInstanceUid) ||
            compare(a.seriesInstanceUid, b.seriesInstanceUid) ||
            a.instanceNumber - b.instanceNumber,
        )
        .slice(0, limit),
    markSending: async (keys) => {
      for (const key of keys) move(key, 'send');
    },
    markDelivered: async (outcomes) => {
      for (const outcome of outcomes) {
        if ('storedAt' in outcome) {
          const { storedAt } = outcome;
          move(outcome.key, 'store', () => ({ lastFault: null, storedAt }));
        } else {
          const { fault, isRefusal } = outcome;
          move(outcome.key, 'fail', ({ refusals }) => ({
            lastFault: fault,
            refusals: refusals + Number(isRefusal),
          }));
        }
      }
    },

    manifests: async (study) => of(study).map(known),
    unanswered: async () => unanswered(),
    answerable: async () =>
      unanswered().filter(({ packId }) => {
        const list = lists.get(packId) ?? [];
        return (
          list.length > 0 && list.every((key) => isDelivered(instances.get(keyOf(key))?.state))
        );
      }),
    incomplete: async (uids) => {
      const isAnswered = (uid: string): boolean => {
        const listed = of(uid).filter(({ hasList }) => hasList);
        const newest = Math.max(...listed.map(({ version }) => version));
        return listed.some(({ version, isOpen }) => version === newest && !isOpen);
      };
      return new Map(uids.filter((uid) => !isAnswered(uid)).map((uid) => [uid, studies.get(uid)]));
    },
    listStates: async (packId) =>
      (lists.get(packId) ?? []).map((key) => ({ ...key, state: instances.get(keyOf(key))?.state })),
    studiesByAccession: async (accession) => [
      ...new Set(
        [...manifests.values()]
          .filter(({ accessionNumber }) => accessionNumber === accession)
          .map(({ studyInstanceUid }) => studyInstanceUid),
      ),
    ],
    outgoing: async () =>
      [...outgoing.values()].filter(({ kind, state }) => kind !== 'receipt' || state === 'sealed'),
    receiptsOf: async (id) =>
      [...outgoing.values()].filter(({ kind, subject }) => kind === 'receipt' && subject === id),
    putOutgoing: async (row) => {
      outgoing.set(row.packId, row);
      if (row.kind === 'receipt') open(row.subject, false);
    },
    markCustody: async (ids) => {
      for (const id of ids) {
        const row = outgoing.get(id);
        if (row !== undefined) outgoing.set(id, { ...row, state: 'custody' });
      }
    },
    dropOutgoing: async (ids) => {
      for (const id of ids) {
        const row = outgoing.get(id);
        if (row?.kind === 'receipt') open(row.subject, true);
        for (const [key, report] of reports) {
          if (report.packId === id && report.state === 'sealed') {
            reports.set(key, { ...report, state: 'waiting' });
          }
        }
        outgoing.delete(id);
      }
    },

    findReport: async (reportId, version) => reports.get(`${reportId}/${version}`),
    reports: async (study) =>
      [...reports.values()].filter(({ studyInstanceUid }) => studyInstanceUid === study),
    openReports: async () => [...reports.values()].filter(({ state }) => state !== 'acknowledged'),
    putReport: async (row) => {
      const key = `${row.reportId}/${row.version}`;
      const before = reports.get(key) ?? row;
      reports.set(key, { ...before, packId: row.packId, state: row.state });
    },
    counts: async (): Promise<LedgerCounts> => ({
      packs: packs.size,
      studies: studies.size,
      withdrawn: [...studies.keys()].filter(isWithdrawn).length,
      instances: counted([...instances.values()]),
      resentAfterCrash: [...instances.values()].reduce((sum, row) => sum + row.resentAfterCrash, 0),
      reports: reports.size,
      openReports: [...reports.values()].filter(({ state }) => state !== 'acknowledged').length,
      lastFault:
        [...instances.values()].find(
          ({ state, lastFault }) =>
            (state === 'planned' || state === 'sending') && lastFault !== null,
        )?.lastFault ?? null,
    }),
    studies: async (limit) =>
      [...studies.values()]
        .toSorted((a, b) => compare(b.firstAt, a.firstAt))
        .slice(0, limit)
        .map((study) => {
          const uid = study.studyInstanceUid;
          const own = [...instances.values()].filter((row) => row.studyInstanceUid === uid);
          return {
            ...study,
            isWithdrawn: isWithdrawn(uid),
            instances: counted(own),
            instanceCount: own.length,
            receipts: [...outgoing.values()]
              .filter((row) => row.kind === 'receipt' && row.studyInstanceUid === uid)
              .map(({ subject }) => subject),
            reports: [...reports.values()]
              .filter((row) => row.studyInstanceUid === uid)
              .map(({ reportId, version, state }) => ({ reportId, version, state })),
            delivered: own
              .filter(({ state }) => isDelivered(state))
              .map(({ sopInstanceUid, datasetSha256 }) => ({ sopInstanceUid, datasetSha256 })),
            untaken: own.flatMap(({ sopInstanceUid, datasetSha256, state, lastFault }) =>
              lastFault && (state === 'planned' || state === 'sending')
                ? [{ sopInstanceUid, datasetSha256, reason: lastFault }]
                : [],
            ),
          };
        }),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
