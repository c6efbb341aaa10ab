import { lookup } from 'node:dns/promises';
import { createConnection } from 'node:net';

const timeoutMs = 2_000;
/** The resolver stub of the system: a way to the internet for whoever may ask it (zones design). */
const resolverStub = { host: '127.0.0.53', port: 53 };

/**
 * Tries what no process of the clinical zone may be able to do: reach the relay, reach the resolver, resolve a
 * name. The answer names the first that worked, or is undefined when all failed, as they must.
 */
export async function findZoneBreach(relayUrls: readonly string[]): Promise<string | undefined> {
  if (await isReachable(resolverStub.host, resolverStub.port)) {
    return 'this program reaches the name service of the machine';
  }
  for (const url of relayUrls.map((text) => new URL(text))) {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (await isReachable(host, Number(url.port || 443))) {
      return 'this program reaches the relay over the network';
    }
  }
  const names = [...relayUrls.map((text) => new URL(text).hostname), 'example.com'];
  for (const name of names.filter((each) => /[a-z]/i.test(each) && !each.startsWith('['))) {
    if (await isResolved(name)) return 'this program can resolve names of the internet';
  }
  return undefined;
}

function isReachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: timeoutMs });
    const end = (isConnected: boolean) => (): void => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', end(true));
    socket.once('timeout', end(false));
    socket.once('error', end(false));
  });
}

async function isResolved(name: string): Promise<boolean> {
  if (name === 'localhost') return false;
  return lookup(name).then(
    () => true,
    () => false,
  );
}
