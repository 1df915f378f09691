/** Second names of options. @source fio 3.33, options.c, `.alias` */
export const aliases: Readonly<Record<string, string>> = {
  readwrite: 'rw',
  io_limit: 'io_size',
  fileoffset: 'offset',
  blocksize: 'bs',
  blockalign: 'ba',
  blocksize_range: 'bsrange',
  blocksize_unaligned: 'bs_unaligned',
  nr_files: 'nrfiles',
  timeout: 'runtime',
  iomem: 'mem',
  mem_align: 'iomem_align',
  wait_for_previous: 'stonewall',
  disable_bw: 'disable_bw_measurement',
  iodepth_batch_submit: 'iodepth_batch',
  iodepth_batch_complete: 'iodepth_batch_complete_min',
  fill_fs: 'fill_device',
  ratemin: 'rate_min',
  ratecycle: 'rate_cycle',
  ss: 'steadystate',
  ss_dur: 'steadystate_duration',
  ss_ramp: 'steadystate_ramp_time',
};

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Options that change neither which requests a job makes nor how they are offered: where data goes, reports, memory. */
export const withoutEffect: ReadonlySet<string> = new Set(
  words(`
    description name filename_format unique_filename lockfile opendir softrandommap fallocate fadvise_hint
    overwrite clocksource mem iomem_align write_iolog exec_prerun exec_postrun ioscheduler lockmem nice invalidate
    write_hint create_serialize create_fsync create_on_open create_only allow_file_create allow_mounted_write pre_read
    cpumask cpus_allowed cpus_allowed_policy numa_cpu_nodes numa_mem_policy gpu_dev_id unlink new_group thread
    per_job_logs write_bw_log write_lat_log write_iops_log log_entries log_avg_msec log_hist_msec log_hist_coarseness
    write_hist_log log_max_value log_offset log_prio log_compression log_compression_cpus log_store_compressed
    log_unix_epoch log_alternate_epoch log_alternate_epoch_clock_id block_error_percentiles bwavgtime iopsavgtime
    group_reporting stats refill_buffers scramble_buffers clat_percentiles lat_percentiles slat_percentiles
    percentile_list significant_figures disk_util gtod_reduce disable_lat disable_clat disable_slat
    disable_bw_measurement gtod_cpu unified_rw_reporting continue_on_error ignore_error error_dump cgroup
    cgroup_nodelete cgroup_weight uid gid unit_base hugepage-size do_verify rate_cycle hipri hipri_percentage fixedbufs
    registerfiles sqthread_poll sqthread_poll_cpu nonvectored uncached nowait force_async userspace_reap
    libaio_vectored uri clientname clustername rbdname pool busy_poll
  `),
);

/** Options of fio that do change what happens on the disk, and that qtune does not follow. */
export const notHonoured: ReadonlySet<string> = new Set(
  words(`
    wait_for iodepth_batch iodepth_batch_complete_min iodepth_batch_complete_max iodepth_low serialize_overlap
    io_submit_mode fill_device filesize file_append random_generator percentage_sequential nrfiles openfiles
    file_service_type write_barrier sync_file_range atomic startdelay verify_only verify verifysort verifysort_nr
    verify_interval verify_offset verify_pattern verify_fatal verify_dump verify_async verify_backlog
    verify_backlog_batch verify_async_cpus experimental_verify verify_state_load verify_state_save trim_percentage
    trim_verify_zero trim_backlog trim_backlog_batch read_iolog_chunked replay_no_stall replay_redirect replay_scale
    replay_align replay_time_scale replay_skip merge_blktrace_file merge_blktrace_scalars merge_blktrace_iters zonemode
    zonesize zonecapacity zonerange zoneskip read_beyond_wp max_open_zones job_max_open_zones ignore_zone_limits
    zone_reset_threshold zone_reset_frequency rwmixcycle prio prioclass thinktime_spin thinktime_blocks_type
    thinktime_iotime rate_min rate_iops_min rate_process rate_ignore_thinktime max_latency latency_target
    latency_window latency_percentile latency_run sync end_fsync fsync_on_close unlink_each_loop exitall exit_what
    exitall_on_error zero_buffers buffer_pattern buffer_compress_percentage buffer_compress_chunk dedupe_percentage
    dedupe_global dedupe_mode dedupe_working_set_percentage profile flow_id flow flow_watermark flow_sleep steadystate
    steadystate_duration steadystate_ramp_time
  `),
);

/** Values that say what fio does anyhow, of options that are not followed. @source fio 3.33, options.c, `.def` */
export const defaultValues: Readonly<Record<string, string>> = {
  nrfiles: '1',
  openfiles: '1',
  file_service_type: 'roundrobin',
  random_generator: 'tausworthe',
  iodepth_batch: '1',
  iodepth_batch_complete_min: '1',
  io_submit_mode: 'inline',
  rate_process: 'linear',
  thinktime_blocks_type: 'complete',
  dedupe_mode: 'repeat',
};

/** Options that are read. */
export const honoured = [
  'rw',
  'rw_sequencer',
  'bs',
  'bssplit',
  'bsrange',
  'ba',
  'bs_unaligned',
  'bs_is_seq_rand',
  'rwmixread',
  'rwmixwrite',
  'percentage_random',
  'random_distribution',
  'norandommap',
  'randseed',
  'randrepeat',
  'allrandrepeat',
  'size',
  'io_size',
  'offset',
  'offset_increment',
  'offset_align',
  'number_ios',
  'loops',
  'fsync',
  'fdatasync',
  'iodepth',
  'ioengine',
  'filename',
  'directory',
  'rate',
  'rate_iops',
  'thinktime',
  'thinktime_blocks',
  'runtime',
  'time_based',
  'ramp_time',
  'numjobs',
  'stonewall',
  'direct',
  'buffered',
  'kb_base',
  'read_iolog',
] as const;
export type HonouredName = (typeof honoured)[number];

/** I/O engines that run a request where it is issued, one at a time. @source fio 3.33, FIO_SYNCIO of each engine */
export const synchronousEngines: ReadonlySet<string> = new Set([
  'sync',
  'psync',
  'vsync',
  'pvsync',
  'pvsync2',
  'mmap',
  'splice',
  'ftruncate',
  'falloc',
]);
