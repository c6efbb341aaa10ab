import { pino } from 'pino';
import type { Log } from '../core/log.ts';

/** One JSON line an event on standard output, written at once, so nothing is lost to a kill. */
export function createLog(program: string): Log {
  const logger = pino(
    { base: { program }, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 1, sync: true }),
  );
  return {
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
  };
}
