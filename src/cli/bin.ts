#!/usr/bin/env node
import { processHost } from './process-host.ts';
import { run } from './program.ts';

process.exitCode = await run(processHost());
