import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { levels } from '#sync/coding/payload.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { transferSyntaxes } from '#sync/dicom/transfer-syntaxes.ts';
import type { CodedStudy } from './coding-child.ts';
import { imageCodecs } from './coding-codecs.ts';
import {
  atLeast,
  atMost,
  type Bench,
  type BenchOptions,
  type Measured,
  median,
  type Row,
  rounded,
  type Target,
} from './measured.ts';
import { missingPeers } from './peers.ts';

const sampleStudies = fileURLToPath(
  new URL('../../../shared/data/dicom/studies/', import.meta.url),
);
/** Of a large study the first instances, in the order of their names: what the targets were set on. */
const studyInstances = 12;

const general = ['gzip -6 per file', 'zstd -19 per file', 'tar + zstd -19', 'tar + xz -9'] as const;
/** What ours is held against; the other image codecs are rows only. */
const compared: readonly string[] = [...general, 'JpegLs'];
const methods: readonly string[] = [...general, ...imageCodecs, ...levels];
const smallest = 'slow link';
/** Its slices are nearly noise, so all of it is held to the target too. */
const noisiest = 'mr-brain-siemens';

export const codingBench: Bench = {
  name: 'coding',
  summary:
    'bytes of studies on the wire at each level, beside gzip, zstd, xz, JPEG-LS, HTJ2K, JPEG XL',
  defaultRounds: 1,
  takesFolder: true,
  obstacle: (folder = sampleStudies) => {
    if (!existsSync(folder)) return `There is no folder "${folder}". Name one: -- coding DIR`;
    const missing = missingPeers(['tar', 'xz']);
    return missing.length > 0
      ? `Not installed here: ${missing.join(', ')}. Install with: apt-get install -y tar xz-utils`
      : undefined;
  },
  run,
};

interface Study {
  readonly name: string;
  readonly files: readonly string[];
  readonly isLossy: boolean;
  readonly methods: readonly string[];
}

/** What each method made of each study, round by round. */
type Results = ReadonlyMap<Study, ReadonlyMap<string, readonly CodedStudy[]>>;

async function run(options: BenchOptions): Promise<Measured> {
  const studies = studiesIn(options.folder ?? sampleStudies).filter(({ name }) =>
    name.includes(options.only ?? ''),
  );
  const results = new Map<Study, Map<string, readonly CodedStudy[]>>();
  for (const study of studies) {
    const byMethod = new Map<string, readonly CodedStudy[]>();
    results.set(study, byMethod);
    for (const method of study.methods) {
      const startedMs = performance.now();
      const rounds: CodedStudy[] = [];
      while (rounds.length < options.rounds) rounds.push(await code(method, study.files));
      byMethod.set(method, rounds);
      const ratio = rounded((rounds[0]?.rawBytes ?? 0) / (rounds[0]?.codedBytes ?? 1));
      const tookS = rounded((performance.now() - startedMs) / 1_000);
      options.say(`${study.name}: ${method}: ${ratio} (${tookS} s)`);
    }
  }
  const notes = [
    `Of each study the first ${studyInstances} instances by name, but where all are told. Ratios are raw bytes divided by coded ones.`,
    'Ours in packs of 8 MiB as a box makes them; encoding includes the proof (decoding and comparing). Speeds of small studies are those of a compiler that warms up.',
    'JpegLs, HtJpeg2000, JpegXl: dcmjs-codecs on native frames, headers and all else as they are. Peak RSS of xz is not in its row.',
  ];
  return { rows: rowsOf(results), targets: targetsOf(results), notes };
}

/** In a process of its own, so that the memory is its own and the compiler starts anew. */
async function code(method: string, files: readonly string[]): Promise<CodedStudy> {
  const child = spawn(process.execPath, [childPath, method, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const [exitCode, signal] = await once(child, 'close');
  if (exitCode !== 0) {
    throw new Error(`${method} broke off: ${signal ?? `exit code ${exitCode}`}`);
  }
  return JSON.parse(text) as CodedStudy;
}

const childPath = fileURLToPath(new URL('coding-child.ts', import.meta.url));

function studiesIn(folder: string): readonly Study[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(({ path }) => statSync(path).isDirectory())
    .flatMap(({ name, path }) => {
      const files = filesIn(path);
      const first = files.slice(0, studyInstances);
      const study = { name, files: first, isLossy: first.some(isLossy), methods };
      const whole = { ...study, name: `${name}, all`, files, methods: [smallest] };
      return name === noisiest ? [study, whole] : [study];
    })
    .filter(({ files }) => files.length > 0);
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .sort();
}

function isLossy(file: string): boolean {
  const header = readFileHeader(readFileSync(file).subarray(0, 65_536));
  return header.ok && transferSyntaxes.get(header.value.transferSyntaxUid)?.fidelity === 'may-lose';
}

function rowsOf(results: Results): readonly Row[] {
  return [...results].flatMap(([study, byMethod]) =>
    [...byMethod].map(([method, rounds]): Row => {
      const [first] = rounds;
      if (first === undefined) throw new TypeError('A method has no round');
      const megabytes = first.rawBytes / 1e6;
      return {
        case: study.name,
        subject: nameOf(method),
        rawBytes: first.rawBytes,
        codedBytes: first.codedBytes,
        ratio: rounded(first.rawBytes / first.codedBytes),
        ...speed('encodeMBPerS', megabytes, median(rounds.map((round) => round.encodeS))),
        ...speed('decodeMBPerS', megabytes, median(rounds.map((round) => round.decodeS))),
        peakRssMB: Math.round(median(rounds.map((round) => round.peakRssBytes)) / 1e6),
        fallbacks: first.fallbacks,
      };
    }),
  );
}

/** Nothing of a method that took no time: it found nothing to code. */
function speed(name: string, megabytes: number, seconds: number): Readonly<Record<string, number>> {
  return seconds > 0 ? { [name]: rounded(megabytes / seconds) } : {};
}

function nameOf(method: string): string {
  return levels.some((level) => level === method) ? `outpost, ${method}` : method;
}

const leastRatios: Readonly<Record<string, number>> = {
  'ct-head-phantom-philips': 5.6,
  'mr-brain-siemens': 8,
  'mr-brain-siemens, all': 8,
  'mr-phantom-epi-ge': 5.1,
  'mr-phantom-mosaic-siemens': 10.9,
  'nm-heart': 9,
};
const fastCt = 'ct-head-phantom-philips';

function targetsOf(results: Results): readonly Target[] {
  const targets: Target[] = [];
  for (const [study, byMethod] of results) {
    const bytes = (method: string): number => byMethod.get(method)?.[0]?.codedBytes ?? Number.NaN;
    const raw = byMethod.get(smallest)?.[0]?.rawBytes ?? Number.NaN;
    const least = leastRatios[study.name];
    if (least !== undefined) {
      targets.push(atLeast(`ratio of ${study.name}, slow link`, raw / bytes(smallest), least));
    }
    if (study.methods.length < methods.length) continue;
    const best = Math.min(...compared.map(bytes));
    const most = study.isLossy ? 1.01 : 1;
    targets.push(
      atMost(`${study.name}, slow link against the best compared`, bytes(smallest) / best, most),
    );
    const largest = Math.max(...levels.map(bytes));
    targets.push(atMost(`${study.name}, any level against its input`, largest / raw, 1.001));
    if (study.name === fastCt) targets.push(...speedTargets(byMethod));
  }
  return targets;
}

function speedTargets(byMethod: ReadonlyMap<string, readonly CodedStudy[]>): readonly Target[] {
  const rounds = (method: string): readonly CodedStudy[] => byMethod.get(method) ?? [];
  const rate = (method: string): number =>
    median(rounds(method).map(({ rawBytes, encodeS }) => rawBytes / 1e6 / encodeS));
  const [fast] = rounds('fast');
  const ratio = fast ? fast.rawBytes / fast.codedBytes : Number.NaN;
  return [
    atLeast(`MB/s of ${fastCt} with proof, fast`, rate('fast'), 20),
    atLeast(`ratio of ${fastCt}, fast`, ratio, 4),
    atLeast(`MB/s of ${fastCt} with proof, fast zstd`, rate('fast zstd'), 80),
  ];
}
