import { Link } from 'react-router-dom';

import { Empty } from '../components/states';
import { useT } from '../i18n';

export function NotFoundPage() {
  const t = useT();
  return (
    <Empty centre>
      <h1>{t('notfound.title')}</h1>
      <Link className="button" to="/">
        {t('nav.overview')}
      </Link>
    </Empty>
  );
}
