import process from 'node:process';

/** What `act` costs this process, in milliseconds of processor time: a busy neighbour does not make it more. */
export function processorMsOf(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
