// One hook a question that pages ask the API. The first part of each key is the topic whose events make it stale.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { del, get, post, query } from './client';
import type {
  ComingStep,
  ChangeReport,
  Checks,
  ConfigFile,
  Difference,
  FactPage,
  FleetMap,
  Graph,
  Incident,
  IncidentDetail,
  ListedFinding,
  ListedMute,
  LogLine,
  LogTemplate,
  NewMute,
  NewToken,
  Overview,
  Paused,
  PlanStatus,
  Policy,
  ResourceDetail,
  ResourceList,
  Role,
  Session,
  SqlResult,
  Token,
  Topic,
  User,
  Verb,
  Why,
} from './types';

/** Which cached answers an event of a topic makes stale. */
export const STALE: Record<Topic, string[]> = {
  incidents: ['overview', 'incidents', 'incident', 'why'],
  findings: ['overview', 'findings', 'incident', 'resource', 'checks', 'mutes', 'drift'],
  plans: ['overview', 'plans', 'plan', 'incident', 'policies'],
  resources: ['overview', 'resources', 'resource', 'graph', 'map'],
  policies: ['policies', 'overview', 'calendar', 'overrides', 'approvals', 'verdicts'],
  config: ['config', 'overview', 'policies', 'calendar', 'approvals'],
  facts: ['facts', 'overview'],
};

export const useSession = () =>
  useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => get<Session>('/session', signal),
    staleTime: 60_000,
    refetchOnWindowFocus: true,
  });

export const useOverview = () =>
  useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => get<Overview>('/overview', signal),
    refetchInterval: 10_000,
  });

export const useIncidents = (state: 'open' | 'closed', limit = 100) =>
  useQuery({
    queryKey: ['incidents', state, limit],
    queryFn: async ({ signal }) =>
      (await get<{ incidents: Incident[] }>(`/incidents${query({ state, limit })}`, signal)).incidents,
  });

export const useIncident = (id: string) =>
  useQuery({
    queryKey: ['incident', id],
    queryFn: ({ signal }) => get<IncidentDetail>(`/incidents/${encodeURIComponent(id)}`, signal),
    // While something runs its progress is watched closely; else events tell.
    refetchInterval: ({ state }) => (state.data?.plans.some((plan) => isUnderWay(plan)) ? 1_000 : 15_000),
  });

export const useFindings = (state: 'open' | 'closed' = 'open') =>
  useQuery({
    queryKey: ['findings', state],
    queryFn: async ({ signal }) =>
      (await get<{ findings: ListedFinding[] }>(`/findings${query({ state, limit: 200 })}`, signal)).findings,
  });

export function useResources(
  kind: string,
  search = '',
  limit = 10_000,
  refetchInterval: number | false = false,
) {
  return useQuery({
    queryKey: ['resources', kind, search, limit],
    queryFn: ({ signal }) => get<ResourceList>(`/resources${query({ kind, search, limit })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
}

export interface ResourceFilter {
  kind: string;
  search: string;
  cluster: string;
  namespace: string;
  labels: string;
  sort: string;
  limit: number;
  offset: number;
}

export const useResourceList = (filter: ResourceFilter, refetchInterval: number | false) =>
  useQuery({
    queryKey: ['resources', 'list', filter],
    queryFn: ({ signal }) => get<ResourceList>(`/resources${query({ ...filter })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval,
  });

export const useDifference = (id: string, before: number, after: number) =>
  useQuery({
    queryKey: ['difference', id, before, after],
    queryFn: ({ signal }) => get<Difference>(`/difference${query({ id, before, after })}`, signal),
    enabled: after > 0,
    staleTime: Infinity,
  });

export const useMap = (cluster: string, namespace: string) =>
  useQuery({
    queryKey: ['map', cluster, namespace],
    queryFn: ({ signal }) => get<FleetMap>(`/map${query({ cluster, namespace })}`, signal),
    placeholderData: keepPreviousData,
  });

export interface ChecksFilter {
  severity: string;
  rule: string;
  owner: string;
  cluster: string;
  namespace: string;
  search: string;
  muted: string;
  limit: number;
  offset: number;
}

export const useChecks = (filter: ChecksFilter) =>
  useQuery({
    queryKey: ['checks', filter],
    queryFn: ({ signal }) => get<Checks>(`/checks${query({ ...filter })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const useMutes = () =>
  useQuery({
    queryKey: ['mutes'],
    queryFn: async ({ signal }) => (await get<{ mutes: ListedMute[] }>('/mutes?state=all', signal)).mutes,
  });

export interface Change {
  change: string;
  way: 'apply' | 'merge';
  cluster: string;
  namespace: string;
}
export const useCheckChange = () =>
  useMutation({ mutationFn: (change: Change) => post<ChangeReport>('/check', change) });

export const useResource = (id: string, at: string) =>
  useQuery({
    queryKey: ['resource', id, at],
    queryFn: ({ signal }) => get<ResourceDetail>(`/resource${query({ id, at })}`, signal),
    refetchInterval: at === '' ? 5_000 : false,
  });

export const useGraph = (id: string, depth: number) =>
  useQuery({
    queryKey: ['graph', id, depth],
    queryFn: ({ signal }) => get<Graph>(`/graph${query({ id, depth })}`, signal),
    placeholderData: keepPreviousData,
  });

export const useWhy = (id: string, enabled = true) =>
  useQuery({
    queryKey: ['why', id],
    queryFn: ({ signal }) => get<Why>(`/why${query({ id })}`, signal),
    enabled,
  });

export async function fetchFacts(
  filter: { subject?: string; kind?: string; before?: number; limit: number },
  signal?: AbortSignal,
): Promise<FactPage> {
  return get(`/facts${query(filter)}`, signal);
}

export const usePolicies = () =>
  useQuery({
    queryKey: ['policies'],
    queryFn: async ({ signal }) => (await get<{ policies: Policy[] }>('/policies', signal)).policies,
    refetchInterval: 15_000,
  });

export type PlanFilter = 'waiting' | 'running' | 'finished' | 'all';

export const usePlans = (state: PlanFilter) =>
  useQuery({
    queryKey: ['plans', state],
    queryFn: async ({ signal }) =>
      (await get<{ plans: PlanStatus[] }>(`/plans${query({ state })}`, signal)).plans,
    refetchInterval: ({ state: { data } }) => (data?.some(isUnderWay) ? 1_000 : 15_000),
  });

/** Steps of policies that wait for their time, the nearest first. */
export const useComing = () =>
  useQuery({
    queryKey: ['plans', 'coming'],
    queryFn: async ({ signal }) =>
      (await get<{ coming: ComingStep[] }>('/plans?state=waiting', signal)).coming,
    refetchInterval: 60_000,
  });

export const usePlan = (id: string) =>
  useQuery({
    queryKey: ['plan', id],
    queryFn: ({ signal }) => get<PlanStatus>(`/plans/${encodeURIComponent(id)}`, signal),
    refetchInterval: ({ state: { data } }) => (data && isUnderWay(data) ? 1_000 : 15_000),
  });

export const useVerbs = () =>
  useQuery({
    queryKey: ['verbs'],
    queryFn: async ({ signal }) => (await get<{ verbs: Verb[] }>('/verbs', signal)).verbs,
    staleTime: 300_000,
  });

export const useConfig = () =>
  useQuery({
    queryKey: ['config'],
    queryFn: async ({ signal }) => (await get<{ files: ConfigFile[] }>('/config', signal)).files,
  });

export const useUsers = (enabled: boolean) =>
  useQuery({
    queryKey: ['users'],
    queryFn: async ({ signal }) => (await get<{ users: User[] }>('/users', signal)).users,
    enabled,
  });

export const useTokens = (enabled: boolean) =>
  useQuery({
    queryKey: ['tokens'],
    queryFn: async ({ signal }) => (await get<{ tokens: Token[] }>('/tokens', signal)).tokens,
    enabled,
  });

export interface LogFilter {
  selector: string;
  from: string;
  to: string;
  limit: number;
}

export const fetchLogs = async (filter: LogFilter, signal?: AbortSignal) =>
  (await get<{ lines: LogLine[] }>(`/logs${query({ ...filter })}`, signal)).lines;

export const fetchLogTemplates = async (filter: LogFilter, signal?: AbortSignal) =>
  (await get<{ templates: LogTemplate[] }>(`/log-templates${query({ ...filter })}`, signal)).templates;

/** Something of the plan has yet to end. */
export function isUnderWay(status: PlanStatus): boolean {
  return status.state === 'approved' || status.state === 'running';
}

/** A change; afterwards the answers under `stale` are asked for anew. */
export function useChange<Input, Output>(change: (input: Input) => Promise<Output>, stale: string[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => Promise.all(stale.map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}

const PLAN_KEYS = ['plans', 'plan', 'incident', 'incidents', 'overview', 'policies'];
const planPath = (id: string, verb: string) => `/plans/${encodeURIComponent(id)}/${verb}`;

export const useApprove = () =>
  useChange(
    ({ id, hash }: { id: string; hash: string }) => post<PlanStatus>(planPath(id, 'approve'), { hash }),
    PLAN_KEYS,
  );
export const useReject = () =>
  useChange(
    ({ id, reason }: { id: string; reason: string }) => post<PlanStatus>(planPath(id, 'reject'), { reason }),
    PLAN_KEYS,
  );
export const useCancel = () => useChange((id: string) => post<PlanStatus>(planPath(id, 'cancel')), PLAN_KEYS);
export const useUndo = () =>
  useChange(
    ({ id, reason }: { id: string; reason: string }) => post<PlanStatus>(planPath(id, 'undo'), { reason }),
    PLAN_KEYS,
  );
export const useResolve = () =>
  useChange(
    ({ id, decision }: { id: string; decision: 'happened' | 'retry' | 'abandon' }) =>
      post<PlanStatus>(`/actions/${encodeURIComponent(id)}/resolve`, { decision }),
    PLAN_KEYS,
  );

const MUTE_KEYS = ['checks', 'mutes', 'overview', 'incidents', 'map'];
export const useMute = () => useChange((mute: NewMute) => post<ListedMute>('/mutes', mute), MUTE_KEYS);
export const useUnmute = () =>
  useChange((id: string) => post<ListedMute>(`/mutes/${encodeURIComponent(id)}/end`), MUTE_KEYS);

const policyPath = (name: string, verb: string) => `/policies/${encodeURIComponent(name)}/${verb}`;
export const useRunPolicy = () =>
  useChange(
    (name: string) => post<{ plan: PlanStatus | null; says: string }>(policyPath(name, 'run')),
    ['policies', 'plans', 'overview'],
  );
export const usePausePolicy = () =>
  useChange(
    ({ name, pause }: { name: string; pause: boolean }) =>
      post<Policy>(policyPath(name, pause ? 'pause' : 'resume')),
    ['policies'],
  );

export const usePause = () =>
  useChange((reason: string) => post<{ paused: Paused | null }>('/pause', { reason }), ['overview']);
export const useResume = () => useChange(() => post<{ paused: Paused | null }>('/resume'), ['overview']);

export const useSql = () =>
  useMutation({ mutationFn: (text: string) => post<SqlResult>('/sql', { query: text }) });

/** Login, setup and logout all answer who is logged in now. */
function useSessionChange<Input>(change: (input: Input) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['session'] });
      client.removeQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'session' && queryKey[0] !== 'messages',
      });
    },
  });
}
export const useLogin = () =>
  useSessionChange((input: { user: string; password: string }) => post<Session>('/login', input));
export const useSetup = () =>
  useSessionChange((input: { token: string; user: string; password: string }) =>
    post<Session>('/setup', input),
  );
export const useLogout = () => useSessionChange(() => post<unknown>('/logout'));

export const useAddUser = () =>
  useChange(
    (input: { user: string; password: string; role: Role }) => post<User>('/users', input),
    ['users'],
  );
export const useRemoveUser = () =>
  useChange((user: string) => del<unknown>(`/users/${encodeURIComponent(user)}`), ['users']);
export const useAddToken = () =>
  useChange((input: { name: string; role: Role }) => post<NewToken>('/tokens', input), ['tokens']);
export const useRemoveToken = () =>
  useChange((name: string) => del<unknown>(`/tokens/${encodeURIComponent(name)}`), ['tokens']);
