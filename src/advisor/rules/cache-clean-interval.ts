import type { Rule } from '../rule.ts';
import { cannotSay } from './situation.ts';

/** Unused cache goes back to the host after this time, seconds. */
const shortIntervalSeconds = 60;
/** Smaller caches are not worth the timer, bytes. */
const worthwhileBytes = 2 ** 20;

/** Where memory counts most, entries that were not used for a minute give their memory back. */
export const cacheCleanIntervalRule: Rule = {
  id: 'cache-clean-interval',
  setting: 'cache-clean-interval',
  adds({ request, proposal }) {
    const wanted = request.priority === 'memory' && proposal.memoryBytes > worthwhileBytes;
    return wanted && cannotSay(request, 'drive', 'cache-clean-interval') === undefined
      ? { 'cache-clean-interval': shortIntervalSeconds }
      : {};
  },
  explain({ proposal }) {
    const source = 'QEMU docs/qcow2-cache.txt, "Reducing the memory usage"; default 600 s on Linux since 3.1';
    const seconds = proposal.settings.drive['cache-clean-interval'];
    if (seconds === undefined) {
      return {
        setting: 'cache-clean-interval',
        because:
          'Left at 600 s: QEMU gives memory of entries back that were not used in that time, so an idle disk holds little.',
        source,
      };
    }
    return {
      setting: 'cache-clean-interval',
      because: `Memory of cache entries that were not used for ${String(seconds)} s goes back to the host.`,
      source,
      costs: 'After a pause the first requests read their tables again. Only on Linux.',
    };
  },
};
