// Policies over the recorded past: begun, asked after until it has ended, and cancelled when nobody waits any more.
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import { ApiError, get, post } from './client';
import type { Json, Timestamp } from './types';

export interface Side {
  hours: number;
  money: number;
}

export interface BacktestAction {
  at: Timestamp;
  verb: string;
  target: string;
  name: string;
  reason: string;
  plan: string;
  /** When its plan was made; earlier than `at` where the rate or a freeze put it off. */
  planned: Timestamp;
  /** The freeze that held it back; "" for none. */
  held_by: string;
  undo: boolean;
}

export interface BacktestNote {
  what: 'begins' | 'nothing_known' | 'no_history' | 'kept' | 'unknown_effect' | 'freezes' | 'cut';
  about: string;
}

export interface BacktestPolicy {
  name: string;
  plans: number;
  /** Plans for which a person would have been asked. */
  asks: number;
  selected: number;
  action_count: number;
  /** At most 1000 of them. */
  actions: BacktestAction[];
  /** Days with actions only, in UTC. */
  days: { day: string; actions: Record<string, number> }[];
  money: { currency: string; real: Side; would_be: Side; saved: Side }[];
  /** What each freeze held back, and how much of that nobody called for any more at its end. */
  held: { freeze: string; actions: number; dropped: number }[];
  over_budget: {
    count: number;
    /** At most 1000 of them. */
    resources: { id: string; name: string; from: Timestamp; to: Timestamp; why: string }[];
  };
  notes: BacktestNote[];
}

export interface Backtest {
  id: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** 0 to 1. */
  done: number;
  from: Timestamp;
  to: Timestamp;
  result: { policies: BacktestPolicy[] } | null;
  error?: { code: string; message: string };
}

const BETWEEN_LOOKS_MS = 500;
const ended = (job: Backtest) => job.state !== 'waiting' && job.state !== 'running';
const cancelled = (id: string) => post<Json>(`/backtest/${encodeURIComponent(id)}/cancel`);

/** The newest answer is in `job` while the mutation is under way. Leaving the page cancels it. */
export function useBacktest() {
  const [job, setJob] = useState<Backtest | null>(null);
  const running = useRef<string | null>(null);
  const cancel = () => {
    if (running.current !== null) void cancelled(running.current).catch(() => undefined);
  };
  useEffect(() => cancel, []);
  const run = useMutation({
    mutationFn: async (wanted: { policies: string; since: string }) => {
      let now = await post<Backtest>('/backtest', wanted);
      running.current = now.id;
      try {
        setJob(now);
        while (!ended(now)) {
          await new Promise((resolve) => window.setTimeout(resolve, BETWEEN_LOOKS_MS));
          now = await get<Backtest>(`/backtest/${encodeURIComponent(now.id)}`);
          setJob(now);
        }
      } finally {
        running.current = null;
      }
      if (now.state === 'failed') throw new ApiError(400, now.error?.code ?? '', now.error?.message ?? '');
      return now;
    },
  });
  return { run, job, cancel };
}
