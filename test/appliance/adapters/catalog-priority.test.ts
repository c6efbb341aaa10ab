import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createPriorityCatalog } from '#appliance/adapters/catalog-priority.ts';
import { newOrder } from '#appliance/orders/order.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { type OrderPriority, orderPriorities } from '#appliance/store/facts-orders.ts';
import { type StudyPriority, studyPriorities } from '#appliance/store/facts-priority.ts';
import type { InstanceAttributes, Uid } from '#sync/dicom/types.ts';
import { uid } from '#sync/dicom/uid.ts';
import { attributes, entryOf, openEmptyCatalog } from '#test/support/catalog-entries.ts';
import { orderRequest } from '#test/support/order-world.ts';

const studyNumber = (n: number): Uid => uid(`2.25.${1_000 + n}`);

const byPerson = (study: string, priority: StudyPriority | null): BoxFact => ({
  ...{ fact: 'priority', atMs: 1, study, priority, by: 'TEST NURSE', reason: '' },
});
const byRule = (study: string, priority: StudyPriority, rule = 'CT-ER'): BoxFact => ({
  ...{ fact: 'rule-priority', atMs: 1, study, priority, rule },
});

function byOrder(study: Uid, priority: OrderPriority, revision: number): BoxFact {
  const orderId = study.replaceAll('.', '').padStart(16, '0').slice(-16);
  const identity = {
    ...{ orderId, source: 'typed', orderNumber: 'P1' },
    ...{ studyInstanceUid: study, accessionNumber: `K${orderId.slice(-8)}` },
  };
  const request = orderRequest({ patientId: attributes.patientId });
  const order = newOrder(request, identity, { date: '20260131', time: '120000' });
  return { fact: 'order', atMs: 1, order: { ...order, priority, revision } };
}

async function openBox(t: TestContext) {
  const { catalog, database, add, apply } = await openEmptyCatalog(t);
  return {
    ...createPriorityCatalog(database),
    ...{ add, apply },
    shown: async (study: string) => (await catalog.studyHeader(study))?.priority,
    classOf: async (study: string) =>
      (await catalog.sealingStudies()).find((each) => each.study === study)?.class,
  };
}

test('a person counts, then the more urgent of rule and order, then what is usual; whatever came in which order', async (t) => {
  const box = await openBox(t);
  const level = fc.constantFrom(...studyPriorities);
  const said = fc.oneof(
    fc.record({ who: fc.constant('person' as const), level: fc.option(level) }),
    fc.record({ who: fc.constant('rule' as const), level }),
    fc.record({ who: fc.constant('order' as const), level: fc.constantFrom(...orderPriorities) }),
  );
  const classOfOrder = { STAT: 0, HIGH: 1, ROUTINE: 2, MEDIUM: 2, LOW: 3 } as const;
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { maxLength: 6 }),
      fc.nat(6),
      fc.boolean(),
      async (words, imageAfter, isFromMedium) => {
        const n = ++serial;
        const study = studyNumber(n);
        let person: number | undefined;
        let rule: number | undefined;
        let order: number | undefined;
        let isOrderNamed = false;
        for (const [index, word] of [...words, undefined].entries()) {
          if (index === Math.min(imageAfter, words.length)) {
            if (isFromMedium) await box.apply({ fact: 'outside', atMs: 1, study });
            await box.add(entry(n, study, isFromMedium ? '' : 'CT1'));
          }
          if (word?.who === 'person') {
            person = word.level === null ? undefined : studyPriorities.indexOf(word.level);
            await box.apply(byPerson(study, word.level));
          } else if (word?.who === 'rule') {
            // What a rule said stays: it may only become more urgent.
            rule = Math.min(rule ?? 9, studyPriorities.indexOf(word.level));
            await box.apply(byRule(study, word.level));
          } else if (word?.who === 'order') {
            order = classOfOrder[word.level];
            isOrderNamed = word.level !== 'ROUTINE';
            await box.apply(byOrder(study, word.level, index + 1));
          }
        }
        const urgent = Math.min(rule ?? 9, order ?? 9);
        const expected = person ?? (urgent === 9 ? (isFromMedium ? 3 : 2) : urgent);
        const shown = await box.shown(study);
        assert.equal(shown?.level, studyPriorities[expected], JSON.stringify(words));
        let cause: string | undefined;
        if (person !== undefined) cause = 'person';
        else if (rule === expected) cause = 'rule';
        else if (order === expected && isOrderNamed) cause = 'order';
        assert.equal(shown?.cause?.kind, cause, JSON.stringify(words));
        if (!isFromMedium) assert.equal(await box.classOf(study), expected);
      },
    ),
    { numRuns: 150 },
  );
});

test('the grounds of a rule: who sent it, every modality of its series, its order, and what rules said before', async (t) => {
  const box = await openBox(t);
  const [first, second, third] = [studyNumber(1), studyNumber(2), studyNumber(3)];
  await box.add(
    entry(1, first, 'CT1', { modality: 'CT', seriesInstanceUid: uid('2.25.11') }),
    entry(2, first, 'CT1', { modality: 'SR', seriesInstanceUid: uid('2.25.12') }),
    entry(3, first, 'CT1', { modality: 'CT', seriesInstanceUid: uid('2.25.13') }),
    entry(4, second, 'US1', { modality: 'US', seriesInstanceUid: uid('2.25.14') }),
    entry(5, third),
  );
  await box.apply(byOrder(first, 'HIGH', 1), byRule(second, 'urgent'), byRule(second, 'bulk'));
  const grounds = await box.ruleGrounds([first, second, '2.25.404']);
  const plain = grounds.map((each) => ({ ...each, modalities: each.modalities.toSorted() }));
  assert.deepEqual(
    plain.toSorted((a, b) => (a.study < b.study ? -1 : 1)),
    [
      {
        ...{ study: first, callingAeTitle: 'CT1', modalities: ['CT', 'SR'] },
        ...{ orderPriority: 'HIGH', byRule: undefined },
      },
      {
        ...{ study: second, callingAeTitle: 'US1', modalities: ['US'] },
        ...{ orderPriority: undefined, byRule: 'urgent' },
      },
    ],
  );
  assert.deepEqual(await box.ruleGrounds([]), []);
});

test('the rule that is named is the one that said what counts', async (t) => {
  const box = await openBox(t);
  const study = studyNumber(1);
  await box.add(entry(1, study));
  await box.apply(byRule(study, 'urgent', 'NIGHT'), byRule(study, 'bulk', 'ARCHIVE'));
  assert.deepEqual((await box.shown(study))?.cause, { kind: 'rule', name: 'NIGHT' });
  await box.apply(byRule(study, 'stat', 'CT-ER'), byRule(study, 'stat', 'SECOND'));
  assert.deepEqual((await box.shown(study))?.cause, { kind: 'rule', name: 'CT-ER' });
});

const entry = (
  number: number,
  studyInstanceUid: Uid,
  callingAeTitle = 'CT1',
  change: Partial<InstanceAttributes> = {},
) => entryOf(number, { studyInstanceUid, ...change }, { callingAeTitle });
