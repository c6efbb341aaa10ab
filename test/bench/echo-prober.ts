import { associateRequest, echoCommand, RawPeer } from '../support/dimse-peer.ts';

const everyMs = 10;

/** A device that asks C-ECHO again and again on an association of its own. */
export interface EchoProber {
  /** Ends the association; how long each answer took, milliseconds. */
  stop(): Promise<readonly number[]>;
}

export async function startEchoes(port: number, calledAeTitle: string): Promise<EchoProber> {
  const peer = await RawPeer.connect(port);
  peer.send(associateRequest({ calledAeTitle, callingAeTitle: 'ECHO' }));
  await peer.receive();
  const stopped = new AbortController();
  const took: number[] = [];
  const running = (async () => {
    for (let id = 1; !stopped.signal.aborted; id = (id % 0xffff) + 1) {
      const askedMs = performance.now();
      peer.send(echoCommand(id));
      await peer.response();
      took.push(performance.now() - askedMs);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await running;
      await peer.release();
      peer.close();
      return took;
    },
  };
}

/** The value that `share` (0 to 1) of `values` does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.max(0, Math.ceil(ordered.length * share) - 1)] ?? Number.NaN;
}
