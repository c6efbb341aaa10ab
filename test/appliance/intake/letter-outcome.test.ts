import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type OutcomePorts, outcomeOf } from '#appliance/intake/letter-outcome.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import type { StoredReport } from '#appliance/ports-studies.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Letter } from '#sync/letters/letter.ts';
import type { OpenedPack } from '#sync/seal/open.ts';

const root = 'c'.repeat(64);
const center = { root } as Center;
const study = '2.25.1';
const manifest = 'e'.repeat(64);

function portsWith(catalog: Partial<OutcomePorts['catalog']>): OutcomePorts {
  const unasked = () => Promise.reject(new Error('Nobody should ask this'));
  const names = ['addresseeOf', 'ledgers', 'manifest', 'manifestsOf', 'studyHeader'] as const;
  const none = Object.fromEntries(
    [...names, 'reportVersions', 'registerVersion'].map((name) => [name, unasked]),
  );
  return {
    catalog: { ...(none as unknown as OutcomePorts['catalog']), ...catalog },
    clock: { nowMs: () => 7 },
    log: silentLog,
  };
}

function packOf(packId: string, payload = new Uint8Array()): OpenedPack {
  return { packId, payload, signer: new Uint8Array([0xab]) } as unknown as OpenedPack;
}

const judge = (ports: OutcomePorts, pack: OpenedPack, letter: unknown) =>
  outcomeOf(ports, pack, letter as Letter, center);

async function factsOf(...judged: Parameters<typeof judge>): Promise<readonly BoxFact[]> {
  const outcome = await judge(...judged);
  assert.ok('facts' in outcome, JSON.stringify(outcome));
  return outcome.facts;
}

test('a receipt from before the center lost its ledger proves nothing, and is no reason for alarm', async () => {
  const receipt = { type: 'delivery', manifest, study, list: 4, instances: [] };
  const ledgers = async () => new Map([[root, { ledger: 'aa', list: 5, countsFrom: 5 }]]);
  const letter = { kind: 'receipt', receipt };
  assert.deepEqual(await factsOf(portsWith({ ledgers }), packOf('p'), letter), []);
  const later = { kind: 'receipt', receipt: { ...receipt, list: 5 } };
  const outcome = await judge(
    portsWith({ ledgers, manifest: async () => undefined }),
    packOf('p'),
    later,
  );
  assert.ok('refusal' in outcome && outcome.check === 12, 'this one is judged');
});

test('a register counts when it is newer, and each study that is asked for has one of its own', async () => {
  const known = new Map<string, number>();
  const registerVersion = async (register: string) => known.get(register);
  const tell = async (control: object): Promise<number> => {
    const facts = await factsOf(portsWith({ registerVersion }), packOf('p'), {
      kind: 'control',
      control,
    });
    for (const fact of facts) if (fact.fact === 'register') known.set(fact.register, fact.version);
    return facts.length;
  };
  const asks = (version: number, of: string | null) => ({
    ...{ register: 'please-resend', version, study: of },
  });
  assert.equal(await tell({ register: 'capabilities', version: 3 }), 1);
  assert.equal(await tell({ register: 'capabilities', version: 3 }), 0);
  assert.equal(await tell({ register: 'capabilities', version: 2 }), 0);
  assert.equal(await tell(asks(9, '2.25.1')), 1);
  assert.equal(await tell(asks(1, '2.25.2')), 1, 'not hidden by the higher one of another study');
  assert.equal(await tell(asks(1, null)), 1);
  assert.equal(await tell(asks(9, '2.25.1')), 0);
  assert.deepEqual([...known.keys()].sort(), [
    'ab capabilities',
    'ab please-resend',
    'ab please-resend 2.25.1',
    'ab please-resend 2.25.2',
  ]);
});

test('what may not go to a clinic is refused', async () => {
  const outcome = await judge(portsWith({}), packOf('p'), { kind: 'manifest' });
  assert.ok('refusal' in outcome);
});

/** A version of a report comes in one or more packs; each version names one pack of the one before. */
const versions = fc
  .array(fc.record({ copies: fc.integer({ min: 1, max: 3 }), names: fc.nat(2) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((chain) =>
    chain.flatMap(({ copies, names }, index) =>
      Array.from({ length: copies }, (_, copy) => ({
        version: index + 1,
        packId: `${index + 1}/${copy}`,
        supersedes: index === 0 ? null : `${index}/${names % (chain[index - 1]?.copies ?? 1)}`,
      })),
    ),
  )
  .chain((packs) => fc.shuffledSubarray(packs, { minLength: packs.length }));

test('versions of a report are all shown in the end, in whatever order and however often they come', async () => {
  await fc.assert(
    fc.asyncProperty(versions, async (packs) => {
      const stored = new Map<string, StoredReport>();
      const ports = portsWith({
        addresseeOf: async () => root,
        studyHeader: async () =>
          ({
            ...{ studyInstanceUid: study, patientId: 'P1' },
            ...{ patientBirthDate: '19700101', patientSex: 'O' },
          }) as Awaited<ReturnType<OutcomePorts['catalog']['studyHeader']>>,
        manifestsOf: async () => [manifest],
        reportVersions: async () => [...stored.values()],
      });
      for (const { packId, version, supersedes } of packs) {
        const meta = {
          ...{ study, report: 'R', version, supersedes, manifest, status: 'final' },
          ...{ author: { name: 'DR', registerNo: '1' }, signedOffAt: '', documents: [] },
          patient: { id: 'P1', birth: '19700101', sex: 'O' },
        };
        const pack = packOf(packId, new Uint8Array([version]));
        for (const fact of await factsOf(ports, pack, { kind: 'report', report: { meta } })) {
          if (fact.fact !== 'report') continue;
          const before = stored.get(fact.packId);
          const { refusal } = fact;
          stored.set(
            fact.packId,
            before ? { ...before, refusal } : { ...fact, isOlderThanImages: false },
          );
        }
      }
      const hidden = [...stored.values()].filter(({ refusal }) => refusal !== null);
      assert.deepEqual(hidden, []);
      assert.equal(stored.size, packs.length);
    }),
  );
});
