// Which page is at which address. Every page but the first two is a chunk of its own.
import { lazy, Suspense, type ComponentType } from 'react';
import { Route, Routes } from 'react-router-dom';

import { useSession } from './api/queries';
import { ErrorBox, Loading } from './components/states';
import { loadPage, PageBoundary } from './layout/page_boundary';
import { Shell } from './layout/shell';
import { LoginPage } from './pages/login/login';
import { NotFoundPage } from './pages/not_found';
import { OverviewPage } from './pages/overview/overview';
import { useSystemTheme } from './theme';

const page = <Name extends string>(load: () => Promise<{ [name in Name]: ComponentType }>, name: Name) =>
  lazy(async () => ({ default: (await loadPage(load))[name] }));

const IncidentsPage = page(() => import('./pages/incidents/list'), 'IncidentsPage');
const IncidentPage = page(() => import('./pages/incidents/detail'), 'IncidentPage');
const ResourcesPage = page(() => import('./pages/resources/list'), 'ResourcesPage');
const ResourcePage = page(() => import('./pages/resources/detail'), 'ResourcePage');
const GraphPage = page(() => import('./pages/resources/graph'), 'GraphPage');
const ChecksPage = page(() => import('./pages/checks/checks'), 'ChecksPage');
const ChangePage = page(() => import('./pages/change/change'), 'ChangePage');
const DriftPage = page(() => import('./pages/drift/drift'), 'DriftPage');
const ServicesPage = page(() => import('./pages/services/services'), 'ServicesPage');
const ScalingPage = page(() => import('./pages/scaling/scaling'), 'ScalingPage');
const MetricsPage = page(() => import('./pages/metrics/metrics'), 'MetricsPage');
const LogsPage = page(() => import('./pages/logs/logs'), 'LogsPage');
const FactsPage = page(() => import('./pages/facts/facts'), 'FactsPage');
const PoliciesPage = page(() => import('./pages/policies/policies'), 'PoliciesPage');
const PlansPage = page(() => import('./pages/plans/list'), 'PlansPage');
const PlanPage = page(() => import('./pages/plans/detail'), 'PlanPage');
const SavingsPage = page(() => import('./pages/savings/savings'), 'SavingsPage');
const CalendarPage = page(() => import('./pages/calendar/calendar'), 'CalendarPage');
const AccountsPage = page(() => import('./pages/accounts/accounts'), 'AccountsPage');
const SqlPage = page(() => import('./pages/sql/sql'), 'SqlPage');
const SettingsPage = page(() => import('./pages/settings/settings'), 'SettingsPage');

export function App() {
  useSystemTheme();
  const session = useSession();
  if (session.isPending) return <Loading />;
  if (!session.data) return <ErrorBox error={session.error} retry={() => void session.refetch()} />;
  // The address stays while the login shows, so that after it the same page is there again.
  if (!session.data.authenticated) return <LoginPage session={session.data} />;
  return (
    <Shell session={session.data}>
      <PageBoundary>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route path="/" element={<OverviewPage />} />
            <Route path="/incidents" element={<IncidentsPage />} />
            <Route path="/incidents/:id" element={<IncidentPage />} />
            <Route path="/checks" element={<ChecksPage />} />
            <Route path="/check" element={<ChangePage />} />
            <Route path="/drift" element={<DriftPage />} />
            <Route path="/resources" element={<ResourcesPage />} />
            <Route path="/resource" element={<ResourcePage />} />
            <Route path="/graph" element={<GraphPage />} />
            <Route path="/services" element={<ServicesPage />} />
            <Route path="/scaling" element={<ScalingPage />} />
            <Route path="/explore" element={<MetricsPage />} />
            <Route path="/logs" element={<LogsPage />} />
            <Route path="/facts" element={<FactsPage />} />
            <Route path="/policies" element={<PoliciesPage />} />
            <Route path="/plans" element={<PlansPage />} />
            <Route path="/savings" element={<SavingsPage />} />
            <Route path="/plans/:id" element={<PlanPage />} />
            <Route path="/calendar" element={<CalendarPage />} />
            <Route path="/accounts" element={<AccountsPage />} />
            <Route path="/sql" element={<SqlPage />} />
            <Route path="/settings" element={<SettingsPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Routes>
        </Suspense>
      </PageBoundary>
    </Shell>
  );
}
