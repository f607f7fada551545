// What happened on the made-up machine before the page looks: closed incidents, open ones, plans, policies.
import { createHash } from 'node:crypto';

import type { Action, Incident, Json, Plan, Severity } from '../src/api/types';
import { CULPRIT_PIDS, HOST, processId } from './host';
import { createPolicies } from './policies';
import { compile } from './promql';
import type { World } from './world';

const iso = (ms: number) => new Date(ms).toISOString();

export class Past {
  constructor(private readonly world: World) {}

  record() {
    const { started } = this.world;
    this.world.fact('capstan.started', 'capstan', { version: '0.1.0' }, 0, 'capstan', started - 7_200_000);
    this.world.fact(
      'config.loaded',
      'policies.yaml',
      { path: '/etc/capstan/policies.yaml' },
      1,
      'capstan',
      started - 7_199_000,
    );
    this.world.fact(
      'config.rejected',
      'rules/disk.yaml',
      {
        path: '/etc/capstan/rules/disk.yaml',
        message: 'unknown key "serverity"; did you mean "severity"?',
        line: 14,
        column: 5,
      },
      1,
      'capstan',
      started - 3_000_000,
    );
    for (let number = 0; number < 140; number += 1) {
      const pid = 30_000 + number * 13;
      const appeared = this.world.fact(
        'resource.appeared',
        `host_process/${pid}`,
        { name: number % 3 ? 'sh' : 'logrotate', fields: { pid, user: 'root' } },
        0,
        'connector:host',
        started - 6_000_000 + number * 38_000,
      );
      this.world.fact(
        'resource.gone',
        `host_process/${pid}`,
        { name: 'sh' },
        appeared,
        'connector:host',
        started - 5_998_000 + number * 38_000,
      );
    }
    this.recordClosed();
    this.recordDisk();
    this.recordCpu();
    this.recordUnknown();
    this.world.policies.push(...createPolicies(this.world.plans.get('plan-8')?.plan ?? null));
  }

  private recordClosed() {
    const at = this.world.started - 5_400_000;
    for (const [number, title, minutes] of [
      [1, 'Service orders.service of web1 stopped: killed by signal 9', 4],
      [2, 'Log /srv/orders/orders.log shows 40 times more errors than usual', 17],
    ] as const) {
      const opened = this.world.fact(
        'incident.opened',
        `inc-${number}`,
        { title },
        0,
        'capstan',
        at + number * 900_000,
      );
      const finding = this.finding(
        'HostServiceFailed',
        'high',
        'host_service/web1:orders.service',
        title,
        at + number * 900_000,
      );
      if (number === 2) {
        finding.evidence.push({
          kind: 'lines',
          text: 'the three lines that are new since 17:02',
          lines: [
            '17:02:11 ERROR o.h.e.SqlExceptionHelper - connection refused: localhost:5432',
            '17:02:11 ERROR orders.Checkout - order 81723 failed after 3 tries',
            '17:02:12 WARN  c.z.h.pool - Connection is not available, request timed out after 30000ms',
          ],
        });
      }
      this.world.incidents.set(`inc-${number}`, {
        id: `inc-${number}`,
        state: 'closed',
        severity: number === 1 ? 'high' : 'medium',
        title,
        opened: iso(at + number * 900_000),
        closed: iso(at + number * 900_000 + minutes * 60_000),
        findings: [finding],
        causes: [
          {
            resource: 'host_service/web1:orders.service',
            group: [],
            score: 0.81,
            share: 0.6,
            says: 'user eve sent SIGKILL to its main process 2 s before',
            evidence: [],
          },
        ],
        recommended: [],
      });
      this.world.fact(
        'incident.closed',
        `inc-${number}`,
        { title },
        opened,
        'capstan',
        at + number * 900_000 + minutes * 60_000,
      );
    }
  }

  private finding(rule: string, severity: Severity, resource: string, says: string, since: number) {
    return {
      id: createHash('sha256')
        .update(rule + resource)
        .digest('hex')
        .slice(0, 12),
      rule,
      severity,
      resource,
      labels: { instance: 'web1' },
      says,
      remedy: '',
      value: 0,
      query: '',
      since: iso(since),
      evidence: [] as Incident['findings'][number]['evidence'],
    };
  }

  private evidence(text: string, promql: string, minutes: number) {
    const evaluate = compile(promql, this.world.series);
    const end = Math.floor(this.world.started / 1000);
    const lines = new Map<string, { labels: Record<string, string>; samples: [number, number][] }>();
    for (let time = end - minutes * 60; time <= end; time += (minutes * 60) / 48) {
      const value = evaluate(time);
      for (const sample of typeof value === 'number' ? [{ labels: {}, value }] : value) {
        const key = JSON.stringify(sample.labels);
        const line = lines.get(key) ?? { labels: sample.labels, samples: [] };
        line.samples.push([Math.round(time * 1000), sample.value]);
        lines.set(key, line);
      }
    }
    return { kind: 'series' as const, text, query: promql, series: [...lines.values()] };
  }

  private recordCpu() {
    const from = this.world.cpu.from * 1000;
    const appeared = CULPRIT_PIDS.map((pid) =>
      this.world.fact(
        'resource.appeared',
        processId(pid),
        {
          name: 'render-preview',
          fields: { pid, user: 'eve', command: '/home/eve/bin/render-preview --all --quality max' },
        },
        0,
        'connector:host',
        from - 4_000,
      ),
    );
    const busy =
      'sum by (mode) (rate(node_cpu_seconds_total{instance="web1", mode!="idle"}[60s])) / scalar(count(node_cpu_seconds_total{instance="web1", mode="idle"}))';
    const finding = this.finding(
      'HostCpuSaturated',
      'critical',
      HOST,
      'CPU of web1 is 98 % busy for 3 min; 4 cores have 8.2 runnable tasks',
      from + 20_000,
    );
    Object.assign(finding, {
      query: '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m])) > 0.95',
      value: 0.98,
      remedy: 'Lower the priority of the process that uses most, or stop it.',
      evidence: [this.evidence('CPU by mode over the last 15 min', busy, 15)],
    });
    const opened = this.world.fact(
      'finding.opened',
      finding.id,
      { says: finding.says, severity: 'critical' },
      appeared[0],
      'capstan',
      from + 35_000,
    );
    const incident = this.world.fact(
      'incident.opened',
      'inc-4',
      { title: 'CPU of web1 saturated by render-preview (user eve)' },
      opened,
      'capstan',
      from + 36_000,
    );
    this.world.fact(
      'incident.changed',
      'inc-4',
      { says: 'ranked 3 causes; first: render-preview (4 processes of user eve), 97 %' },
      incident,
      'capstan',
      from + 37_000,
    );
    const stop = this.plan(
      'plan-7',
      'incident:inc-4',
      'Stop 4 processes render-preview of user eve',
      CULPRIT_PIDS.map((pid, at) =>
        this.action(
          `act-7-${at + 1}`,
          'host.stop_process',
          processId(pid),
          { signal: 'TERM', wait_ms: 5000 },
          'uses 97 % of one core; nothing else waits for it',
          at > 0 ? ['act-7-1'] : [],
        ),
      ),
    );
    const lower = this.plan(
      'plan-8',
      'incident:inc-4',
      'Lower the priority of render-preview to nice 19',
      CULPRIT_PIDS.map((pid, at) =>
        this.action(
          `act-8-${at + 1}`,
          'host.set_priority',
          processId(pid),
          { nice: 19 },
          'the others get the CPU first; the work still ends',
          [],
        ),
      ),
    );
    this.world.incidents.set('inc-4', {
      id: 'inc-4',
      state: 'open',
      severity: 'critical',
      title: 'CPU of web1 saturated by render-preview (user eve)',
      opened: iso(from + 36_000),
      findings: [finding],
      causes: [
        {
          resource: processId(CULPRIT_PIDS[0] as number),
          group: CULPRIT_PIDS.map(processId),
          score: 0.94,
          share: 0.97,
          says: '4 processes render-preview (user eve, started by bash 1123) began 4 s before and use 97 % of the CPU in excess',
          evidence: [
            { kind: 'fact', text: 'started 4 s before the CPU was saturated', fact: appeared[0] as number },
            this.evidence(
              'CPU of the busiest process groups',
              'topk(3, rate(namedprocess_namegroup_cpu_seconds_total[60s]))',
              15,
            ),
            {
              kind: 'lines',
              text: 'what user eve ran before',
              lines: [
                '18:04:11 web1 sudo: eve : command not allowed ; COMMAND=/usr/bin/nice',
                '18:04:26 web1 CRON[48190]: (eve) CMD (/home/eve/bin/render-preview --all --quality max)',
              ],
            },
          ],
        },
        {
          resource: 'host_service/web1:backup.service',
          group: [],
          score: 0.22,
          share: 0.02,
          says: 'backup.service started 6 min before and uses 2 % of the CPU in excess',
          evidence: [],
        },
        {
          resource: 'host_process/7f3a21c8-1123-8801123',
          group: [],
          score: 0.11,
          share: 0.01,
          says: 'java (orders) uses 1 % more than usual since 2 min',
          evidence: [],
        },
      ],
      recommended: [stop, lower],
    });
    for (const plan of [stop, lower]) this.propose(plan, 'inc-4', incident, from + 38_000);
    this.world.fact(
      'message.sent',
      'slack:#ops',
      { text: 'critical: CPU of web1 saturated by render-preview (user eve)' },
      incident,
      'capstan',
      from + 39_000,
    );
  }

  private recordDisk() {
    const from = this.world.disk.from * 1000;
    const id = 'host_filesystem/web1:/var';
    const query = 'node_filesystem_avail_bytes{mountpoint="/var"}';
    const finding = this.finding(
      'HostFilesystemFull',
      'high',
      id,
      '/var is 96 % full and full in 1 h 12 min at this pace',
      from + 600_000,
    );
    Object.assign(finding, {
      query: 'predict_linear(node_filesystem_avail_bytes[1h], 4*3600) < 0',
      value: 0.96,
      evidence: [this.evidence('free space of /var', query, 60)],
    });
    const opened = this.world.fact(
      'finding.opened',
      finding.id,
      { says: finding.says, severity: 'high' },
      0,
      'capstan',
      from + 660_000,
    );
    const incident = this.world.fact(
      'incident.opened',
      'inc-3',
      { title: '/var of web1 nearly full: orders.log grows 1.1 MiB/s' },
      opened,
      'capstan',
      from + 661_000,
    );
    const plan = this.plan('plan-5', 'incident:inc-3', 'Restart orders.service so that it opens a new log', [
      this.action(
        'act-5-1',
        'host.restart_service',
        'host_service/web1:orders.service',
        {},
        'its log is rotated but still open',
        [],
      ),
    ]);
    this.world.incidents.set('inc-3', {
      id: 'inc-3',
      state: 'open',
      severity: 'high',
      title: '/var of web1 nearly full: orders.log grows 1.1 MiB/s',
      opened: iso(from + 661_000),
      findings: [finding],
      causes: [
        {
          resource: 'host_log_file/web1:/srv/orders/orders.log',
          group: [],
          score: 0.63,
          share: 0.88,
          says: 'java (pid 2630, orders.service) writes 1.1 MiB/s of errors since 17:31',
          evidence: [
            this.evidence('free space of /var', query, 60),
            {
              kind: 'lines',
              text: 'the line that is written most',
              lines: ['17:31:02 ERROR orders.Mailer - cannot reach smtp.example.net:25, retry in 10 ms'],
            },
          ],
        },
      ],
      recommended: [plan],
    });
    this.propose(plan, 'inc-3', incident, from + 662_000);
  }

  private recordUnknown() {
    const plan = this.plan('plan-6', 'policy:restart-backup', 'Start backup.service', [
      this.action(
        'act-6-1',
        'host.start_service',
        'host_service/web1:backup.service',
        {},
        'it is stopped outside its window',
        [],
      ),
      this.action(
        'act-6-2',
        'host.run_script',
        HOST,
        { path: '/usr/local/bin/backup-check' },
        'checks that the backup is readable',
        ['act-6-1'],
      ),
    ]);
    const at = this.world.started - 900_000;
    const proposed = this.world.fact(
      'plan.proposed',
      plan.id,
      { title: plan.title },
      0,
      'policy:restart-backup',
      at,
    );
    const intended = this.world.fact(
      'action.intended',
      'act-6-2',
      { verb: 'host.run_script', title: 'Run a script' },
      proposed,
      'capstan',
      at + 2_000,
    );
    this.world.fact(
      'action.finished',
      'act-6-2',
      { state: 'unknown', says: 'Capstan was restarted while the script ran; its probe cannot tell' },
      intended,
      'capstan',
      at + 60_000,
    );
    this.world.plans.set(plan.id, {
      plan,
      state: 'unknown',
      waiting_for: 'a decision about act-6-2',
      approved_by: 'policy:restart-backup',
      incident: '',
      actions: plan.actions.map((action, number) => ({
        action,
        state: number ? 'unknown' : 'succeeded',
        says: number
          ? 'Capstan was restarted while the script ran; its probe cannot tell'
          : 'active after 0.4 s',
        started: iso(at + number * 2_000),
        finished: iso(at + 1_000 + number * 59_000),
      })),
      verify: { state: 'pending', says: '' },
    });
  }

  private action(
    id: string,
    verb: string,
    target: string,
    parameters: Json,
    reason: string,
    after: string[],
  ): Action {
    const action: Action = { id, verb, target, parameters, reason };
    if (verb === 'host.stop_process') action.precondition = "user = 'eve'";
    if (after.length > 0) action.after = after;
    return action;
  }

  private plan(id: string, origin: string, title: string, actions: Action[]): Plan {
    return {
      id,
      origin,
      policy_version: '',
      title,
      actions,
      limits: { in_flight_share: 0.25, in_flight: 0, per_minute: 10, total: 20 },
      verify:
        origin === 'incident:inc-4' ? '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m])) < 0.8' : '',
      verify_within_ms: 60_000,
      undo_on_failure: true,
      approval: 'ask',
      created: iso(this.world.started - 200_000),
      hash: createHash('sha256')
        .update(id + JSON.stringify(actions))
        .digest('hex'),
    };
  }

  private propose(plan: Plan, incident: string, cause: number, at: number) {
    this.world.fact('plan.proposed', plan.id, { title: plan.title }, cause, 'capstan', at);
    this.world.plans.set(plan.id, {
      plan,
      state: 'proposed',
      waiting_for: 'approval',
      approved_by: '',
      incident,
      actions: plan.actions.map((action) => ({ action, state: 'proposed', says: '' })),
      verify: { state: 'pending', says: '' },
    });
  }
}
