import { canonicalJson, type Json, type JsonObject } from '#sync/core/canonical-json.ts';
import type { Direction, LetterFault } from '#sync/letters/fields.ts';
import type { PackKind } from '#sync/seal/kind.ts';
import type { Content } from '../forge.ts';
import type { Entry } from './entry.ts';
import { letters, listPayload } from './letters.ts';

/** Removes a key of the meta. */
const absent = undefined;

interface Letter {
  readonly kind: PackKind;
  readonly direction: Direction;
  readonly meta: JsonObject;
  readonly payload: Content;
}

/** A letter whose pack opens and which its reader refuses: check 12. `reason` begins the text of the journal. */
const meant =
  (letter: LetterFault['kind'], reason: string) =>
  (
    name: string,
    base: Letter,
    change: { readonly [field: string]: Json | undefined } = {},
    payload: Content = base.payload,
  ): Entry => {
    const entries = Object.entries({ ...base.meta, ...change });
    const meta = Object.fromEntries(entries.filter(([, value]) => value !== absent));
    return {
      name,
      check: 12,
      refusal: 'meaning',
      letter,
      reason,
      forgery: { kind: base.kind, meta: canonicalJson(meta as JsonObject), payload },
      receiver: { takes: [base.kind], reads: base.direction },
    };
  };

const meta = (kind: string, field: string) =>
  meant('letter/meta', `Cannot read a ${kind}: ${field}`);
const payload = (kind: string, text: string) =>
  meant('letter/payload', `Cannot read a ${kind}: ${text}`);
const wrongWay = (kind: string) =>
  meant('letter/direction', `Cannot read a ${kind}: it may not go this way`);

const reversed = (letter: Letter): Letter => ({
  ...letter,
  direction: letter.direction === 'to-center' ? 'to-clinic' : 'to-center',
});

const { data, manifest, report, delivery, reportReceipt, heartbeat, capabilities, resend } =
  letters;
const piece = { datasetSha256: 'aa'.repeat(32), sizeBytes: 4, from: 0, to: 4 };
const large = 64 * 1024 * 1024 + 1;

/** Every kind and control in the wrong direction, at a receiver who would let the kind pass check 8. */
const directions: readonly Entry[] = [
  wrongWay('data pack')('data from a center', reversed(data)),
  wrongWay('manifest pack')('manifest from a center', reversed(manifest)),
  wrongWay('report pack')('report from a clinic', reversed(report)),
  wrongWay('receipt')('delivery receipt from a clinic', reversed(delivery)),
  wrongWay('receipt')('report receipt from a center', reversed(reportReceipt)),
  wrongWay('control')('capabilities from a clinic', reversed(capabilities)),
  wrongWay('control')('please-resend from a clinic', reversed(resend)),
  meta('control', 'list')('heartbeat of a clinic from a center', reversed(heartbeat)),
  meant('letter/kind', 'Cannot read a pack: it is no letter')('enrolment among letters', {
    ...data,
    kind: 'enrol',
  }),
];

const contents: readonly Entry[] = [
  meta('data pack', 'v')('data of version 2', data, { v: 2 }),
  meta('data pack', 'v')('data without a version', data, { v: absent }),
  meta('data pack', 'meta: 1 unknown key(s)')('data with an unknown key', data, { more: 1 }),
  meta('data pack', 'study')('data of a study that is no UID', data, { study: '1.2.x' }),
  meta('data pack', 'coding')('data in an unknown coding', data, { coding: 9 }),
  meta('data pack', 'instances')('data without instances', data, { instances: [] }),
  meta('data pack', 'instances.0.datasetSha256')('digest in upper case', data, {
    instances: [{ ...piece, datasetSha256: 'AA'.repeat(32) }],
  }),
  meta('data pack', 'instances.0')('piece that ends behind its object', data, {
    instances: [{ ...piece, to: 5 }],
  }),
  meta('data pack', 'instances.0')('piece that is empty', data, {
    instances: [{ ...piece, from: 4 }],
  }),
  meta('data pack', 'instances.0.sizeBytes')('object above 4 GiB', data, {
    instances: [{ ...piece, sizeBytes: 2 ** 32 + 1 }],
  }),
  meant('letter/too-large', 'Cannot read a data pack: its pieces are too large together')(
    'pieces of more than 64 MiB together',
    data,
    { coding: 1, instances: [{ ...piece, sizeBytes: large, to: large }] },
  ),
  payload('data pack', 'its payload does not fit its meta')(
    'data of one byte too many',
    data,
    {},
    'abcde',
  ),
  payload('data pack', 'its payload does not fit its meta')(
    'coded data without a payload',
    data,
    { coding: 1 },
    '',
  ),
  meta('manifest', 'version')('manifest of version 0', manifest, { version: 0 }),
  meta('manifest', 'patient')('manifest without a patient', manifest, { patient: absent }),
  meta('manifest', 'instanceCount')('manifest of more than 50,000', manifest, {
    instanceCount: 50_001,
  }),
  payload('manifest', 'it has a list it does not declare')(
    'list that is not declared',
    manifest,
    {},
    'x',
  ),
  payload('manifest', 'Cannot decode a payload')('declared list that is not there', manifest, {
    hasList: true,
  }),
  payload('manifest', 'its list is not as long as declared')(
    'list that is shorter than declared',
    manifest,
    { hasList: true },
    listPayload([]),
  ),
  payload('manifest', 'Cannot decode a payload')(
    'list with a second frame behind it',
    manifest,
    { hasList: true },
    { hex: listPayload([]).hex + listPayload([]).hex },
  ),
  meta('report', 'status')('report of an unknown status', report, { status: 'draft' }),
  meta('report', 'critical.text')('critical text of 501', report, {
    critical: { code: 'x', text: 'x'.repeat(501) },
  }),
  meta('report', 'meta: must have a document')(
    'final report without a document',
    report,
    { documents: [] },
    '',
  ),
  meta('report', 'report')('report id that is a path', report, { report: '../r-1' }),
  meta('report', 'list')('report without the number of the key list', report, { list: absent }),
  payload('report', 'a document does not fit its digest')(
    'another text',
    report,
    {},
    'Impression: Normal.\n',
  ),
  payload('report', 'its payload is not as long as its documents')(
    'bytes behind the documents',
    report,
    {},
    'Impression: normal.\n!',
  ),
  meta('delivery receipt', 'type')('receipt of an unknown type', delivery, { type: 'read' }),
  meta('delivery receipt', 'manifest')('receipt for no manifest', delivery, { manifest: '' }),
  meta('delivery receipt', 'instanceCount')('receipt for nothing', delivery, { instanceCount: 0 }),
  payload('delivery receipt', 'its list is not as long as declared')(
    'count that differs',
    delivery,
    {
      instanceCount: 2,
    },
  ),
  payload('delivery receipt', 'Cannot decode a payload')(
    'receipt without its list',
    delivery,
    {},
    '',
  ),
  meta('report receipt', 'version')('receipt for version 0', reportReceipt, { version: 0 }),
  payload('report receipt', 'it has a payload')(
    'report receipt with a payload',
    reportReceipt,
    {},
    'x',
  ),
  meta('control', 'register')('unknown register', heartbeat, { register: 'run-command' }),
  meta('control', 'version')('register of version 0', heartbeat, { version: 0 }),
  meta('control', 'meta: 1 unknown key(s)')('register with a command in it', heartbeat, {
    command: 'ls',
  }),
  payload('control', 'it has a payload')('control with a payload', heartbeat, {}, 'x'),
];

/** Check 12. */
export const meaningRefusals: readonly Entry[] = [...directions, ...contents];
