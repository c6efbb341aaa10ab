import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { InstanceList } from '#appliance/api/contract.ts';
import { type Program, startOutpost } from '../demo/program.ts';
import { boxAeTitle, callingAeTitle } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { type CrashSite, prepareCrashSite } from '../e2e/site.ts';
import { type SentStatus, sendStudy } from '../support/modality.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';

/** A box that is paired, so that it seals, without anybody who fetches. `on` is the folder of the whole site. */
export async function makePairedBox(t: TestContext, on?: string, config: object = {}) {
  const root = on ?? (await mkdtemp(join(tmpdir(), 'outpost-paired-')));
  const programs = new Set<Program>();
  t.after(async () => {
    await Promise.all([...programs].map((program) => program.stop('SIGKILL')));
    if (on === undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });
  const site: CrashSite = await prepareCrashSite(root);
  const known = JSON.parse(await readFile(site.config.appliance, 'utf8')) as object;
  await writeFile(site.config.appliance, JSON.stringify({ ...known, ...config }));
  return {
    site,
    segments: join(root, 'appliance', 'segments'),
    start: async (env: Readonly<Record<string, string>> = {}) => {
      const args = ['appliance', '--config', site.config.appliance];
      const program = startOutpost('appliance', args, site.logDir, 'node', env);
      programs.add(program);
      await program.ready;
      return program;
    },
    send: (study: readonly SyntheticInstance[]): Promise<readonly SentStatus[]> =>
      sendStudy(
        {
          ...{ host: '127.0.0.1', port: site.dicomPort },
          ...{ callingAeTitle, calledAeTitle: boxAeTitle },
        },
        study.map(({ part10 }) => part10),
        { signal: AbortSignal.timeout(20_000), timeoutMs: 10_000 },
      ),
    /** State by digest. */
    states: async () => {
      const list = await ask<InstanceList>(site.applianceSocket, '/v1/instances');
      return new Map(list?.instances.map((each) => [each.datasetSha256, each.state]));
    },
  };
}
