import { expect, test } from 'vitest';
import { installCommand, packageManagerOf, systemPackageManager } from '../../src/engine/package-manager.ts';

// The first lines of the systems' own os-release files.
test.each([
  ['Debian', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\n', 'apt-get'],
  ['Ubuntu', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'apt-get'],
  ['Linux Mint', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt-get'],
  ['Fedora', 'NAME="Fedora Linux"\nID=fedora\n', 'dnf'],
  ['Rocky', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf'],
  ['openSUSE', 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'zypper'],
  ['Leap', 'ID="opensuse-leap"\n', 'zypper'],
  ['Arch', 'ID=arch\n', 'pacman'],
  ['Alpine', "NAME='Alpine Linux'\nID=alpine\n", 'apk'],
])('%s installs with its package manager', (_, osRelease, name) => {
  expect(packageManagerOf(osRelease)?.name).toBe(name);
});

test('an unknown system has none', () => {
  expect(packageManagerOf('ID=plan9\n')).toBeUndefined();
  expect(packageManagerOf('')).toBeUndefined();
});

test('what to type is one line that root and others can paste', () => {
  const debian = packageManagerOf('ID=debian');
  if (!debian) throw new Error('Debian is known');
  expect(installCommand(debian, debian.qemu, true)).toBe(
    'apt-get update && apt-get install -y --no-install-recommends qemu-utils qemu-system-common',
  );
  expect(installCommand(debian, ['fio'], false)).toBe(
    'sudo apt-get update && sudo apt-get install -y --no-install-recommends fio',
  );
  const mac = systemPackageManager('darwin');
  if (!mac) throw new Error('macOS is known');
  expect(installCommand(mac, mac.qemu, false)).toBe('brew install qemu');
});
