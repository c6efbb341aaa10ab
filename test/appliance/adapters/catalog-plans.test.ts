import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import type { Catalog } from '#appliance/ports-catalog.ts';
import { expectOk } from '#sync/core/result.ts';
import { entryOf } from '#test/support/catalog-entries.ts';
import { explainingDatabase } from '#test/support/query-plans.ts';

/** Tables that grow for years: nothing that is asked all the time may read one from end to end. */
const wholeTable =
  /SCAN (?:study|series|instance|copy|pack|pack_instance|manifest_instance|report|tally|opened|order_binding)\b[^;]*/g;

/** What every turn of letter work, or every look of a screen, asks. */
const asked: Readonly<Record<string, (catalog: Catalog) => Promise<unknown>>> = {
  uncompared: (catalog) => catalog.uncompared(),
  sealingStudies: (catalog) => catalog.sealingStudies(),
  pendingInstances: (catalog) => catalog.pendingInstances('1', 10),
  listedInstances: (catalog) => catalog.listedInstances('1'),
  studyHeader: (catalog) => catalog.studyHeader('1'),
  patientsOf: (catalog) => catalog.patientsOf('1'),
  openPacks: (catalog) => catalog.openPacks(),
  waitingStudies: (catalog) => catalog.waitingStudies(),
  unconfirmedPacks: (catalog) => catalog.unconfirmedPacks(),
  'unconfirmedPacks of a study': (catalog) => catalog.unconfirmedPacks('1'),
  untoldCenters: (catalog) => catalog.untoldCenters(),
  packedInstances: (catalog) => catalog.packedInstances('1'),
  packsTo: (catalog) => catalog.packsTo(['1']),
  unwantedPacks: (catalog) => catalog.unwantedPacks(),
  deliveredPacks: (catalog) => catalog.deliveredPacks(),
  droppedAmong: (catalog) => catalog.droppedAmong(['1']),
  addresseeOf: (catalog) => catalog.addresseeOf('1'),
  strayReports: (catalog) => catalog.strayReports(),
  manifest: (catalog) => catalog.manifest('1'),
  manifestsOf: (catalog) => catalog.manifestsOf('1', '1'),
  reportVersions: (catalog) => catalog.reportVersions('1'),
  reportDocument: (catalog) => catalog.reportDocument('1'),
  studies: (catalog) => catalog.studies('1'),
  suspectStudies: (catalog) => catalog.suspectStudies(),
  unassignedStudies: (catalog) => catalog.unassignedStudies(),
};

test('nothing that is asked all the time reads a table that grows for years from end to end', async (t) => {
  const { database, plans } = await explainingDatabase(t);
  const catalog = createCatalog(database);
  expectOk(await catalog.addInstances([entryOf(1)]));
  const scans: Record<string, readonly string[]> = {};
  for (const [name, ask] of Object.entries(asked)) {
    const before = plans.length;
    await ask(catalog);
    assert.ok(plans.length > before, name);
    const found = plans.slice(before).flatMap(({ plan }) => plan.match(wholeTable) ?? []);
    const large = found.filter((scan) => !isSmall(scan));
    if (large.length > 0) scans[name] = large;
  }
  assert.deepEqual(scans, {});
});

test('the list reads the newest by index, and of what is over only keys to count', async (t) => {
  const { database, plans } = await explainingDatabase(t);
  await createCatalog(database).listedStudies();
  const scans = plans.flatMap(({ plan }) => plan.match(wholeTable) ?? []);
  assert.ok(scans.length > 0);
  const limited = /^SCAN (study|report) USING (COVERING )?INDEX (studyBy\w+|reportByArrival)$/;
  assert.deepEqual(
    scans.filter((scan) => !isSmall(scan) && !limited.test(scan)),
    [],
  );
});

test('the receipts that are due are looked up by index, one for each report', async (t) => {
  const { database, plans } = await explainingDatabase(t);
  await createCatalog(database).unansweredReports();
  const scans = plans.flatMap(({ plan }) => plan.match(wholeTable) ?? []);
  assert.deepEqual(
    scans.map((scan) => scan.split(' ')[1]),
    ['report'],
    'never all packs for each',
  );
});

/** An index that holds open cases alone. */
function isSmall(scan: string): boolean {
  return /INDEX (studyOfNobody|reportRefused)$/.test(scan);
}
