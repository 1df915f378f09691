import { parseFioJob } from '../../../src/workload/fio-job/load-fio-job.ts';
import { resolveWorkload } from '../../../src/workload/resolve-workload.ts';
import { readAll } from '../read-all.ts';

export const diskBytes = 64 * 2 ** 20;

/** A job file with one job on the disk of the tests. */
export function jobFile(options: string): string {
  return `[global]\nfilename=disk.img\n[job]\n${options}\n`;
}

/** The requests that qtune makes of each job of a file, as lines. */
export function requestLines(text: string): string[][] {
  const workload = resolveWorkload(parseFioJob(text, 'job.fio', 'job.fio'), { diskBytes });
  return (workload.parts ?? [workload]).map((part) =>
    readAll(part.requests()).map(({ operation, offset, length }) => `${operation} ${offset} ${length}`),
  );
}

/** Options of one job on a disk of 64 MiB. */
export const jobs: Readonly<Record<string, string>> = {
  'sequential writes': 'rw=write\nbs=4k\nsize=1m',
  'sequential reads of an odd size': 'rw=read\nbs=5k\nsize=333k',
  'sequential reads to the end of the disk': 'rw=read\nbs=48k\noffset=63m',
  'sequential with holes': 'rw=read:12k\nbs=4k\nsize=4m',
  'with holes around the end of the disk': 'rw=write:3m\nbs=256k',
  backward: 'rw=read:-8k\nbs=4k\noffset=1m\nsize=1m',
  'a sync every third write': 'rw=write\nbs=4k\nsize=100k\nfsync=3',
  'fdatasync and fsync': 'rw=randwrite\nbs=4k\nsize=400k\nfsync=10\nfdatasync=4',
  'syncs in a mix': 'rw=randrw\nbs=4k\nsize=2m\nfsync=5\nrwmixread=70',
  'mixed sequential': 'rw=rw\nbs=4k,16k\nsize=4m\nrwmixwrite=20',
  'random reads': 'rw=randread\nbs=4k\nsize=16m',
  'random reads of 17 blocks too few': 'rw=randread\nbs=4k\nsize=7m\noffset=3m',
  'random without a map': 'rw=randwrite\nbs=8k\nsize=8m\nnorandommap',
  'random, two values of a size': 'rw=randrw\nbs=4k,8k\nsize=8m',
  'a split': 'rw=randwrite\nbssplit=4k/10:64k/50:32k/40\nsize=16m',
  'a split by direction': 'rw=randrw\nbssplit=4k/30:8k,64k/:4k/90\nsize=16m',
  'a split in sequence': 'rw=write\nbssplit=4k/10:64k/50:32k/\nsize=3m',
  'sizes by sequence': 'rw=randread\nbs=4k,16k\nbs_is_seq_rand=1\npercentage_random=60\nsize=16m\nnorandommap',
  'only the writes longer': 'rw=randrw\nbs=,8k\nsize=8m\nnorandommap',
  'random trims of two sizes': 'ioengine=null\nrw=randtrim\nbssplit=64k/50:128k/50\nsize=64m',
  'writes before seeds are known': 'rw=randwrite\nrandseed=5\nbs=4k\nsize=4m\nloops=2',
  'the whole disk': 'rw=randwrite\nbs=64k\nsize=100%',
  'a range': 'rw=randread\nbsrange=4k-64k\nsize=8m',
  'a range, unaligned': 'rw=write\nbsrange=1k-64k\nbs_unaligned\nsize=4m',
  'aligned otherwise': 'rw=randread\nbs=4k\nblockalign=16k\nsize=8m',
  'partly random': 'rw=randread\nbs=4k\nsize=8m\npercentage_random=35',
  'partly random writes': 'rw=randwrite\nbs=4k\npercentage_random=80\nsize=2m\noffset=1m',
  'eight in a row': 'rw=randread:8\nbs=4k\nsize=8m',
  'the same place four times': 'rw=randread:4\nrw_sequencer=identical\nbs=4k\nsize=4m',
  zipf: 'rw=randread\nbs=4k\nsize=32m\nrandom_distribution=zipf:1.2',
  'zipf below 1, centred': 'rw=randwrite\nbs=4k\nsize=32m\nrandom_distribution=zipf:0.8:0.3',
  pareto: 'rw=randread\nbs=4k\nsize=32m\nrandom_distribution=pareto:0.2',
  normal: 'rw=randread\nbs=4k\nsize=32m\nrandom_distribution=normal:15',
  'normal, centred': 'rw=randread\nbs=8k\nsize=32m\nrandom_distribution=normal:10:0.25',
  zoned: 'rw=randread\nbs=4k\nsize=32m\nrandom_distribution=zoned:60/10:30/20:8/30:2/40',
  'zoned in bytes': 'rw=randread\nbs=4k\nsize=32m\nrandom_distribution=zoned_abs:60/1m:30/15m:10/4m',
  'shares of the disk': 'rw=write\nbs=64k\noffset=33%\nsize=20%',
  'more than the area': 'rw=randread\nbs=4k\nsize=4m\nio_size=9m',
  'less than the area': 'rw=randread\nbs=4k\nsize=4m\nio_size=1m',
  'a share of the area': 'rw=read\nbs=4k\nsize=4m\nio_size=30%',
  loops: 'rw=randread\nbs=4k\nsize=1m\nloops=3',
  'loops in sequence': 'rw=write\nbs=12k\nsize=1m\nloops=2\nfsync=7',
  'a number of requests': 'rw=randwrite\nbs=4k\nsize=16m\nnumber_ios=100',
  'another seed': 'rw=randrw\nbsrange=4k-16k\nsize=8m\nrandseed=4711',
  'all repeated': 'rw=randrw\nbsrange=4k-16k\nsize=8m\nallrandrepeat=1',
  'units of 1000': 'kb_base=1000\nrw=read\nbs=4kib\nsize=200k',
  'units of 1024': 'rw=read\nbs=4kib\nsize=200k',
  trims: 'ioengine=null\nrw=randtrim\nbs=64k\nsize=64m',
  'trims and writes': 'ioengine=null\nrw=trimwrite\nbs=64k\nsize=64m',
  'trims and writes at random': 'ioengine=null\nrw=randtrimwrite\nbs=64k\nsize=64m',
  'at depth 16': 'ioengine=libaio\niodepth=16\nrw=randread\nbs=4k\nsize=64m\nio_size=16m',
  'at depth 16, three times':
    'ioengine=libaio\niodepth=16\nrw=randread\nbs=4k\nnorandommap\nsize=64m\nio_size=1m\nloops=3',
};
