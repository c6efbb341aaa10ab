import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { sanitize } from '#sync/core/sanitize.ts';
import type { ForwardStatus } from '../outbound/ports.ts';
import type { ApiFault } from './contract.ts';
import { type EchoAnswer, echoRequestSchema, type ForwardList } from './contract-modalities.ts';

export interface ModalitiesPorts {
  readonly forwards: () => Promise<readonly ForwardStatus[]>;
  /** Asks the device by C-ECHO; undefined when no device has this name. */
  readonly echo: (name: string) => Promise<EchoAnswer | undefined>;
}

/** The part of the local API about devices that the box calls (`contract-modalities.ts`). */
export function createModalitiesApp(ports: ModalitiesPorts): Hono {
  const app = new Hono();
  app.get('/v1/modalities', async (context) => {
    const list: ForwardList = {
      forwards: (await ports.forwards()).map(({ trouble, ...rest }) => ({
        ...rest,
        trouble: trouble === undefined ? null : sanitize(trouble),
      })),
    };
    return context.json(list);
  });
  app.post('/v1/modalities/test', bodyLimit({ maxSize: 4_096 }), async (context) => {
    const asked = echoRequestSchema.safeParse(await context.req.json().catch(() => undefined));
    const answer = asked.success ? await ports.echo(asked.data.name) : undefined;
    return answer ? context.json(answer) : context.json(unknown, 404);
  });
  return app;
}

const unknown: ApiFault = {
  code: 'NOT-FOUND',
  message: 'The config of this box knows no such device, or not where it listens',
  next: 'Name a destination, or a caller that has an address and a port in the config',
};
