import { Buffer } from 'node:buffer';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { canonicalJson, type Json } from '#sync/core/canonical-json.ts';
import { sha256 } from '#sync/seal/sha256.ts';

const at = '2026-01-05T10:00:00.000Z';
const digest = (byte: string): string => byte.repeat(32);
const text = 'Impression: normal.\n';

/** One good letter of each form, as meta and payload; the way it goes. */
export const letters = {
  data: {
    kind: 'data',
    direction: 'to-center',
    meta: {
      v: 1,
      study: '2.25.2',
      coding: 0,
      instances: [{ datasetSha256: digest('aa'), sizeBytes: 4, from: 0, to: 4 }],
    },
    payload: 'abcd',
  },
  manifest: {
    kind: 'manifest',
    direction: 'to-center',
    meta: {
      v: 1,
      study: '2.25.2',
      version: 1,
      isStat: false,
      patient: { id: 'DEMO-1', issuer: '', name: 'TEST^ALPHA', birth: '19700101', sex: 'O' },
      accessionNumber: 'A1',
      modality: 'CT',
      description: 'Head',
      instanceCount: 1,
      hasList: false,
    },
    payload: '',
  },
  report: {
    kind: 'report',
    direction: 'to-clinic',
    meta: {
      v: 1,
      report: 'r-1',
      version: 1,
      status: 'final',
      study: '2.25.2',
      manifest: digest('bb'),
      patient: { id: 'DEMO-1', birth: '19700101', sex: 'O' },
      author: { name: 'TEST^READER', registerNo: 'R-100' },
      signedOffAt: at,
      critical: null,
      documents: [{ type: 'text/plain', sha256: hex(sha256(utf8(text))), length: text.length }],
      supersedes: null,
      list: 3,
    },
    payload: text,
  },
  delivery: {
    kind: 'receipt',
    direction: 'to-clinic',
    meta: {
      v: 1,
      type: 'delivery',
      study: '2.25.2',
      manifest: digest('bb'),
      instanceCount: 1,
      list: 3,
    },
    payload: listPayload([
      {
        originalDigest: digest('aa'),
        deliveredDigest: digest('aa'),
        destination: 'PACS',
        transforms: [],
      },
    ]),
  },
  reportReceipt: {
    kind: 'receipt',
    direction: 'to-center',
    meta: {
      v: 1,
      type: 'report',
      report: 'r-1',
      version: 1,
      digest: digest('cc'),
      reportPack: digest('dd'),
    },
    payload: '',
  },
  heartbeat: {
    kind: 'control',
    direction: 'to-center',
    meta: {
      v: 1,
      register: 'heartbeat',
      version: 1,
      at,
      software: '0.1.0',
      counts: { studies: 1, instances: 60, onlyHere: 0, needHelp: 0 },
      diskUsedPercent: 12,
      auditHead: null,
    },
    payload: '',
  },
  capabilities: {
    kind: 'control',
    direction: 'to-clinic',
    meta: {
      v: 1,
      register: 'capabilities',
      version: 1,
      list: 3,
      sopClasses: ['1.2.840.10008.5.1.4.1.1.2'],
      transferSyntaxes: ['1.2.840.10008.1.2.1'],
      codingMax: 1,
      countries: ['KE'],
    },
    payload: '',
  },
  resend: {
    kind: 'control',
    direction: 'to-clinic',
    meta: {
      v: 1,
      register: 'please-resend',
      version: 1,
      list: 3,
      reason: 'unreadable',
      study: '2.25.2',
      packs: [digest('ee')],
      instances: [],
    },
    payload: '',
  },
} as const;

/**
 * A list as payload: canonical JSON in one zstd frame with one raw block (RFC 8878), so that the bytes are the same
 * whatever version of zstd makes vectors. At most 65,791 bytes.
 */
export function listPayload(list: Json): { readonly hex: string } {
  const content = Buffer.from(canonicalJson(list));
  const isShort = content.length < 256;
  const head = Buffer.alloc(isShort ? 6 : 7);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = isShort ? 0x20 : 0x60;
  if (isShort) head[5] = content.length;
  else head.writeUInt16LE(content.length - 256, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return { hex: Buffer.concat([head, block, content]).toString('hex') };
}
