import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromHex, hex, sameBytes } from '../core/bytes.ts';
import type { Random } from '../core/random.ts';
import { writeDurably } from './durable-file.ts';

/** Numbers of one lease: so many may be lost to a crash, and so rarely the disk is asked. */
const leaseLength = 1_024n;

const fileSchema = z.strictObject({
  format: z.literal(1),
  stream: z.string().regex(/^[0-9a-f]{32}$/),
  /** The first number that no lease covers yet. */
  next: z.string().regex(/^\d{1,19}$/),
});

/** Does `work` on `path` while nobody else does. */
type Exclusively = <T>(path: string, work: () => Promise<T>) => Promise<T>;

/** The numbers a party gives its packs (sealed-pack design, "Sequences, replay, clones"). */
export interface Sequence {
  /** 16 random bytes; a new one after the file was lost. */
  readonly stream: Uint8Array;
  /** True when the file was absent, so the stream is new and must be announced. */
  readonly isNewStream: boolean;
  /**
   * A number that was never given before, also across a crash and beside other processes; a lease is durable before its
   * first number is used.
   */
  next(): Promise<bigint>;
}

/**
 * Opens the counter file `sequence.json` in the keys folder `folder`, beside the seeds and outside the database, so
 * that a rebuilt database cannot repeat a number. A file that does not parse counts as lost. Where commands run beside
 * the program each of them takes leases `exclusively`: `withProcessLock`.
 */
export async function openSequence(
  folder: string,
  random: Pick<Random, 'bytes'>,
  exclusively: Exclusively = (_path, work) => work(),
): Promise<Sequence> {
  const path = join(folder, 'sequence.json');
  const known = await readState(path);
  const stream = known?.stream ?? random.bytes(16);
  let next = known?.next ?? 1n;
  let leasedUntil = next;
  let turn = Promise.resolve(0n);

  async function take(): Promise<bigint> {
    // A pairing command takes leases of its own while the program runs.
    if (next >= leasedUntil) await exclusively(path, lease);
    return next++;
  }

  async function lease(): Promise<void> {
    const onDisk = await readState(path);
    if (onDisk && onDisk.next > next && sameBytes(onDisk.stream, stream)) next = onDisk.next;
    const until = next + leaseLength;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeDurably(
      path,
      `${JSON.stringify({ format: 1, stream: hex(stream), next: String(until) })}\n`,
      { as: 'sequence' },
    );
    leasedUntil = until;
  }

  return {
    stream,
    isNewStream: known === undefined,
    next: () => {
      turn = turn.then(take, take);
      return turn;
    },
  };
}

async function readState(path: string): Promise<{ stream: Uint8Array; next: bigint } | undefined> {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    const stream = parsed.success ? fromHex(parsed.data.stream) : undefined;
    return parsed.success && stream ? { stream, next: BigInt(parsed.data.next) } : undefined;
  } catch {
    return undefined;
  }
}
