import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { commandSheet } from '../../../src/advisor/commands/index.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { ExitCode, runCli } from '../../helpers/host.ts';
import { findProgram } from '../../helpers/libvirt.ts';
import { adviceRequest } from '../requests.ts';
import { anyInput } from './any-input.ts';

/** Commands that are lines for a shell; the others are arguments, XML and JSON. */
const shells = ['qemu-img', 'virt-xml', 'proxmox', 'openstack', 'kubevirt', 'virsh-qmp'] as const;

function check(program: string, args: readonly string[], script: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input: script, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}\n${script}`;
}

/** Both ways, as one would paste them, for every place that takes a shell's lines. */
function script(input: Parameters<typeof commandSheet>[0]): string {
  const { commands, undo } = commandSheet(input);
  return `${shells.flatMap((key) => [commands[key], undo[key]]).join('\n')}\n`;
}

describe.skipIf(findProgram('bash') === undefined)('a shell', () => {
  test('reads every line as it was meant, whatever the file is called (bash -n)', () => {
    fc.assert(
      fc.property(anyInput({ everything: true }), (input) => {
        expect(check('bash', ['-n'], script(input))).toBe('');
      }),
      { numRuns: 30 },
    );
  });

  test.skipIf(findProgram('shellcheck') === undefined)('would not be warned of any (shellcheck)', () => {
    fc.assert(
      fc.property(anyInput({ everything: true }), (input) => {
        // SC2088 and SC2016: `~` and `$` in single quotes are meant, they are part of a name.
        expect(check('shellcheck', ['-s', 'bash', '-e', 'SC2088,SC2016', '-'], script(input))).toBe('');
      }),
      { numRuns: 6 },
    );
  });
});

test('KubeVirt’s manifest is YAML with the script in it, and the annotation JSON that names it', () => {
  fc.assert(
    fc.property(anyInput({ everything: true }), (input) => {
      const { commands, undo } = commandSheet(input);
      const text = commands.kubevirt ?? '';
      const manifest = parseDocument(/<<'END'\n([\s\S]*?)\nEND\n/.exec(text)?.[1] ?? '');
      expect(manifest.errors).toEqual([]);
      expect(manifest.toJS()).toMatchObject({
        kind: 'ConfigMap',
        metadata: { name: 'qcow2-cache' },
        data: { 'hook.py': expect.stringMatching(/^#!\/usr\/bin\/env python3\n/) },
      });
      const annotations = [text, undo.kubevirt ?? ''].map(
        (lines) => JSON.parse(/-p '(.*)'/.exec(lines)?.[1] ?? '').spec.template.metadata.annotations,
      );
      const name = 'hooks.kubevirt.io/hookSidecars';
      expect(JSON.parse(annotations[0][name])).toMatchObject([{ configMap: { name: 'qcow2-cache', key: 'hook.py' } }]);
      expect(annotations[1]).toEqual({ [name]: null });
    }),
    { numRuns: 20 },
  );
});

test('the line for new Proxmox machines is one that qtune takes', async () => {
  const input = { request: adviceRequest(), proposal: recommend(adviceRequest()).recommended.proposal };
  const line = /^qtune (apply .*)$/m.exec(commandSheet(input).commands.proxmox ?? '')?.[1] ?? '';
  const { exitCode, stderr } = await runCli(line.replace('/var/run', '/nowhere').split(' '));
  expect(stderr).toContain('there is no such socket');
  expect(exitCode).toBe(ExitCode.usage);
});
