import type { DiskPlan } from '../apply/plan.ts';
import type { Running } from '../apply/running.ts';
import { type ApplySettings, applySettings } from '../apply/settings.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';

export const applyCommand: Command = {
  usage: 'apply',
  describe: 'Change the run-time settings of a running QEMU, verified, with a way back',
  examples: [
    {
      command: 'apply --qmp vm.qmp --dry-run',
      about: 'what is recommended for the running disk, and the QMP commands',
    },
    {
      command: 'apply --qmp vm.qmp --device vd0 --drive l2-cache-size=16M --save-undo undo.json --yes',
      about: 'change it now, without a question',
    },
    { command: 'apply --qmp vm.qmp --undo undo.json --yes', about: 'take that back' },
    {
      command: 'apply --qmp vm.qmp --node disk0 --current defaults --drive cache-clean-interval=60 --yes --json',
      about: "a disk whose settings QEMU's command line does not tell",
    },
  ],
  build: (yargs) =>
    yargs
      .option('qmp', {
        type: 'string',
        describe: "QMP socket of the running QEMU (-qmp unix:PATH,server=on,wait=off, not libvirt's own)",
        requiresArg: true,
      })
      .option('device', {
        type: 'string',
        describe: 'Disk by the id of its drive, guest device or export; may be repeated, all or none are changed',
        requiresArg: true,
      })
      .option('node', { type: 'string', describe: 'The same by the name of its block node', requiresArg: true })
      .option('drive', {
        type: 'string',
        describe: 'Settings to change, as on -drive; the others stay. Without it: those that are recommended',
        requiresArg: true,
      })
      .option('current', {
        type: 'string',
        describe:
          "Settings now in force, or `defaults`, where QEMU's command line does not tell them: QEMU resets what is not repeated",
        requiresArg: true,
      })
      .option('workload', { type: 'string', describe: 'Recommend for this, as `qtune recommend`', requiresArg: true })
      .option('memory', { type: 'string', describe: 'Recommend within this limit for the caches', requiresArg: true })
      .option('priority', {
        type: 'string',
        describe: 'Recommend for speed (default), space or memory',
        requiresArg: true,
      })
      .option('yes', { type: 'boolean', describe: 'Change without asking' })
      .option('dry-run', { type: 'boolean', describe: 'Change nothing; print the QMP commands' })
      .option('save-undo', { type: 'string', describe: 'Write the way back to this new file first', requiresArg: true })
      .option('undo', { type: 'string', describe: 'Take back what this file of --save-undo tells', requiresArg: true })
      .option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const settings = applySettings(args);
    if (settings.saveUndo !== undefined) {
      const { checkNewUndoFile } = await import('../apply/undo-file.ts');
      checkNewUndoFile(host, settings.saveUndo);
    }
    const { withRunning } = await import('../apply/running.ts');
    const { choiceOf, planAll } = await import('../apply/plan-all.ts');
    const { choice, undo } = await choiceOf(settings, host);
    return withRunning(choice, host, async (running) =>
      change(running, await planAll(running, { settings, undo, args, host }), settings, host),
    );
  },
};

async function change(
  running: Running,
  plans: readonly DiskPlan[],
  settings: ApplySettings,
  host: Host,
): Promise<ExitCode> {
  const { isUnchanged } = await import('../apply/plan.ts');
  const { plannedResult, performChange } = await import('../apply/perform.ts');
  const { tellResult, tellPlan } = await import('../apply/tell.ts');
  tellPlan(running, plans, settings, host);
  if (settings.isDryRun || plans.every(isUnchanged)) {
    return tellResult(plannedResult(running, plans, settings.isDryRun ? 'planned' : 'unchanged'), settings, host);
  }
  const { isWanted } = await import('../apply/confirm.ts');
  if (!(await isWanted(settings, host))) {
    host.stderr.write('qtune: nothing was changed\n');
    return ExitCode.ok;
  }
  const result = await performChange(running, plans, settings, host);
  return tellResult(result, settings, host);
}
