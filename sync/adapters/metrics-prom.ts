import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Measure, Sample } from '../core/metrics.ts';
import { listenUnix } from './http-unix.ts';
import { versionOfOutpost } from './version.ts';

/** Where a program tells its metrics: a Unix socket, or a port of this machine's loopback. */
export type MetricsDoor = { readonly socket: string } | { readonly port: number };

export interface MetricsServer {
  /** 0 for a Unix socket. */
  readonly port: number;
  close(): Promise<void>;
}

/** `GET /metrics` in the text format of Prometheus. Rejects when the door cannot be had. */
export async function listenMetrics(
  measures: readonly Measure[],
  door: MetricsDoor,
): Promise<MetricsServer> {
  const registry = createRegistry(measures);
  if ('socket' in door) {
    const fetch = async (request: Request): Promise<Response> =>
      new URL(request.url).pathname === '/metrics'
        ? new Response(await registry.metrics(), {
            headers: { 'content-type': registry.contentType },
          })
        : new Response('Use /metrics\n', { status: 404 });
    const { close } = await listenUnix(fetch, door.socket);
    return { port: 0, close };
  }
  const server = createServer((request, response) => {
    // A page of another site in a browser of this machine names its own host.
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const isOwn = ['127.0.0.1', 'localhost', '[::1]'].includes(host);
    if (!isOwn || request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end('Use GET /metrics\n');
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(door.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Values are read when somebody asks, so that nothing is counted twice or kept up to date for nobody. */
function createRegistry(measures: readonly Measure[]): Registry {
  const registry = new Registry();
  const registers = [registry];
  // Deno has not all that these read.
  if (!('Deno' in globalThis)) collectDefaultMetrics({ register: registry });
  const version = versionOfOutpost();
  const build = new Gauge({
    ...{ name: 'outpost_build_info', help: 'Version of Outpost', labelNames: ['version'] },
    registers,
  });
  build.set({ version }, 1);
  for (const measure of measures) register(measure, registry);
  return registry;
}

function register({ name, help, kind, read }: Measure, registry: Registry): void {
  const labelNames = ['state', 'code', 'status'];
  const asSamples = async (): Promise<readonly Sample[]> => {
    const found = await read();
    return typeof found === 'number' ? [{ value: found }] : found;
  };
  const shape = { name, help, labelNames, registers: [registry] };
  if (kind === 'counter') {
    const counter = new Counter({
      ...shape,
      async collect() {
        const samples = await asSamples();
        counter.reset();
        for (const { labels = {}, value } of samples) counter.inc({ ...labels }, value);
      },
    });
    return;
  }
  const gauge = new Gauge({
    ...shape,
    async collect() {
      const samples = await asSamples();
      gauge.reset();
      for (const { labels = {}, value } of samples) gauge.set({ ...labels }, value);
    },
  });
}
