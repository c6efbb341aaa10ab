import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryDir } from '../support/source-tree.ts';
import { openSwitch } from './link-switch.ts';
import { type Command, startSaying, timed } from './process.ts';

/** A bad wide-area link between two network namespaces, carried by the badlink tool. */
export interface BadLink {
  /** Address of the center's end, for those who call from the box's end. */
  readonly centerAddress: string;
  /** Congestion control on both sides: bbr where the kernel has it. */
  readonly congestion: string;
  /** The command, inside the network of one end. */
  at(side: 'box' | 'center', command: Command): Command;
  /** IP bytes by the counters of the box's interface since the start: all that it sent, lost or not, and what it got. */
  interfaceBytes(): Promise<InterfaceBytes>;
  /** Packets vanish until it is up again. */
  turn(to: 'up' | 'down'): Promise<void>;
  /** Ends what still runs at its ends, and takes it away. */
  close(): Promise<void>;
}

export interface InterfaceBytes {
  readonly up: number;
  readonly down: number;
}

export interface LinkQuality {
  readonly rateKbitPerS: number;
  /** One way. */
  readonly delayMs: number;
  readonly lossPercent: number;
}

/** Path of the tool: `OUTPOST_BADLINK`, else the one beside this checkout, else undefined. */
function badLinkTool(): string | undefined {
  const beside = join(repositoryDir, '../shared/tools/badlink');
  return [process.env['OUTPOST_BADLINK'], beside].find((path) => path && existsSync(path));
}

/** Why there can be no such link here; undefined = there can. */
export function badLinkObstacle(): string | undefined {
  if (badLinkTool() === undefined) {
    return 'The badlink tool is not here. Name its path in OUTPOST_BADLINK';
  }
  if (process.getuid?.() !== 0) return 'Network namespaces need root. Run it as root';
  if (!existsSync('/dev/net/tun')) return 'There is no /dev/net/tun. Load the kernel module tun';
  const hasIp = spawnSync('ip', ['-V'], { stdio: 'ignore' }).error === undefined;
  return hasIp ? undefined : 'The command ip is missing. apt-get install -y iproute2';
}

/** Any number may be open at a time; each has namespaces of its own. */
export async function openBadLink(quality: LinkQuality, logPath: string): Promise<BadLink> {
  const tool = badLinkTool() ?? '';
  opened += 1;
  const name = `bench${process.pid}-${opened}`;
  const { rateKbitPerS, delayMs, lossPercent } = quality;
  const options = ['--rate', rateKbitPerS, '--delay', delayMs, '--loss', lossPercent].map(String);
  const server = await startSaying(
    { command: tool, args: ['run', '--name', name, ...options] },
    logPath,
    '"ready": true',
  );
  const at: BadLink['at'] = (side, { command, args, env }) => ({
    command: 'ip',
    args: ['netns', 'exec', `${name}-${side}`, command, ...args],
    ...(env && { env }),
  });
  const turner = openSwitch(name);
  const congestion = bestCongestion();
  for (const side of ['box', 'center'] as const) {
    const setting = `net.ipv4.tcp_congestion_control=${congestion}`;
    await timed(at(side, { command: 'sysctl', args: ['-q', '-w', setting] }));
  }
  return {
    centerAddress: '10.77.0.2',
    congestion,
    at,
    interfaceBytes: async () => {
      const counters = ['tx_bytes', 'rx_bytes'].map((name) => `${counterFolder}/${name}`);
      const { command, args } = at('box', { command: 'cat', args: counters });
      const { stdout } = await promisify(execFile)(command, [...args]);
      const [up = Number.NaN, down = Number.NaN] = stdout.trim().split('\n').map(Number);
      return { up, down };
    },
    turn: (to) => turner.turn(to),
    close: async () => {
      turner.close();
      for (const side of ['box', 'center']) await endAll(`${name}-${side}`);
      await server.stop();
    },
  };
}

/** Ends every program in a namespace of ours. */
async function endAll(namespace: string): Promise<void> {
  const { stdout } = await promisify(execFile)('ip', ['netns', 'pids', namespace]);
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid));
    } catch {
      // It has ended meanwhile.
    }
  }
}

const counterFolder = '/sys/class/net/wan0/statistics';
let opened = 0;

function bestCongestion(): string {
  const path = '/proc/sys/net/ipv4/tcp_available_congestion_control';
  return readFileSync(path, 'utf8').split(/\s+/).includes('bbr') ? 'bbr' : 'cubic';
}
