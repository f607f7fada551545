// Keeps the frame when a page cannot be shown, as its script cannot be loaded: nobody may be left with an empty window.
import { Component, type ReactNode } from 'react';
import { useLocation } from 'react-router-dom';

import { useT } from '../i18n';

const AGAIN_MS = 2_000;
const sleep = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

async function isCapstanThere(): Promise<boolean> {
  try {
    return (await fetch('/-/healthy')).ok;
  } catch {
    return false;
  }
}

/** Loads a page's script, again and again while Capstan is away. Fails where it answers and has no such script. */
export async function loadPage<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await isCapstanThere()) throw error;
      await sleep();
    }
  }
}

function Failed() {
  const t = useT();
  return (
    <div className="error" role="alert">
      <div className="grow">{t('shell.page_failed')}</div>
      <button type="button" className="button small" onClick={() => window.location.reload()}>
        {t('state.retry')}
      </button>
    </div>
  );
}

class Boundary extends Component<{ path: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate(before: { path: string }) {
    if (before.path !== this.props.path && this.state.failed) this.setState({ failed: false });
  }

  override render() {
    return this.state.failed ? <Failed /> : this.props.children;
  }
}

export function PageBoundary({ children }: { children: ReactNode }) {
  return <Boundary path={useLocation().pathname}>{children}</Boundary>;
}
