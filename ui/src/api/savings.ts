// What policies saved of running all the time: the shapes of GET /savings, and the hook that asks it.
import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { get, query } from './client';
import type { Timestamp } from './types';

/** Hours and money of the same thing. */
export interface Part {
  hours: number;
  money: number;
}

export type Reason = 'start_up' | 'late' | 'kept' | 'restarted' | 'unstoppable' | 'unobserved' | 'unused';

/** Figures in one currency. */
export interface Figures {
  currency: string;
  resources: number;
  /** Had everything run all the time. */
  baseline: Part;
  running: Part;
  unobserved: Part;
  cost: number;
  planned: Part;
  real: Part;
  /** null where nothing existed or cost anything. */
  planned_hours_share: number | null;
  real_hours_share: number | null;
  planned_money_share: number | null;
  real_money_share: number | null;
  /** What lies between planned and real; below zero where more was saved than planned. */
  why: ({ what: Reason } & Part)[];
}

export interface PolicySavings extends Figures {
  policy: string;
  help: string;
  /** The schedule; "" where each resource has its own. */
  hours: string;
  /** Resources that no price is known for. */
  unpriced: number;
}

export interface AccountSavings extends Figures {
  /** An id; "" for what belongs to nobody. */
  account: string;
}

export interface DayOfSavings {
  from: Timestamp;
  to: Timestamp;
  currency: string;
  baseline: number;
  /** What it would have cost by plan. */
  planned: number;
  cost: number;
}

export interface SavingsAnswer {
  from: Timestamp;
  to: Timestamp;
  zone: string;
  totals: Figures[];
  policies: PolicySavings[];
  accounts: AccountSavings[];
  days: DayOfSavings[];
  resource_count: number;
  problems: string[];
}

export const useSavings = (since: string, policy: string) =>
  useQuery({
    queryKey: ['savings', since, policy],
    queryFn: ({ signal }) => get<SavingsAnswer>(`/savings${query({ since, policy, limit: 0 })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
