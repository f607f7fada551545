// The made-up machine's resources: about 80 processes, and all they hang together with.
import type { Column, Fields, Kind, Relation, Resource } from '../src/api/types';

const column = (name: string, type: Column['type'], help: string, volatile = false): Column => ({
  name,
  type,
  help,
  volatile,
});

export const BOOT = '7f3a21c8';
export const HOST = 'host/web1';
/** The processes that make the trouble; named as no rule could know them. */
export const CULPRIT_PIDS = [48211, 48212, 48213, 48214];
export const processId = (pid: number) => `host_process/${BOOT}-${pid}-${8_800_000 + pid}`;

const KINDS: Omit<Kind, 'count'>[] = [
  {
    name: 'host',
    title: 'Host',
    help: 'The machine Capstan runs on.',
    columns: [
      column('kernel', 'text', 'Kernel release'),
      column('cores', 'integer', 'CPU cores'),
      column('memory_bytes', 'integer', 'Memory'),
    ],
  },
  {
    name: 'host_process',
    title: 'Process',
    help: 'A running program.',
    columns: [
      column('pid', 'integer', 'Process id'),
      column('user', 'text', 'Whom it runs as'),
      column('command', 'text', 'The command line, secrets masked'),
      column('started_at', 'time', 'When it was started'),
      column('cpu_percent', 'real', 'Share of one core', true),
      column('rss_bytes', 'integer', 'Resident memory', true),
      column('threads', 'integer', 'Threads', true),
    ],
  },
  {
    name: 'host_filesystem',
    title: 'Filesystem',
    help: 'A mounted filesystem.',
    columns: [
      column('mountpoint', 'text', 'Where it is mounted'),
      column('device', 'text', 'What is mounted'),
      column('type', 'text', 'Its type'),
      column('size_bytes', 'integer', 'Size'),
      column('avail_bytes', 'integer', 'Free for users', true),
    ],
  },
  {
    name: 'host_disk',
    title: 'Disk',
    help: 'A block device.',
    columns: [column('model', 'text', 'Model'), column('size_bytes', 'integer', 'Size')],
  },
  {
    name: 'host_network_interface',
    title: 'Network interface',
    help: 'A network interface.',
    columns: [
      column('address', 'text', 'Address'),
      column('up', 'boolean', 'Whether it is up'),
      column('speed_mbits', 'integer', 'Speed in Mbit/s'),
    ],
  },
  {
    name: 'host_listening_port',
    title: 'Listening port',
    help: 'A socket that waits for connections.',
    columns: [
      column('protocol', 'text', 'Protocol'),
      column('address', 'text', 'Address'),
      column('port', 'integer', 'Port'),
      column('user', 'text', 'Whose socket it is'),
    ],
  },
  {
    name: 'host_service',
    title: 'Service',
    help: 'A systemd unit.',
    columns: [
      column('state', 'text', 'running, stopped or failed'),
      column('wanted', 'text', 'running or stopped'),
      column('says', 'text', 'Why it failed, where that is known'),
      column('description', 'text', 'What it is'),
      column('main_pid', 'integer', 'Its main process'),
    ],
  },
  {
    name: 'host_log_file',
    title: 'Log file',
    help: 'A followed log file.',
    columns: [column('path', 'text', 'Where it is'), column('size_bytes', 'integer', 'Size', true)],
  },
];

const SERVICES = [
  'nginx',
  'postgresql',
  'orders',
  'cron',
  'ssh',
  'rsyslog',
  'chrony',
  'dbus',
  'systemd-journald',
  'systemd-logind',
  'systemd-udevd',
  'unattended-upgrades',
  'backup',
  'smartd',
];
const PROGRAMS: [string, string, string, number][] = [
  ['systemd', 'root', '/sbin/init', 1],
  ['postgres', 'postgres', 'postgres: checkpointer', 8],
  ['nginx', 'www-data', 'nginx: worker process', 5],
  ['java', 'orders', '/usr/bin/java -Xmx2g -jar /srv/orders/orders.jar --db-password=***', 1],
  ['sshd', 'root', 'sshd: /usr/sbin/sshd -D', 3],
  ['bash', 'eve', '-bash', 4],
  ['cron', 'root', '/usr/sbin/cron -f', 1],
  ['rsyslogd', 'syslog', '/usr/sbin/rsyslogd -n', 1],
  ['chronyd', '_chrony', '/usr/sbin/chronyd -F 1', 2],
  ['dbus-daemon', 'messagebus', '/usr/bin/dbus-daemon --system', 1],
  ['systemd-journald', 'root', '/lib/systemd/systemd-journald', 1],
  ['systemd-logind', 'root', '/lib/systemd/systemd-logind', 1],
  ['kworker/u8:2', 'root', '', 36],
  ['node', 'deploy', 'node /srv/status/server.js', 2],
  ['python3', 'backup', '/usr/bin/python3 /usr/local/bin/backup --target s3', 3],
  ['smartd', 'root', '/usr/sbin/smartd -n', 1],
  ['capstan', 'capstan', '/usr/bin/capstan run', 1],
];

export interface HostModel {
  kinds: Omit<Kind, 'count'>[];
  resources: Map<string, Resource>;
  relations: Relation[];
}

export function createHost(now: number, extraProcesses = 0): HostModel {
  const resources = new Map<string, Resource>();
  const relations: Relation[] = [];
  const since = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();
  const add = (
    id: string,
    name: string,
    fields: Fields,
    secondsAgo: number,
    labels: Record<string, string> = {},
  ) => {
    resources.set(id, {
      id,
      kind: id.slice(0, id.indexOf('/')),
      name,
      labels: { host: 'web1', ...labels },
      fields,
      since: since(secondsAgo),
    });
    if (id !== HOST) relate(id, 'runs_on', HOST);
  };
  const relate = (source: string, kind: string, target: string, origin: Relation['origin'] = 'declared') => {
    const name = (id: string) => resources.get(id)?.name ?? id;
    const kindOf = (id: string) => id.slice(0, id.indexOf('/'));
    relations.push({
      source,
      kind,
      target,
      origin,
      since: since(86_400),
      source_name: name(source),
      source_kind: kindOf(source),
      target_name: name(target),
      target_kind: kindOf(target),
    });
  };

  add(HOST, 'web1', { kernel: '6.1.0-26-amd64', cores: 4, memory_bytes: 16_750_372_454 }, 900_000);
  for (const [at, disk] of ['nvme0n1', 'sda'].entries())
    add(
      `host_disk/web1:${disk}`,
      disk,
      { model: at ? 'ST1000DM010' : 'SAMSUNG MZVL2256', size_bytes: at ? 1e12 : 256e9 },
      900_000,
    );
  const filesystems: [string, string, string, number, number][] = [
    ['/', '/dev/nvme0n1p2', 'ext4', 118, 61],
    ['/var', '/dev/nvme0n1p3', 'ext4', 59, 2.3],
    ['/boot/efi', '/dev/nvme0n1p1', 'vfat', 0.5, 0.49],
    ['/srv', '/dev/sda1', 'xfs', 916, 402],
    ['/run', 'tmpfs', 'tmpfs', 1.6, 1.59],
  ];
  for (const [mountpoint, device, type, size, free] of filesystems) {
    add(
      `host_filesystem/web1:${mountpoint}`,
      mountpoint,
      { mountpoint, device, type, size_bytes: size * 1024 ** 3, avail_bytes: free * 1024 ** 3 },
      900_000,
    );
    const disk = /nvme0n1|sda/.exec(device)?.[0];
    if (disk) relate(`host_filesystem/web1:${mountpoint}`, 'stored_on', `host_disk/web1:${disk}`);
  }
  add(
    'host_network_interface/web1:eth0',
    'eth0',
    { address: '10.20.0.14/24', up: true, speed_mbits: 1000 },
    900_000,
  );
  add(
    'host_network_interface/web1:lo',
    'lo',
    { address: '127.0.0.1/8', up: true, speed_mbits: null },
    900_000,
  );

  let pid = 1;
  const firstOf = new Map<string, string>();
  for (const [name, user, command, count] of PROGRAMS) {
    for (let number = 0; number < count; number += 1) {
      const id = processId(pid);
      const age = 900_000 - pid * 40;
      add(
        id,
        name,
        {
          pid,
          user,
          command,
          started_at: since(age),
          cpu_percent: ((pid * 7919) % 23) / 10,
          rss_bytes: name.startsWith('kworker')
            ? 0
            : 4e6 + ((pid * 104_729) % 900) * 1e6 * (name === 'java' ? 2 : 0.2),
          threads: (pid % 9) + 1,
        },
        age,
      );
      if (!firstOf.has(name)) firstOf.set(name, id);
      if (number > 0) relate(id, 'child_of', firstOf.get(name) as string);
      pid += pid < 10 ? 1 : 137;
    }
  }
  for (const culprit of CULPRIT_PIDS) {
    add(
      processId(culprit),
      'render-preview',
      {
        pid: culprit,
        user: 'eve',
        command: '/home/eve/bin/render-preview --all --quality max',
        started_at: since(262),
        cpu_percent: 97.2 + (culprit % 3),
        rss_bytes: 42e6,
        threads: 1,
      },
      262,
    );
    relate(processId(culprit), 'child_of', firstOf.get('bash') as string);
  }
  for (let number = 0; number < extraProcesses; number += 1) {
    add(
      processId(100_000 + number),
      `worker-${number}`,
      {
        pid: 100_000 + number,
        user: 'batch',
        command: `worker --shard ${number}`,
        started_at: since(3_000),
        cpu_percent: (number % 7) / 10,
        rss_bytes: 8e6 + number * 1000,
        threads: 2,
      },
      3_000,
    );
  }

  for (const service of SERVICES) {
    const process = firstOf.get(
      {
        orders: 'java',
        postgresql: 'postgres',
        ssh: 'sshd',
        rsyslog: 'rsyslogd',
        chrony: 'chronyd',
        dbus: 'dbus-daemon',
        backup: 'python3',
      }[service] ?? service,
    );
    const active = service !== 'unattended-upgrades';
    const failed = service === 'smartd';
    add(
      `host_service/web1:${service}.service`,
      `${service}.service`,
      {
        state: failed ? 'failed' : active ? 'running' : 'stopped',
        wanted: active ? 'running' : 'stopped',
        says: failed ? 'exited with status 1 after 2 s: no S.M.A.R.T. device found' : '',
        description: `The ${service} service`,
        main_pid: Number(resources.get(process ?? '')?.fields['pid'] ?? 0),
      },
      800_000,
    );
    if (process) relate(process, 'belongs_to', `host_service/web1:${service}.service`);
  }
  const ports: [number, string, string][] = [
    [22, '0.0.0.0', 'sshd'],
    [80, '0.0.0.0', 'nginx'],
    [443, '0.0.0.0', 'nginx'],
    [5432, '127.0.0.1', 'postgres'],
    [8080, '127.0.0.1', 'java'],
    [3000, '127.0.0.1', 'node'],
    [7717, '127.0.0.1', 'capstan'],
    [323, '127.0.0.1', 'chronyd'],
  ];
  for (const [port, address, process] of ports) {
    const id = `host_listening_port/web1:tcp:${address}:${port}`;
    const user = resources.get(firstOf.get(process) ?? '')?.fields['user'] ?? '';
    add(id, `${port}/tcp`, { protocol: 'tcp', address, port, user }, 800_000);
    relate(firstOf.get(process) as string, 'listens_on', id);
  }
  const logs: [string, string][] = [
    ['/var/log/syslog', 'rsyslogd'],
    ['/var/log/nginx/access.log', 'nginx'],
    ['/var/log/nginx/error.log', 'nginx'],
    ['/var/log/postgresql/postgresql-15-main.log', 'postgres'],
    ['/srv/orders/orders.log', 'java'],
  ];
  for (const [path, process] of logs) {
    const id = `host_log_file/web1:${path}`;
    add(id, path, { path, size_bytes: path.length * 1_234_567 }, 800_000);
    relate(firstOf.get(process) as string, 'writes_to', id);
    relate(
      id,
      'stored_on',
      path.startsWith('/var') ? 'host_filesystem/web1:/var' : 'host_filesystem/web1:/srv',
    );
  }
  relate(firstOf.get('java') as string, 'calls', firstOf.get('postgres') as string, 'learned');
  relate(firstOf.get('nginx') as string, 'calls', firstOf.get('java') as string, 'learned');
  return { kinds: KINDS, resources, relations };
}
