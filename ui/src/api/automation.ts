// What people told policies, and what policies decided: overrides, standing approvals, verdicts, the calendar, previews.
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';

import { get, post, query } from './client';
import { useChange } from './queries';
import type { Json, PlanStatus, PolicyResource, Timestamp } from './types';

export interface Override {
  id: string;
  /** "" for every policy. */
  policy: string;
  /** "" for every resource of the policy. */
  resource: string;
  /** "" for "leave it alone". */
  state: string;
  from: Timestamp;
  until: Timestamp;
  by: string;
  reason: string;
  decides: { policy: string; resources: number }[];
}

export interface NewOverride {
  resource: string;
  policy: string;
  state: string;
  /** As people say it: "22:00", "tomorrow 09:00", "2h". */
  until: string;
  reason: string;
}

/** A window that targets of a policy have; a clock has times in place of spans. */
export interface CalendarRow {
  policy: string;
  hours: string;
  zone: string;
  count: number;
  /** At most 100 of them. */
  resources: { id: string; name: string; override: string }[];
  inside?: string;
  outside?: string;
  spans?: { from: Timestamp; to: Timestamp }[];
  times?: Timestamp[];
  /** Its clock comes more often than `times` lists. */
  more?: boolean;
  error?: string;
}

export interface CalendarFreeze {
  name: string;
  help: string;
  zone: string;
  times: string;
  covers: string;
  covers_all: boolean;
  as_of: Timestamp | null; // When its file, which has a mistake, was read without one.
  mistake: string; // Why it covers whatever it may mean.
  except: { policies: string[]; people: string[]; roles: string[] };
  spans: { from: Timestamp; to: Timestamp }[];
}

export interface Calendar {
  from: Timestamp;
  to: Timestamp;
  freezes: CalendarFreeze[];
  overrides: Override[];
  rows: CalendarRow[];
}

export interface Verdict extends PolicyResource {
  policy: string;
  paused: boolean;
  acts: boolean;
  override: string;
  /** By which freeze what it would do is held back, and until when; "" for none. */
  frozen?: string;
}

export interface StandingApproval {
  id: string;
  policies: { policy: string; holds: boolean }[];
  resources: string[];
  plan: string;
  by: string;
  at: Timestamp;
}

export interface PreviewedPolicy {
  name: string;
  approve: string;
  summary: string;
  resources: PolicyResource[];
  plan: PlanStatus | null;
}

export const useCalendar = (from: string, days: number) =>
  useQuery({
    queryKey: ['calendar', from, days],
    queryFn: ({ signal }) => get<Calendar>(`/calendar${query({ from, days })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const useOverrides = () =>
  useQuery({
    queryKey: ['overrides'],
    queryFn: async ({ signal }) => (await get<{ overrides: Override[] }>('/overrides', signal)).overrides,
    refetchInterval: 30_000,
  });

/** With a policy also why that one does not look at the resource. */
export const useVerdicts = (resource: string, policy = '', enabled = true) =>
  useQuery({
    queryKey: ['verdicts', resource, policy],
    queryFn: async ({ signal }) =>
      (await get<{ verdicts: Verdict[] }>(`/verdicts${query({ resource, policy })}`, signal)).verdicts,
    refetchInterval: 15_000,
    enabled,
  });

export const useApprovals = () =>
  useQuery({
    queryKey: ['approvals'],
    queryFn: async ({ signal }) =>
      (await get<{ approvals: StandingApproval[] }>('/approvals', signal)).approvals,
    refetchInterval: 30_000,
  });

export const usePreview = () =>
  useMutation({
    mutationFn: async (policies: string) =>
      (await post<{ policies: PreviewedPolicy[] }>('/preview', { policies })).policies,
  });

const OVERRIDE_KEYS = ['overrides', 'calendar', 'verdicts', 'policies', 'plans', 'overview'];
export const useKeep = () =>
  useChange((wanted: NewOverride) => post<Override>('/overrides', wanted), OVERRIDE_KEYS);
export const useEndOverride = () =>
  useChange((id: string) => post<Override>(`/overrides/${encodeURIComponent(id)}/end`), OVERRIDE_KEYS);
/** Lets a plan act in spite of a freeze. */
export const useLift = () =>
  useChange(
    ({ freeze, plan, reason }: { freeze: string; plan: string; reason: string }) =>
      post<PlanStatus>(`/freezes/${encodeURIComponent(freeze)}/lift`, { plan, reason }),
    ['plans', 'plan', 'calendar', 'verdicts'],
  );
export const useWithdrawApproval = () =>
  useChange(
    (id: string) => post<Json>(`/approvals/${encodeURIComponent(id)}/withdraw`),
    ['approvals', 'policies', 'plans'],
  );
