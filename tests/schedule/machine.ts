import type { Machine } from '../../src/schedule/machine.js';
import { planJobs, type ScheduleSettings } from '../../src/schedule/plan-jobs.js';

export const MACHINE: Machine & { user: string; logFile: string } = {
  node: '/usr/bin/node',
  script: '/usr/local/bin/chartctl',
  folder: '/srv/trainer',
  environmentFile: '/etc/chartctl.env',
  variables: [],
  user: 'chartctl',
  logFile: '/var/log/chartctl.log',
};

/** Every job that there is. */
export const ALL_SETTINGS: ScheduleSettings = {
  symbols: ['BTCUSDT', 'ETHUSDT'],
  metricsFile: '/var/lib/metrics/chartctl.prom',
  pingUrl: 'https://hc.example.com/key/{job}',
  export: { file: '/data/train.csv', when: { every: 'day', hour: 0, minute: 37 } },
  checkRetrain: { exec: 'python train.py', webhook: 'https://trainer.example.com/due', runsProgram: true },
};

export const ALL_JOBS = planJobs(ALL_SETTINGS);

/** Characters that shells, cron and systemd give a meaning to, and some others. */
export const ODD_CHARACTERS = [...`'"\\%$;&|<>()[]{}*?!#~=,:/@^ -abc0é`, '`', '€', '🕯'];
