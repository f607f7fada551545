// What is wrong with one thing first: the shapes of GET /diagnose, and the hook that asks it.
import { useQuery } from '@tanstack/react-query';

import { get, query } from './client';
import type { Problem, Severity } from './types';

export type Verdict = 'ok' | 'unknown' | 'suspicious' | 'wrong';

/** What the manual of a product says of a code or a message. */
export interface ManualEntry {
  product: string;
  title: string;
  code: string;
  severity: Severity;
  means: string;
  causes: string[];
  remedies: string[];
  see: string;
  versions: string;
}

/** Something that a step found. */
export interface Saying {
  verdict: Verdict;
  resource: string;
  /** "" for a question of the step's own. */
  rule: string;
  says: string;
  remedy: string;
  /** A command. */
  fix: string;
  manual: ManualEntry[];
  evidence: string[];
}

export interface DiagnosisStep {
  step: string;
  title: string;
  looks_at: string;
  verdict: Verdict;
  looked_at: string[];
  found: Saying[];
  /** How many there were beyond those. */
  more: number;
}

export interface Diagnosis {
  subject: string;
  /** "deployment/web" */
  name: string;
  verdict: Verdict;
  answer: (Saying & { step: string; affects: string[] }) | null;
  steps: DiagnosisStep[];
  logs: { resource: string; container: string; previous: boolean; lines: string[] }[];
  /** Whether events and logs were asked of the cluster. */
  is_live: boolean;
  problems: Omit<Problem, 'since'>[];
}

/** Asked when a person looks, not again and again: for each answer the cluster is asked for events and logs. */
export const useDiagnosis = (id: string) =>
  useQuery({
    queryKey: ['diagnosis', id],
    queryFn: ({ signal }) => get<Diagnosis>(`/diagnose${query({ id })}`, signal),
    staleTime: 30_000,
  });
