import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Cuts and restores one link at once; starting the tool each time takes seconds on a busy machine. */
export interface LinkSwitch {
  /** Answers when the link has turned. */
  turn(to: 'up' | 'down'): Promise<void>;
  close(): void;
}

/** Says to the control socket of the badlink tool what its own commands `up` and `down` say; Node has no such sockets. */
const script = `
import json, os, socket, sys
mine = f"/tmp/badlink-switch-{os.getpid()}.sock"
control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
control.bind(mine)
try:
    for line in sys.stdin:
        control.sendto(json.dumps({"up": line.strip() == "up"}).encode(), sys.argv[1])
        control.recv(65536)
        print("turned", flush=True)
finally:
    os.unlink(mine)
`;

export function openSwitch(name: string): LinkSwitch {
  const child = spawn('python3', ['-c', script, `/tmp/badlink-${name}.sock`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`Cannot turn the link "${name}": it is closed`)));
  });
  gone.catch(() => undefined);
  return {
    async turn(to) {
      const turned = new Promise((resolve) => lines.once('line', resolve));
      child.stdin.write(`${to}\n`);
      await Promise.race([turned, gone]);
    },
    close: () => child.stdin.end(),
  };
}
