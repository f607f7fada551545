// The title of a page, with what can be done on it; also the title of the browser's tab.
import { useEffect, type ReactNode } from 'react';

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Capstan`;
  }, [title]);
  return (
    <div className="page-head">
      <h1>{title}</h1>
      {children && <div className="row">{children}</div>}
    </div>
  );
}
