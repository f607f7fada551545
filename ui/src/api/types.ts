// The shapes of the HTTP API, as docs/reference/api.md and the to_json functions of src/model write them.
// The mock server is typed by the same declarations, so page and mock cannot drift apart.

/** RFC 3339 in UTC. */
export type Timestamp = string;
export type Seq = number;
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Labels = Record<string, string>;
export type Fields = Record<string, Json>;

export type Role = 'viewer' | 'operator' | 'admin';

export interface Session {
  authenticated: boolean;
  user: string;
  role: Role | '';
  setup_needed: boolean;
  version: string;
}

export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';

export type Evidence =
  | { kind: 'fact'; text: string; fact: Seq }
  | { kind: 'series'; text: string; query: string; series: EvidenceSeries[] }
  | { kind: 'lines'; text: string; lines: string[] };

export interface EvidenceSeries {
  labels: Labels;
  /** Milliseconds since 1970 and the value. */
  samples: [number, number][];
}

export interface Finding {
  id: string;
  rule: string;
  severity: Severity;
  resource: string;
  labels: Labels;
  says: string;
  remedy: string;
  value: number;
  query: string;
  since: Timestamp;
  evidence: Evidence[];
}

/** What a resource, with what belongs to it, has cost since it was found, and costs an hour now. */
export interface CostSince {
  currency: string;
  so_far: number;
  per_hour: number;
}

export interface ListedFinding extends Finding {
  cost?: CostSince | null;
  state: 'open' | 'closed';
  opened: Timestamp;
  resolved?: Timestamp | null;
  incident?: string;
}

export interface Cause {
  resource: string;
  group: string[];
  /** 0..1: how sure. */
  score: number;
  /** 0..1: how much of the symptom it accounts for. */
  share: number;
  says: string;
  evidence: Evidence[];
}

export type ActionState =
  | 'proposed'
  | 'approved'
  | 'running'
  | 'succeeded'
  | 'partial'
  | 'failed'
  | 'reverted'
  | 'unknown'
  | 'skipped';

export interface Action {
  id: string;
  verb: string;
  target: string;
  parameters: Json;
  reason?: string;
  precondition?: string;
  after?: string[];
}

export interface Limits {
  in_flight_share: number;
  in_flight: number;
  per_minute: number;
  total: number;
}

export interface Plan {
  id: string;
  origin: string;
  policy_version: string;
  title: string;
  actions: Action[];
  limits: Limits;
  verify: string;
  verify_within_ms: number;
  undo_on_failure: boolean;
  /** 0 for never. */
  undo_after_quiet_ms?: number;
  approval: string;
  /** What would belong to it and is held back, and why. */
  left_out?: string;
  /** What its approval allows for good; without resources it is about all that the policies select. */
  grant?: { policies: { policy: string; version: string }[]; resources: string[] } | null;
  created: Timestamp;
  hash: string;
}

export interface ActionStatus {
  action: Action;
  state: ActionState;
  says: string;
  /** What the server knows of the verb. */
  danger?: Danger;
  /** A cancel of its plan ends it in the middle. */
  stoppable?: boolean;
  progress?: RunProgress | null;
  started?: Timestamp | null;
  finished?: Timestamp | null;
  /** What it changes an hour, where that is known. */
  money?: PerHour;
}

export interface PerHour {
  currency: string;
  per_hour: number;
}

/** How far a run is, as it says itself. */
export interface RunProgress {
  done: number | null;
  of: number | null;
  says: string;
  ends_by: Timestamp;
}

/** What an action printed from byte `after` on; what lies before `from` is left out. */
export interface ActionOutput {
  running: boolean;
  text: string;
  from: number;
  next: number;
  size: number;
}

export interface PlanStatus {
  plan: Plan;
  state: ActionState;
  /** How it ended without acting, or in what way it is being ended; "" for neither. */
  ending?: 'rejected' | 'cancelled' | 'withdrawn' | 'expired' | 'cancelling' | 'undoing' | 'stopping' | '';
  /** Of what ended or is being ended: by whom, why, and how many of its actions did what. */
  says?: string;
  waiting_for: string;
  approved_by: string;
  incident: string;
  actions: ActionStatus[];
  verify: { state: string; says: string };
  /** By which freeze it is held back, and until when; "" for none. */
  frozen?: string;
  /** The name of the freeze. */
  freeze?: string;
  can_be_undone?: boolean;
  /** What all of it changes an hour, in each currency. */
  money?: PerHour[];
}

/** A step of a policy that waits for its time. */
export interface ComingStep {
  policy: string;
  resource: string;
  name: string;
  verb: string;
  at: Timestamp;
  says: string;
}

export interface Incident {
  id: string;
  state: 'open' | 'closed';
  severity: Severity;
  title: string;
  opened: Timestamp;
  closed?: Timestamp;
  findings: Finding[];
  causes: Cause[];
  recommended: Plan[];
}

export interface Fact {
  seq: Seq;
  at: Timestamp;
  kind: string;
  subject: string;
  body: Json;
  cause: Seq;
  actor: string;
  redacted: boolean;
}

export interface FactPage {
  facts: Fact[];
  last_seq: Seq;
}

export interface IncidentDetail {
  incident: Incident;
  /** Of what its findings are about, since it was opened. */
  cost?: CostSince | null;
  plans: PlanStatus[];
  timeline: Fact[];
}

export interface Paused {
  by: string;
  reason: string;
  at: Timestamp;
}

export interface SourceHealth {
  name: string;
  state: 'ok' | 'failing';
  last: Timestamp;
  error: string;
}

export interface Problem {
  file: string;
  line: number;
  column: number;
  message: string;
  since: Timestamp;
}

export interface Overview {
  host: { id: string; name: string };
  now: Timestamp;
  started: Timestamp;
  version: string;
  paused: Paused | null;
  last_seq: Seq;
  counts: {
    resources: Record<string, number>;
    findings: Partial<Record<Severity, number>>;
    incidents_open: number;
    plans_waiting: number;
    actions_unknown: number;
  };
  sources: SourceHealth[];
  problems: Problem[];
}

export type ColumnType = 'text' | 'integer' | 'real' | 'boolean' | 'time' | 'json';

export interface Column {
  name: string;
  type: ColumnType;
  help: string;
  volatile: boolean;
}

export interface Kind {
  name: string;
  title: string;
  help: string;
  count: number;
  columns: Column[];
}

export interface Resource {
  id: string;
  kind: string;
  name: string;
  labels: Labels;
  fields: Fields;
  since: Timestamp;
}

export interface ResourceList {
  kinds: Kind[];
  total: number;
  resources: Resource[];
}

export interface Relation {
  source: string;
  kind: string;
  target: string;
  origin: 'declared' | 'derived' | 'learned';
  since: Timestamp;
  source_name: string;
  source_kind: string;
  target_name: string;
  target_kind: string;
}

export interface ResourceChange {
  at: Timestamp;
  kind: 'appeared' | 'changed' | 'gone';
  seq: Seq | null;
  /** How many places differ from the version before; `changes` may hold fewer. */
  places: number;
  /** Of the places those in the object's status. */
  status_places: number;
  changes: Record<string, [Json, Json]>;
}

export interface ResourceDetail {
  resource: Resource;
  /** As a manifest would have it; null where the kind is not of a counterpart's objects. */
  object: Json;
  gone: boolean;
  relations: Relation[];
  history: ResourceChange[];
  findings: (Finding & { incident?: string })[];
}

export interface Graph {
  nodes: { id: string; kind: string; name: string; severity: Severity | null }[];
  edges: { source: string; kind: string; target: string; origin: string }[];
  truncated: boolean;
}

export interface Version {
  seq: Seq;
  from: Timestamp;
  to: Timestamp | null;
  labels: Labels;
  object: Json;
}

export interface Difference {
  id: string;
  before: Version | null;
  after: Version;
  changes: { place: string; before: Json; after: Json }[];
}

/** Everything that hangs together; rows refer to kinds, relations, spaces and nodes by their numbers. */
export interface FleetMap {
  kinds: string[];
  relations: string[];
  /** "cluster/namespace" */
  spaces: string[];
  /** Id, kind, space, severity (-1 for none, 0 info … 4 critical), 1 where it is counted on and not there. */
  nodes: [string, number, number, number, number][];
  /** Source, target, relation. */
  edges: [number, number, number][];
  total_nodes: number;
  total_edges: number;
  limit_nodes: number;
  limit_edges: number;
}

export interface Mute {
  id: string;
  finding: string;
  rule: string;
  resource: string;
  cluster: string;
  namespace: string;
  reason: string;
  by: string;
  at: Timestamp;
  until: Timestamp;
}

export interface ListedMute extends Mute {
  active: boolean;
  ended: Timestamp | null;
  ended_by: string;
}

export interface NewMute {
  finding?: string;
  rule?: string;
  resource?: string;
  cluster?: string;
  namespace?: string;
  reason: string;
  /** "7d" */
  for: string;
}

export interface Violation extends Finding {
  opened: Timestamp;
  owner: string;
  cluster: string;
  namespace: string;
  muted: Mute | null;
  /** The rule: why it matters, how it is found, and where it is written. */
  definition: { group: string; why: string; sql: string; file: string; line: number };
}

export type FacetName = 'severity' | 'owner' | 'cluster' | 'namespace' | 'rule';

export interface Checks {
  total: number;
  all: number;
  muted: number;
  rules: number;
  counts: Record<FacetName, { value: string; count: number }[]>;
  findings: Violation[];
}

export interface ChangeReport {
  objects: number;
  rules: number;
  broken: Finding[];
  mended: Finding[];
  lost_relations: LostRelation[];
  problems: { message: string; file?: string; line?: number; column?: number }[];
}

type Tie = Pick<Relation, 'source' | 'kind' | 'target'>;
export interface LostRelation extends Tie {
  counted_on_by: Tie[];
}

export interface SqlResult {
  columns: string[];
  rows: Json[][];
  truncated: boolean;
  elapsed_ms: number;
}

export interface Why {
  subject: string;
  chain: Fact[];
  lines: string[];
}

export interface PolicyResource {
  id: string;
  name: string;
  matched: boolean;
  observed: string;
  wanted: string;
  why: string;
  acts?: boolean;
  /** The id of the override that decided, or "". */
  override?: string;
}

export interface Policy {
  name: string;
  help?: string;
  file: string;
  line: number;
  approve: string;
  paused: boolean;
  summary: string;
  error: string;
  /** When its clock sets it off next; null where it has none. */
  next?: Timestamp | null;
  /** Why a run would do nothing: who has said no to it; "" where nobody has. */
  rejected?: string;
  resources: PolicyResource[];
  plans: { id: string; title: string; state: string }[]; // Those that have not ended, the newest first.
}

export type Danger = 'safe' | 'disruptive' | 'destructive';

export interface Verb {
  name: string;
  title: string;
  help: string;
  danger: Danger;
  idempotent: boolean;
  undoable: boolean;
  target_kinds: string[];
  parameters: { name: string; type: ColumnType; required: boolean; help: string }[];
}

export interface ConfigFile {
  path: string;
  state: 'loaded' | 'rejected';
  loaded_at: Timestamp;
  error: { message: string; line: number; column: number } | null;
}

export interface LogLine {
  at: Timestamp;
  labels: Labels;
  text: string;
}

export interface LogTemplate {
  id: string | number;
  text: string;
  count: number;
  first: Timestamp;
  last: Timestamp;
  labels: Labels;
  example: string;
}

export interface User {
  name: string;
  role: Role;
  created?: Timestamp;
}

export interface Token {
  name: string;
  role: Role;
  created?: Timestamp;
}

export interface NewToken {
  name: string;
  role: Role;
  token: string;
}

/** What every failure of /capstan/v1 carries. */
export interface ErrorBody {
  error: { code: string; message: string; file?: string; line?: number; column?: number };
}

export type Topic = 'incidents' | 'findings' | 'plans' | 'resources' | 'policies' | 'config' | 'facts';

/** One series of an answer of Prometheus' query API; values are text, as there. */
export interface PromSeries {
  metric: Labels;
  value?: [number, string];
  values?: [number, string][];
}

export interface PromData {
  resultType: 'matrix' | 'vector' | 'scalar' | 'string';
  result: PromSeries[] | [number, string];
}
