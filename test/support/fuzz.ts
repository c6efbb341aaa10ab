import { Buffer } from 'node:buffer';
import process from 'node:process';
import { watchAllocations } from './allocations.ts';
import { type Dice, diceOf } from './dice.ts';
import { mutateBytes } from './mutate.ts';
import { mutateJson } from './mutate-json.ts';

/**
 * Every run repeats the same rounds unless `OUTPOST_FUZZ_SEED` says otherwise; `OUTPOST_FUZZ_ROUNDS` multiplies
 * them: `OUTPOST_FUZZ_SEED=$(date +%s) OUTPOST_FUZZ_ROUNDS=1000 node --test test/sync/dicom/fuzz.test.ts`.
 */
const seed = process.env['OUTPOST_FUZZ_SEED'] ?? '1';
const factor = Math.max(1, Number(process.env['OUTPOST_FUZZ_ROUNDS'] ?? 1) || 1);

export interface FuzzOptions {
  /** Mutants of an ordinary run. */
  readonly rounds?: number;
  /** Bytes that one round may allocate in all, whatever its input says about lengths. */
  readonly allocates?: number;
}

const usualRounds = 1_000;
/** Enough for copies of the input and the fixed buffers of ciphers; far below what a lying length asks for. */
const usualAllocation = 2 * 1024 * 1024;

/** Feeds mutants of `samples` (and the samples themselves first) to `check`, which throws when something is wrong. */
export function fuzzBytes(
  door: string,
  samples: readonly Uint8Array[],
  check: (bytes: Uint8Array) => unknown,
  options: FuzzOptions = {},
): Promise<void> {
  return campaign(
    door,
    samples,
    (dice, sample) => mutateBytes(dice, sample, samples),
    check,
    options,
  );
}

/** The same for texts, mutated as UTF-8; what is no UTF-8 any more arrives with replacement characters. */
export function fuzzText(
  door: string,
  samples: readonly string[],
  check: (text: string) => unknown,
  options: FuzzOptions = {},
): Promise<void> {
  const encoded = samples.map((text) => new TextEncoder().encode(text));
  const mutate = (dice: Dice, sample: string): string =>
    new TextDecoder().decode(mutateBytes(dice, new TextEncoder().encode(sample), encoded));
  return campaign(door, samples, mutate, check, options);
}

/** The same for parsed JSON: the places of the value are changed, not its text. */
export function fuzzJson(
  door: string,
  samples: readonly unknown[],
  check: (value: unknown) => unknown,
  options: FuzzOptions = {},
): Promise<void> {
  return campaign(door, samples, mutateJson, check, options);
}

async function campaign<T>(
  door: string,
  samples: readonly T[],
  mutate: (dice: Dice, sample: T) => T,
  check: (input: T) => unknown,
  { rounds = usualRounds, allocates = usualAllocation }: FuzzOptions,
): Promise<void> {
  const allocations = watchAllocations();
  try {
    for (let round = 0; round < samples.length + rounds * factor; round++) {
      const dice = diceOf(`${seed} ${door} ${round}`);
      const first = samples[round];
      const input = first ?? mutate(dice, dice.pick(samples) as T);
      allocations.reset();
      try {
        await check(input);
        const { sizeBytes } = allocations;
        if (sizeBytes > allocates) throw new Error(`one input made it allocate ${sizeBytes} bytes`);
      } catch (cause) {
        throw new Error(reportOf(door, round, input), { cause });
      }
    }
  } finally {
    allocations.stop();
  }
}

/** The input in short: the seed and the round make it again. */
function reportOf(door: string, round: number, input: unknown): string {
  const shown =
    input instanceof Uint8Array
      ? `${Buffer.from(input.subarray(0, 400)).toString('hex')} (${input.length} bytes)`
      : (JSON.stringify(input) ?? String(input)).slice(0, 1_000);
  return `Round ${round} of "${door}" failed; again with OUTPOST_FUZZ_SEED=${seed} OUTPOST_FUZZ_ROUNDS=${factor}. Input: ${shown}`;
}
