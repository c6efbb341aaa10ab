import type { DimseLimits } from './limits.ts';

/** Counts connections and associations, so that one caller cannot starve the others (H11). */
export interface Admission {
  /** A new connection from `address`; undefined = close it at once. */
  connect(address: string, nowMs: number): AdmittedConnection | undefined;
}

/** One counted connection. */
export interface AdmittedConnection {
  /** Counts an association; false = at the limit, reject it as busy. Once a connection. */
  associate(): boolean;
  /** The connection is gone. Idempotent. */
  leave(): void;
}

/**
 * Connections may be half again as many as associations: enough to be told "busy" by a proper rejection, too few
 * to hold sockets. `nowMs` is monotonic. Memory is bounded by the connections open and of the last second.
 */
export function createAdmission(
  limits: Pick<
    DimseLimits,
    'associations' | 'associationsPerAddress' | 'connectionsPerAddressPerS'
  >,
): Admission {
  const total: Count = { connections: 0, associations: 0 };
  const byAddress = new Map<string, Count>();
  const recent = new Map<string, number>();
  let second = Number.NEGATIVE_INFINITY;

  function isTooFast(address: string, nowMs: number): boolean {
    if (Math.floor(nowMs / 1000) !== second) {
      second = Math.floor(nowMs / 1000);
      recent.clear();
    }
    const count = (recent.get(address) ?? 0) + 1;
    recent.set(address, count);
    return count > limits.connectionsPerAddressPerS;
  }

  return {
    connect(address, nowMs) {
      if (isTooFast(address, nowMs)) return undefined;
      const own = byAddress.get(address) ?? { connections: 0, associations: 0 };
      if (own.connections >= halfAgain(limits.associationsPerAddress)) return undefined;
      if (total.connections >= halfAgain(limits.associations)) return undefined;
      byAddress.set(address, own);
      own.connections++;
      total.connections++;
      let isAssociated = false;
      let isGone = false;
      return {
        associate() {
          if (own.associations >= limits.associationsPerAddress) return false;
          if (total.associations >= limits.associations) return false;
          isAssociated = true;
          own.associations++;
          total.associations++;
          return true;
        },
        leave() {
          if (isGone) return;
          isGone = true;
          own.connections--;
          total.connections--;
          if (isAssociated) {
            own.associations--;
            total.associations--;
          }
          if (own.connections === 0) byAddress.delete(address);
        },
      };
    },
  };
}

interface Count {
  connections: number;
  associations: number;
}

function halfAgain(associations: number): number {
  return Math.ceil(associations * 1.5);
}
