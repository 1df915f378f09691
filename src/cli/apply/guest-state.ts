import type { QmpConnection } from '../../engine/qmp/connection.ts';
import { QmpError } from '../../engine/qmp/qmp.ts';
import { arrayOf, optionalText, recordOf } from '../../engine/qmp/values.ts';
import type { Observation } from '../../engine/qmp/verify.ts';
import { visibleText } from '../../engine/visible-text.ts';
import { EnvironmentError } from '../../errors.ts';

/** States in which the disks belong to a migration or a snapshot. @source QEMU qapi/run-state.json, RunState */
const movingStates: ReadonlySet<string> = new Set([
  ...['inmigrate', 'postmigrate', 'finish-migrate', 'save-vm', 'restore-vm', 'colo'],
]);

/**
 * Looks whether disks may be changed now: neither in a migration nor while a job works on the block graph, which may put other nodes in
 * their place.
 * @throws EnvironmentError where not
 */
export async function checkGuestState(connection: QmpConnection, { runState }: Observation): Promise<void> {
  if (runState !== undefined && movingStates.has(runState)) {
    throw new EnvironmentError(`the guest is in the state ${runState}; nothing was changed`, {
      hint: 'Change the disk when the migration or snapshot is over.',
    });
  }
  const jobs = await connection.execute('query-block-jobs').catch((error: unknown) => {
    if (error instanceof QmpError) return [];
    throw error;
  });
  const [job] = arrayOf(jobs, 'the list of block jobs');
  if (job === undefined) return;
  const type = optionalText(recordOf(job, 'a block job'), 'type', 'a block job') ?? 'block';
  throw new EnvironmentError(`a ${visibleText(type)} job is running in this QEMU; nothing was changed`, {
    hint: 'Change the disk when the job is done: it may put other nodes in place of the present ones.',
  });
}
