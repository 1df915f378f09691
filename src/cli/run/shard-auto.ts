import { UsageError } from '../../errors.ts';
import type { ShardPosition } from '../../trial/record.ts';
import { maximumShardCount } from '../../trial/shard.ts';
import { parseShard } from './shard-option.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How a system tells a job which of several equal jobs it is. */
interface ShardSystem {
  readonly name: string;
  readonly index: string;
  /** What the first job's index is. */
  readonly first: 0 | 1;
  readonly total: string;
}

const totalVariable = 'QTUNE_SHARD_TOTAL';
const shardVariable = 'QTUNE_SHARD';

/**
 * GitLab sets its total to 1 where a job is not parallel, and no index then. Kubernetes and GNU parallel set no total.
 *
 * @source docs.gitlab.com/ci/variables/predefined_variables, circleci.com/docs/variables, buildkite.com/docs/pipelines/environment-variables,
 *   support.atlassian.com "Variables and secrets" (Bitbucket), docs.semaphoreci.com "Environment variables",
 *   kubernetes.io "Indexed Job for parallel processing with static work assignment", `man parallel`
 */
const systems: readonly ShardSystem[] = [
  { name: 'GitLab', index: 'CI_NODE_INDEX', first: 1, total: 'CI_NODE_TOTAL' },
  { name: 'CircleCI', index: 'CIRCLE_NODE_INDEX', first: 0, total: 'CIRCLE_NODE_TOTAL' },
  { name: 'Buildkite', index: 'BUILDKITE_PARALLEL_JOB', first: 0, total: 'BUILDKITE_PARALLEL_JOB_COUNT' },
  { name: 'Bitbucket', index: 'BITBUCKET_PARALLEL_STEP', first: 0, total: 'BITBUCKET_PARALLEL_STEP_COUNT' },
  { name: 'Semaphore', index: 'SEMAPHORE_JOB_INDEX', first: 1, total: 'SEMAPHORE_JOB_COUNT' },
  { name: 'Kubernetes', index: 'JOB_COMPLETION_INDEX', first: 0, total: totalVariable },
  { name: 'GNU parallel', index: 'PARALLEL_SEQ', first: 1, total: totalVariable },
];

/** A part, and the variables that say so. */
interface Found {
  readonly by: string;
  readonly position: ShardPosition;
}

/**
 * The part that this job is to run, from the variables of the system that started it. A job that is one of several but
 * does not know which is refused: run as a whole plan in each of them it would pass and prove nothing.
 *
 * @throws UsageError where no system says anything, where a total above 1 has no index or an index has no total, where
 *   a variable is no number in its range, and where two systems disagree
 */
export function autoShard(env: Environment): ShardPosition {
  const found = [...systems.flatMap((system) => readSystem(env, system)), ...readSlurm(env), ...readVariable(env)];
  // One job of one is what many systems say where nothing is split; it does not contradict a split by another.
  const splitting = found.filter(({ position }) => position.count > 1);
  const [first, ...others] = splitting.length > 0 ? splitting : found;
  checkTotal(env, first);
  if (!first) {
    throw new UsageError('--shard auto: nothing here says which part this is', {
      hint: `Write --shard INDEX/COUNT, or set ${shardVariable}=INDEX/COUNT. Understood are the variables of ${systems.map(({ name }) => name).join(', ')} and Slurm job arrays.`,
    });
  }
  for (const other of others) {
    if (write(other.position) !== write(first.position)) {
      throw new UsageError(
        `--shard auto: ${first.by} says ${write(first.position)}, but ${other.by} says ${write(other.position)}`,
        { hint: 'Say which one is meant: --shard INDEX/COUNT.' },
      );
    }
  }
  return first.position;
}

function readSystem(env: Environment, { name, index, first, total }: ShardSystem): readonly Found[] {
  const [indexText, totalText] = [env[index] || undefined, env[total] || undefined];
  if (indexText === undefined) {
    // The total that qtune's own variable gives belongs to no system in particular: checkTotal looks at it.
    if (totalText === undefined || total === totalVariable) return [];
    const count = numberOf(total, totalText, 1, maximumShardCount);
    if (count > 1) throw noIndex(`${total}=${count}`, `${name} has not set ${index}`);
    return [{ by: `${name} (${total})`, position: { index: 1, count } }];
  }
  if (totalText === undefined) {
    throw new UsageError(`--shard auto: ${index} is set, but ${total} is not: nobody says how many parts there are`, {
      hint: total === totalVariable ? `Set ${total} to the number of jobs.` : 'Write --shard INDEX/COUNT.',
    });
  }
  const count = numberOf(total, totalText, 1, maximumShardCount);
  const value = numberOf(index, indexText, first, count - 1 + first);
  return [{ by: `${name} (${index}, ${total})`, position: { index: value - first + 1, count } }];
}

/** A task's number is its own, not a count: `--array=10-24:2` has the tasks 10, 12 … 24. */
function readSlurm(env: Environment): readonly Found[] {
  const [id, total] = [env.SLURM_ARRAY_TASK_ID || undefined, env.SLURM_ARRAY_TASK_COUNT || undefined];
  if (id === undefined && total === undefined) return [];
  const count = numberOf('SLURM_ARRAY_TASK_COUNT', total ?? '', 1, maximumShardCount);
  if (id === undefined) throw noIndex(`SLURM_ARRAY_TASK_COUNT=${count}`, 'Slurm has not set SLURM_ARRAY_TASK_ID');
  const minimum = numberOf('SLURM_ARRAY_TASK_MIN', env.SLURM_ARRAY_TASK_MIN ?? '', 0, Number.MAX_SAFE_INTEGER);
  const step = numberOf('SLURM_ARRAY_TASK_STEP', env.SLURM_ARRAY_TASK_STEP || '1', 1, Number.MAX_SAFE_INTEGER);
  const offset = (numberOf('SLURM_ARRAY_TASK_ID', id, minimum, Number.MAX_SAFE_INTEGER) - minimum) / step;
  if (!Number.isInteger(offset) || offset >= count) {
    throw new UsageError(`--shard auto: task ${id} is none of ${count} tasks from ${minimum} in steps of ${step}`, {
      hint: 'Use an array without gaps, e.g. --array=0-7, or write --shard INDEX/COUNT.',
    });
  }
  return [{ by: 'Slurm (SLURM_ARRAY_TASK_ID, _MIN, _COUNT)', position: { index: offset + 1, count } }];
}

function readVariable(env: Environment): readonly Found[] {
  const text = env[shardVariable] || undefined;
  return text === undefined ? [] : [{ by: shardVariable, position: parseShard(text, shardVariable) }];
}

/** A total that the user wrote down holds for every system: an array started again for one task is still one of eight. */
function checkTotal(env: Environment, found: Found | undefined): void {
  const text = env[totalVariable] || undefined;
  if (text === undefined) return;
  const total = numberOf(totalVariable, text, 1, maximumShardCount);
  if (found === undefined) throw noIndex(`${totalVariable}=${total}`, 'no index is set');
  if (found.position.count !== total) {
    throw new UsageError(
      `--shard auto: ${found.by} says ${write(found.position)}, but ${totalVariable} says ${total} parts`,
      { hint: `Say which part this is: --shard INDEX/${total}.` },
    );
  }
}

function noIndex(total: string, reason: string): UsageError {
  return new UsageError(`--shard auto: ${total}, but ${reason}: nobody says which part this is`, {
    hint: 'Write --shard INDEX/COUNT. The whole plan is not run in its place.',
  });
}

function numberOf(name: string, text: string, minimum: number, maximum: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new UsageError(
    text === ''
      ? `--shard auto: ${name} is not set`
      : `--shard auto: ${name} is "${text.slice(0, 40)}", not a whole number from ${minimum} to ${maximum}`,
    { hint: 'Write --shard INDEX/COUNT.' },
  );
}

function write({ index, count }: ShardPosition): string {
  return `${index}/${count}`;
}
