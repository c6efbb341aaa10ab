import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { listRejected } from '#appliance/adapters/import-rejected.ts';
import type { LetterDesk } from '#appliance/adapters/letter-desk.ts';
import { createApi } from '#appliance/api/app.ts';
import { createPairingApi } from '#appliance/api/pairing-app.ts';
import type { CallerDesk } from '#appliance/callers/ports.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import type { ForwardHealth } from '#appliance/outbound/ports.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { confirmAtBox } from '#sync/adapters/pairing-box.ts';
import { versionOfOutpost } from '#sync/adapters/version.ts';
import { ok } from '#sync/core/result.ts';
import type { Box } from './box.ts';

/** What the screen asks of the letter desk. */
export type ShownDesk = Pick<
  LetterDesk,
  'pairing' | 'agentState' | 'zoneBreach' | 'hasSpool' | 'unconfirmedStudies' | 'unreadableArrivals'
> &
  Partial<Pick<LetterDesk, 'keyListsBehind' | 'refusedResends' | 'epochStep'>>;

/** The local API over the parts of the box, or over what a box that cannot write has of them. */
export function apiOf(
  config: ApplianceConfig,
  folder: DataFolder,
  box: Pick<Box, 'disk' | 'quiet' | 'revisions'> &
    Partial<Pick<Box, 'recorder' | 'imports' | 'wake'>> & {
      readonly desk: ShownDesk & Partial<Pick<LetterDesk, 'tryNow'>>;
      readonly callerDesk: CallerDesk;
      readonly forwards?: () => readonly ForwardHealth[];
    },
) {
  const app = createApi(
    {
      catalog: folder.catalog,
      files: folder.files,
      callers: box.callerDesk,
      revisions: box.revisions,
      isReceiving: (study) => !box.quiet.isQuiet(study),
      agentState: box.desk.agentState,
      pairing: box.desk.pairing,
      hasSpool: box.desk.hasSpool,
      unconfirmedStudies: box.desk.unconfirmedStudies,
      unreadableArrivals: box.desk.unreadableArrivals,
      refusedResends: box.desk.refusedResends,
      keyListsBehind: box.desk.keyListsBehind,
      epochStep: box.desk.epochStep,
      disk: () => ({ usedPercent: box.disk.usedPercent(), trouble: box.disk.trouble() }),
      zoneBreach: box.desk.zoneBreach,
      tryNow: box.desk.tryNow,
      waitingOrders: folder.orders.waitingCount,
      damagedFacts: folder.facts.damagedLines,
      forwards: box.forwards,
      media: {
        catalog: folder.catalog,
        record: box.recorder?.record,
        imports: config.importFolder === undefined ? undefined : box.imports?.tally.counts,
        rejected: (most) => listRejected(config.importFolder, most),
        onChange: () => {
          box.revisions.bump();
          box.wake?.();
        },
        clock: systemClock,
      },
      clock: systemClock,
    },
    { ...config, version: versionOfOutpost() },
  );
  const { recorder, revisions, wake } = box;
  return app.route(
    '/',
    createPairingApi({
      confirmWords:
        recorder &&
        (async (typed) => {
          const done = await confirmAtBox({ dataDir: config.dataDir }, typed);
          if (!done.ok) return done;
          revisions.bump();
          wake?.();
          const { peer, notice } = done.value;
          return ok({ isRight: notice === undefined, text: notice?.message ?? peer.state });
        }),
    }),
  );
}
