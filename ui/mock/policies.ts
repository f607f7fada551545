// The mock's policies: one that would act, one that is content, one that is paused, one that is broken.
import type { Plan, Policy } from '../src/api/types';
import { CULPRIT_PIDS, processId } from './host';

/** `plan` is what the first of them would do. */
export function createPolicies(plan: Plan | null): Policy[] {
  const process = (pid: number) => ({ id: processId(pid), name: `render-preview (${pid})` });
  return [
    {
      name: 'nice-batch-users',
      file: '/etc/capstan/policies.yaml',
      line: 3,
      approve: 'ask',
      paused: false,
      summary: 'would lower the priority of 4 of 4',
      error: '',
      resources: [
        ...CULPRIT_PIDS.map((pid) => ({
          ...process(pid),
          matched: true,
          observed: 'nice 0',
          wanted: 'nice 19',
          why: 'when: alert HostCpuSaturated fires since 3 min; select: user = "eve"',
        })),
        {
          id: processId(1),
          name: 'systemd',
          matched: false,
          observed: 'nice 0',
          wanted: '',
          why: 'never: user = "root"',
        },
      ],
      plans: plan ? [{ id: plan.id, title: plan.title, state: 'proposed' }] : [],
    },
    {
      name: 'keep-services',
      file: '/etc/capstan/policies.yaml',
      line: 21,
      approve: 'none',
      paused: false,
      summary: '3 of 3 are running as wanted',
      error: '',
      resources: ['nginx', 'postgresql', 'orders'].map((name) => ({
        id: `host_service/web1:${name}.service`,
        name: `${name}.service`,
        matched: true,
        observed: 'running',
        wanted: 'running',
        why: 'during: Mon-Fri 09:00-18:00 Asia/Seoul',
      })),
      plans: [],
    },
    {
      name: 'restart-backup',
      help: 'The backup runs at night only, when nobody waits for the disks.',
      next: new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString(),
      file: '/etc/capstan/policies.yaml',
      line: 40,
      approve: 'standing',
      paused: true,
      summary: 'paused by alice',
      error: '',
      resources: [
        {
          id: 'host_service/web1:backup.service',
          name: 'backup.service',
          matched: true,
          observed: 'running',
          wanted: 'stopped',
          why: 'otherwise: outside 01:00-05:00',
        },
      ],
      plans: [],
    },
    {
      name: 'trim-caches',
      file: '/etc/capstan/policies.d/cache.yaml',
      line: 1,
      approve: 'ask',
      paused: false,
      summary: '',
      error: 'line 6, column 11: no column "rss_kb" in host_process; did you mean "rss_bytes"?',
      resources: [],
      plans: [],
    },
  ];
}
