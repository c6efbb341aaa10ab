import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decodeRanges, type RangeToCode } from '#sync/coding/coding.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { codePayload, type Level, levels } from '#sync/coding/payload.ts';
import { type ImageCodec, imageCodecs, initializeCodecs, transcode } from './coding-codecs.ts';

/** What one way of coding made of one study; printed as one line of JSON. */
export interface CodedStudy {
  readonly rawBytes: number;
  readonly codedBytes: number;
  /** With the proof, for ours. */
  readonly encodeS: number;
  /** 0 where it was not measured. */
  readonly decodeS: number;
  readonly fallbacks: number;
  readonly peakRssBytes: number;
}

const packBytes = 8 * 1_024 * 1_024;

/** `node coding-child.ts METHOD FILE...`: a process of its own, so that the memory is its own too. */
const [method = '', ...files] = process.argv.slice(2);
const rawBytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
const coded = await run(method);
const peakRssBytes = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(`${JSON.stringify({ rawBytes, fallbacks: 0, ...coded, peakRssBytes })}\n`);

type Spent = Pick<CodedStudy, 'codedBytes' | 'encodeS' | 'decodeS'> & { fallbacks?: number };

async function run(name: string): Promise<Spent> {
  const level = levels.find((known) => known === name);
  if (level) return ours(level);
  const codec = imageCodecs.find((known) => known === name);
  if (codec) return transcoded(codec);
  if (name === 'gzip -6 per file') return perFile((file) => gzipSync(file), gunzipSync);
  if (name === 'zstd -19 per file') return perFile(zstd19, zstdDecompressSync);
  if (name === 'tar + zstd -19') return sum([timed(tar(), zstd19, zstdDecompressSync)]);
  if (name === 'tar + xz -9')
    return sum([
      timed(
        tar(),
        (bytes) => xz(bytes, '-9'),
        (bytes) => xz(bytes, '-d'),
      ),
    ]);
  throw new Error(`Cannot code by "${name}": no such method`);
}

/** Pack by pack, as a box does it: a pack closes at 8 MiB, and an object over that is split into ranges. */
function ours(level: Level): Spent {
  const spent = { codedBytes: 0, encodeS: 0, decodeS: 0, fallbacks: 0 };
  for (const pack of packs()) {
    const ranges = pack.map(({ file, from, to }) => rangeOf(file, from, to));
    const started = performance.now();
    const { coding, payload, fallbacks } = codePayload(ranges, level);
    const between = performance.now();
    const sizes = ranges.map(({ bytes }) => bytes.length);
    if (!decodeRanges(coding, payload, sizes).ok) throw new Error('Cannot decode a payload');
    spent.decodeS += (performance.now() - between) / 1_000;
    spent.encodeS += (between - started) / 1_000;
    spent.codedBytes += payload.length;
    spent.fallbacks += fallbacks.length;
  }
  return spent;
}

function* packs() {
  let pack: { file: string; from: number; to: number }[] = [];
  let bytes = 0;
  for (const file of files) {
    const { size } = statSync(file);
    for (let from = 0; from < size; from += packBytes) {
      const to = Math.min(size, from + packBytes);
      pack.push({ file, from, to });
      bytes += to - from;
      if (bytes < packBytes) continue;
      yield pack;
      pack = [];
      bytes = 0;
    }
  }
  if (pack.length > 0) yield pack;
}

function rangeOf(file: string, from: number, to: number): RangeToCode {
  const bytes = readRange(file, from, to);
  if (from === 0) return { bytes, from };
  const head = readRange(file, 0, 256 * 1_024);
  return { bytes, from, areas: areasOfObject(head, statSync(file).size) };
}

function readRange(file: string, from: number, to: number): Uint8Array {
  const handle = openSync(file, 'r');
  const bytes = new Uint8Array(to - from);
  const read = readSync(handle, bytes, 0, bytes.length, from);
  closeSync(handle);
  return bytes.subarray(0, read);
}

async function transcoded(codec: ImageCodec): Promise<Spent> {
  await initializeCodecs();
  return sum(files.map((file) => transcode(codec, readFileSync(file))));
}

type Change = (bytes: Uint8Array) => Uint8Array;

function perFile(encode: Change, decode: Change): Spent {
  return sum(files.map((file) => timed(readFileSync(file), encode, decode)));
}

function timed(bytes: Uint8Array, encode: Change, decode: Change): Spent {
  const started = performance.now();
  const coded = encode(bytes);
  const between = performance.now();
  decode(coded);
  const ended = performance.now();
  return {
    codedBytes: coded.length,
    encodeS: (between - started) / 1_000,
    decodeS: (ended - between) / 1_000,
  };
}

function sum(parts: readonly Spent[]): Spent {
  const total = (key: 'codedBytes' | 'encodeS' | 'decodeS'): number =>
    parts.reduce((all, part) => all + part[key], 0);
  return { codedBytes: total('codedBytes'), encodeS: total('encodeS'), decodeS: total('decodeS') };
}

function zstd19(bytes: Uint8Array): Uint8Array {
  const params = { [constants.ZSTD_c_compressionLevel]: 19 };
  return zstdCompressSync(bytes, { params });
}

function xz(bytes: Uint8Array, flag: string): Uint8Array {
  return piped('xz', ['-c', flag], bytes);
}

/** Each file under its own name, in the order given. */
function tar(): Uint8Array {
  const names = files.flatMap((file) => ['-C', dirname(file), basename(file)]);
  return piped('tar', ['-c', '--format=ustar', '-f', '-', ...names], new Uint8Array(0));
}

function piped(command: string, args: readonly string[], input: Uint8Array): Uint8Array {
  const { stdout, status } = spawnSync(command, args, { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`Cannot run "${command}": exit code ${status}`);
  return stdout;
}
