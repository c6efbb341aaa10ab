import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { programSources, repositoryDir } from './support/source-tree.ts';

/**
 * Every door that bytes of a stranger reach, by the file that fuzzes it: `source: names`. A parser that is not here
 * fails the test below. Long runs: `OUTPOST_FUZZ_SEED=$RANDOM OUTPOST_FUZZ_ROUNDS=1000 node --test FILE`.
 */
const fuzzed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'test/sync/core/fuzz.test.ts': {
    'sync/core/bytes.ts': 'fromBase64url fromHex utf8Text',
    'sync/core/canonical-json.ts': 'parseCanonicalJson',
    'sync/core/command-line.ts': 'parseCommandLine',
    'sync/core/config.ts': 'parseConfig',
    'sync/core/failpoint.ts': 'parseFailpoint',
    'sync/core/sanitize.ts': 'sanitize',
  },
  'test/sync/dicom/fuzz.test.ts': {
    'sync/dicom/attributes.ts': 'readAttributes',
    'sync/dicom/canonical.ts': 'canonicalSha256',
    'sync/dicom/code-stream.ts': 'claimedSizeOf',
    'sync/dicom/dataset.ts': 'parseDataSet',
    'sync/dicom/frames.ts': 'framesOf',
    'sync/dicom/items.ts': 'areItems',
    'sync/dicom/element.ts': 'readElement',
    'sync/dicom/part10.ts': 'readFileHeader',
    'sync/dicom/pixel-codec.ts': 'transferSyntaxOfPixels',
    'sync/dicom/recode.ts': 'fragmentsOf recode',
    'sync/dicom/text.ts': 'asciiText decodeText',
    'sync/dicom/uid.ts': 'parseUid',
    'sync/dicom/values.ts': 'readValues',
    'sync/dicom/walk.ts': 'walk',
    'sync/dicom/whole.ts': 'isPlainlyWhole',
  },
  'test/sync/dimse/fuzz.test.ts': {
    'sync/dimse/associate.ts': 'readAssociateRequest',
    'sync/dimse/command.ts': 'parseCommandSet',
    'sync/dimse/guard.ts': 'createGuard',
    'sync/dimse/negotiate.ts': 'negotiate',
  },
  'test/sync/coding/fuzz.test.ts': {
    'sync/coding/checked-payload.ts': 'decodeChecked',
    'sync/coding/coding.ts': 'decodeRanges decodeWhole',
    'sync/coding/jpeg-header.ts': 'readJpegHeader',
    'sync/coding/jpeg-scan-reading.ts': 'readScan',
    'sync/coding/jpeg-scans.ts': 'readScans',
    'sync/coding/plan.ts': 'readPlan',
    'sync/coding/split-payload.ts': 'decodeSplit',
    'sync/coding/zstd-frame.ts': 'readFirstZstdFrame readZstdFrame',
  },
  'test/sync/letters/fuzz.test.ts': {
    'sync/letters/control.ts': 'parseControl',
    'sync/letters/data.ts': 'decodeData parseDataMeta',
    'sync/letters/fields.ts': 'parseMeta',
    'sync/letters/letter.ts': 'parseLetter',
    'sync/letters/list.ts': 'decodeList',
    'sync/letters/manifest.ts': 'decodeInstanceList parseManifest',
    'sync/letters/receipt.ts': 'parseReceipt',
    'sync/letters/report.ts': 'parseReport',
  },
  'test/sync/seal/fuzz.test.ts': {
    'sync/seal/access-list.ts': 'openAccessList',
    'sync/seal/card.ts': 'parseCard parseCardBytes',
    'sync/seal/custody.ts': 'openCustody',
    'sync/seal/header.ts': 'parseHeader parsePackFrame',
    'sync/seal/inner.ts': 'parseInner',
    'sync/seal/key-list-chain.ts': 'openKeyListChain',
    'sync/seal/key-list.ts': 'openKeyList',
    'sync/seal/open.ts': 'openPack',
    'sync/seal/opening.ts': 'openWith',
    'sync/seal/pairing-grant.ts': 'openGrant',
    'sync/seal/pairing-request.ts': 'openRequest',
    'sync/seal/pairing-return.ts': 'openReturn',
    'sync/seal/peers.ts': 'boxPeerSchema centerTicketSchema',
    'sync/seal/receiving-key.ts': 'parseReceivingKey',
    'sync/seal/session.ts': 'checkChallenge verifySession',
    'sync/seal/signature.ts': 'isSoundPublicKey verify',
    'sync/seal/signed-file.ts': 'openSignedFile',
  },
  'test/sync/wire/fuzz.test.ts': {
    'sync/wire/agent-state.ts': 'agentStateSchema',
    'sync/wire/batch.ts': 'parseBatch',
    'sync/wire/enrolment.ts': 'enrolmentSchema',
    'sync/wire/order.ts': 'orderSchema',
    'sync/wire/pack-id.ts': 'packIdSchema parsePackId',
    'sync/wire/peer.ts': 'peerSchema',
    'sync/wire/routes.ts':
      'batchSchema challengeSchema eventsSchema handleSchema offsetSchema packIdsSchema sessionRequestSchema sessionSchema statusSchema',
  },
  'test/sync/relay/fuzz.test.ts': {
    'sync/relay/app.ts': 'createRelayApp',
    'sync/relay/body.ts': 'readBytes readJson readText',
    'sync/relay/config.ts': 'relayConfigSchema',
    'sync/relay/range.ts': 'parseRange',
  },
  'test/sync/agent/fuzz.test.ts': {
    'sync/agent/call.ts': 'callFaultOf parseAnswer parseText',
    'sync/agent/client.ts': 'createRelayClient',
    'sync/agent/config.ts': 'agentConfigSchema',
    'sync/agent/courier.ts': 'judgeOutside parseIndex parseLimit sortFiles',
    'sync/agent/listen.ts': 'listenLoop',
    'sync/agent/inbox.ts': 'openInbox',
  },
  'test/sync/agent/timetable.test.ts': { 'sync/agent/timetable.ts': 'parseTimetable' },
  'test/sync/center/fuzz.test.ts': {
    'sync/center/app.ts': 'createCenterApp',
    'sync/center/config.ts': 'centerConfigSchema',
    'sync/center/data.ts': 'factsOf readData',
    'sync/center/encapsulated.ts': 'readEncapsulatedPdf',
    'sync/center/open.ts': 'openArrived',
    'sync/center/report.ts': 'readDropped signedOffAtOf',
    'sync/center/sidecar.ts': 'parseSidecar',
  },
  'test/sync/adapters/fuzz.test.ts': {
    'sync/adapters/agent-journal-file.ts': 'openJournal',
    'sync/adapters/decoder-here.ts': 'decodeHere',
    'sync/adapters/http-client.ts': 'connectPinned',
    'sync/adapters/keys-file.ts': 'readBoxPeers readCenterTickets readSeed',
    'sync/adapters/pair-line.ts': 'parsePairLine parseSite',
    'sync/adapters/sequence-file.ts': 'openSequence',
    'sync/adapters/spool-folder-files.ts': 'readBounded readRegister',
  },
  'test/sync/commands/keys-relays.test.ts': { 'sync/commands/keys-relays.ts': 'parseRelays' },
  'test/appliance/store/fuzz.test.ts': {
    'appliance/store/block.ts': 'openBlock readSize readText',
    'appliance/store/facts.ts': 'decodeFact',
    'appliance/store/record.ts': 'parseHead parseTail',
    'appliance/store/scan.ts': 'scanSegment',
    'appliance/store/segment-header.ts': 'parseSegmentHeader parseSegmentName',
  },
  'test/appliance/query/fuzz.test.ts': {
    'appliance/query/identifier.ts': 'parseQuery parseRetrieval',
  },
  'test/appliance/housekeeping/deeds.test.ts': {
    'appliance/api/contract-housekeeping.ts': 'deedDoneSchema deedSchema studyInstancesSchema',
    'appliance/api/housekeeping-app.ts': 'createHousekeepingApi',
  },
  'test/appliance/api/fuzz.test.ts': {
    'appliance/api/app.ts': 'createApi',
    'appliance/api/contract.ts': 'instanceListSchema',
    'appliance/api/contract-media.ts':
      'assignRequestSchema releaseRequestSchema doneSchema importsSchema unassignedListSchema',
    'appliance/config.ts': 'applianceConfigSchema',
  },
  'test/appliance/orders/fuzz.test.ts': {
    'appliance/api/contract-orders.ts':
      'emergencyRequestSchema orderListSchema orderRequestSchema orderRequestsSchema placedOrdersSchema',
    'appliance/api/orders-app.ts': 'createOrdersApi',
    'appliance/orders/csv.ts': 'parseCsv',
    'appliance/orders/hl7-order.ts': 'decodeAssumed decodeHl7 readOrderMessage',
    'appliance/orders/hl7.ts': 'parseHl7',
    'appliance/orders/mllp.ts': 'createMllpReader',
    'appliance/orders/order-file.ts': 'readOrderFile',
    'appliance/orders/worklist.ts': 'readQuery',
    'appliance/store/facts-orders.ts': 'orderSchema procedureStepSchema',
  },
  'test/appliance/outbound/trouble.test.ts': {
    'appliance/api/contract-modalities.ts': 'echoAnswerSchema echoRequestSchema forwardListSchema',
    'appliance/api/modalities-app.ts': 'createModalitiesApp',
  },
  'test/appliance/commitment/messages.test.ts': {
    'appliance/commitment/messages.ts': 'parseCommitmentRequest',
  },
  'test/appliance/api/pairing-app.test.ts': {
    'appliance/api/contract-pairing.ts': 'wordsComparedSchema wordsTypedSchema',
  },
  'test/appliance/api/callers-app.test.ts': {
    'appliance/api/callers-app.ts': 'createCallersApp',
    'appliance/api/contract-callers.ts': 'callerListSchema callerVerdictSchema',
  },
  'test/tui/model/fuzz.test.ts': {
    'appliance/api/contract.ts': 'apiFaultSchema statusSchema studyDetailSchema studyListSchema',
    'tui/config.ts': 'tuiConfigSchema',
    'tui/model/text-width.ts': 'wrap',
    'tui/model/update.ts': 'update',
  },
  'test/tui/client.test.ts': { 'tui/client.ts': 'createClient' },
  'test/provisioning/plan/fuzz.test.ts': { 'provisioning/plan/answers.ts': 'parseAnswers' },
  'test/appliance/commands/status-fuzz.test.ts': { 'appliance/commands/status.ts': 'textOf' },
  'test/sync/adapters/report-folder.test.ts': {
    'sync/adapters/report-folder.ts': 'openReportFolder',
  },
  'test/sync/dimse/requestor.test.ts': { 'sync/dimse/requestor.ts': 'createRequestor' },
  'test/sync/dicom/recover.test.ts': { 'sync/dicom/recover.ts': 'recognizeFile' },
  'test/support/import-world.ts': {
    'appliance/adapters/import-folder.ts': 'importFolder',
  },
  'test/sync/adapters/spool-attacks.test.ts': {
    'sync/adapters/spool-folder-clinical.ts': 'openClinicalSpool',
  },
};

/** Names that look like a parser's and are none, or whose door is one of those above. */
const otherNames: Readonly<Record<string, string>> = {
  /** Behind `decodeRanges`. */
  'sync/coding/quick-payload.ts': 'readStream',
  'appliance/query/describe.ts': 'readHead',
  /** Parts of the schemas of `contract.ts`. */
  'appliance/api/contract-sending.ts': 'prioritySchema sendingSchema turnSchema',
  /** Behind `recognizeFile` and `readFileHeader`. */
  'sync/dicom/part10.ts': 'readGroup2',
  'sync/adapters/center-disk.ts': 'readHead readIfThere',
  'sync/adapters/config-file.ts': 'dataDirSchema readConfig',
  'sync/adapters/dimse-scu.ts': 'openAssociation',
  'sync/adapters/dimse-tls.ts': 'readTlsDoor',
  'sync/adapters/database-libsql-connection.ts': 'readRows',
  'sync/adapters/database-libsql.ts': 'openDatabase',
  'sync/adapters/center-keys-change.ts': 'readChain readEpochDates',
  'sync/adapters/study-store-folder-file.ts': 'readJson',
  'sync/adapters/study-store-folder-held.ts': 'readHeldReasons',
  'sync/adapters/keys-file.ts': 'readBoxKeys readCenterKeys',
  'sync/adapters/ledger-libsql-schema.ts': 'ledgerSchema',
  'sync/adapters/pack-store-folder.ts': 'openPackStore',
  'sync/adapters/pair-line.ts': 'readNamed',
  'tui/model/address.ts': 'openAddress',
  'sync/adapters/storage-way-dimse.ts': 'openStorageWay',
  'sync/adapters/socket-one-buffer.ts': 'readIntoOneBuffer',
  'sync/adapters/relay-index-libsql.ts': 'openRelayIndex relaySchema',
  'sync/adapters/spool-folder-agent.ts': 'openAgentSpool',
  'sync/adapters/spool-folder-files.ts': 'openForeign readRange',
  /** Behind `openRequest` and `openReturn`. */
  'sync/seal/pairing-letter.ts': 'openLetter',
  /** The schema of `parseReport`. */
  'sync/letters/report-meta.ts': 'reportMetaSchema',
  'tui/model/devices.ts': 'openDevices',
  'tui/model/pairing.ts': 'openWords',
  'tui/model/study-view.ts': 'openName openStudy',
};

/** The box's own rows and files behind the codec that is fuzzed. */
const ownFiles = /^(appliance\/adapters|provisioning\/facts)\//;

const parserName =
  /^export (?:async )?(?:function|const) ((?:parse|read|decode|open)[A-Z]\w*|\w+Schema)\b/gm;
const sources = new Map(programSources().map(({ path, text }) => [path, text]));
const listed = Object.entries(fuzzed).flatMap(([test, doors]) =>
  Object.entries(doors).flatMap(([source, names]) =>
    names.split(' ').map((name) => ({ test, source, name })),
  ),
);

test('every parser has a fuzz', () => {
  const known = new Set(listed.map(({ source, name }) => `${source} ${name}`));
  const missing = [...sources].flatMap(([path, text]) =>
    [...text.matchAll(parserName)]
      .map(([, name = '']) => name)
      .filter((name) => !otherNames[path]?.split(' ').includes(name) && !ownFiles.test(path))
      .filter((name) => !known.has(`${path} ${name}`))
      .map((name) => `${path} ${name}`),
  );
  assert.deepEqual(missing, [], 'fuzz it, then name it in the table of doors');
});

test('every door of the table is there, and its test names it', () => {
  const isExported = (source: string, name: string): boolean =>
    new RegExp(`^export (async )?(function|const|class) ${name}\\b`, 'm').test(
      (sources.get(source) ?? '').replaceAll('function* ', 'function '),
    );
  const stale = [
    ...listed
      .filter(({ test, name }) => !new RegExp(`\\b${name}\\b`).test(textOf(test)))
      .map(({ test, name }) => `${test} does not name ${name}`),
    ...[...listed, ...others()]
      .filter(({ source, name }) => !isExported(source, name))
      .map(({ source, name }) => `${source} does not export ${name}`),
  ];
  assert.deepEqual(stale, []);
});

function others(): readonly { readonly source: string; readonly name: string }[] {
  return Object.entries(otherNames).flatMap(([source, names]) =>
    names.split(' ').map((name) => ({ source, name })),
  );
}

function textOf(path: string): string {
  return readFileSync(join(repositoryDir, path), 'utf8');
}
