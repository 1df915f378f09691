import { absolutePath, combinedCacheBytes } from './libvirt.ts';
import { shellWord, suboptionValue } from './quoting.ts';
import { type CommandTarget, driveSettings } from './target.ts';

/**
 * @source virt-install 5.0.0, commit 11a887ece, for `driver.metadata_cache`; 4.1.0 takes the same by XPath
 */
export const virtInstallTarget: CommandTarget = {
  key: 'virt-install',
  title: 'virt-install 5 (on an image made as above)',
  render(input) {
    const bytes = combinedCacheBytes(input);
    const { discard } = driveSettings(input);
    const disk = [
      `path=${suboptionValue(absolutePath(input.request.fileName))}`,
      'format=qcow2',
      ...(discard === undefined ? [] : [`driver.discard=${String(discard)}`]),
    ].join(',');
    const current = `${disk},driver.metadata_cache.max_size=${bytes},driver.metadata_cache.max_size.unit=bytes`;
    const older = `${disk},xpath1.set=./driver/metadata_cache/max_size=${bytes}`;
    return `--disk ${shellWord(current)}\n# virt-install 4: --disk ${shellWord(older)}`;
  },
};
