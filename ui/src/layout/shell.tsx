// The frame around every page: header, navigation, banners, keys.
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, NavLink, useLocation } from 'react-router-dom';

import { useEvents } from '../api/events';
import { useOverview } from '../api/queries';
import type { Overview, Session } from '../api/types';
import { Time } from '../components/time';
import { useT } from '../i18n';
import { KeysDialog, useKeys } from './keys';
import { PAGE_GROUPS } from './pages';
import { PauseSwitch } from './pause';
import { Preferences } from './preferences';
import './shell.css';

export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const t = useT();
  const connection = useEvents();
  const overview = useOverview();
  const location = useLocation();
  const [menu, setMenu] = useState(false);
  const [keys, setKeys] = useKeys();
  const main = useRef<HTMLElement>(null);

  useEffect(() => setMenu(false), [location.pathname]);

  return (
    <div className="shell">
      <a
        className="button primary skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t('shell.skip')}
      </a>
      <header className="header">
        <button
          type="button"
          className="button quiet small menu-button"
          aria-expanded={menu}
          aria-controls="nav"
          aria-label={t('shell.menu')}
          onClick={() => setMenu(!menu)}
        >
          ☰
        </button>
        <Link className="brand" to="/">
          <img src="/favicon.svg" alt="" />
          {t('shell.name')}
        </Link>
        {overview.data && <span className="header-host clip">{overview.data.host.name}</span>}
        <div className="menu">
          <span className={`live live-${connection}`} role="status">
            <span className="live-text">{t(`connection.${connection}`)}</span>
          </span>
          <PauseSwitch paused={overview.data?.paused ?? null} />
          <span className="wide row">
            <Preferences session={session} onKeys={() => setKeys(true)} />
          </span>
        </div>
      </header>
      {connection === 'lost' && (
        <div className="banner lost" role="alert">
          {t('connection.lost.banner')}
          <LastAnswer at={overview.dataUpdatedAt} />
        </div>
      )}
      {overview.data?.paused && <PausedBanner paused={overview.data.paused} />}
      <Navigation open={menu} counts={overview.data?.counts}>
        <div className="narrow row" style={{ padding: '0.6rem' }}>
          <Preferences session={session} onKeys={() => setKeys(true)} />
        </div>
      </Navigation>
      <main className="main" id="main" tabIndex={-1} ref={main}>
        <div className="page stack">{children}</div>
      </main>
      {keys && <KeysDialog onClose={() => setKeys(false)} />}
    </div>
  );
}

function Navigation(props: { open: boolean; counts: Overview['counts'] | undefined; children: ReactNode }) {
  const t = useT();
  const counts: Record<string, number | undefined> = {
    '/incidents': props.counts?.incidents_open,
    '/plans': (props.counts?.plans_waiting ?? 0) + (props.counts?.actions_unknown ?? 0),
  };
  return (
    <nav className={props.open ? 'nav open' : 'nav'} id="nav" aria-label={t('shell.pages')}>
      {PAGE_GROUPS.map(({ title, pages }, at) => (
        <div key={at} className="nav-group">
          {title && <div className="nav-title">{t(title)}</div>}
          <ul className="plain" aria-label={title ? t(title) : undefined}>
            {pages.map((page) => (
              <li key={page.path}>
                <NavLink to={page.path} end={page.path === '/'}>
                  <svg viewBox="0 0 16 16" aria-hidden="true">
                    <path d={page.icon} />
                  </svg>
                  {t(page.title)}
                  {Boolean(counts[page.path]) && <span className="count">{counts[page.path]}</span>}
                </NavLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {props.children}
    </nav>
  );
}

function PausedBanner({ paused }: { paused: NonNullable<Overview['paused']> }) {
  const t = useT();
  return (
    <div className="banner" role="status">
      <span>
        {t('paused.banner', { by: paused.by, reason: paused.reason })} <Time at={paused.at} />
      </span>
    </div>
  );
}

function LastAnswer({ at }: { at: number }) {
  const t = useT();
  if (at === 0) return null;
  return (
    <span>
      {t('connection.lost.since')} <Time at={new Date(at).toISOString()} />
    </span>
  );
}
