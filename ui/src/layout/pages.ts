// The pages that the navigation and the keyboard know. To add one: a line here, a route in app.tsx, texts in messages.
import type { MessageKey } from '../i18n';

export interface PageLink {
  path: string;
  title: MessageKey;
  /** Pressed after "g". */
  key: string;
  /** The path of a 16×16 icon drawn with lines. */
  icon: string;
}

export interface PageGroup {
  /** None for what stands by itself. */
  title: MessageKey | null;
  pages: PageLink[];
}

const HAPPENING: PageLink[] = [
  { path: '/', title: 'nav.overview', key: 'o', icon: 'M2 9l6-6 6 6M4 8v6h8V8' },
  { path: '/incidents', title: 'nav.incidents', key: 'i', icon: 'M8 2l7 12H1zM8 6.5v3.5M8 12v.5' },
];

const CONFIGURATION: PageLink[] = [
  {
    path: '/checks',
    title: 'nav.checks',
    key: 'c',
    icon: 'M2 2.5h12v11H2zM4.5 6l1 1 2-2M4.5 10.5l1 1 2-2M9.5 6.5h3M9.5 11h3',
  },
  {
    path: '/check',
    title: 'nav.change',
    key: 'h',
    icon: 'M9 1.5H3v13h10V5.5zM9 1.5v4h4M5.5 9.5l1.7 1.8 3.3-3.6',
  },
  {
    path: '/drift',
    title: 'nav.drift',
    key: 'd',
    icon: 'M2 4h5M2 8h4M2 12h5M9.5 4H14M10.5 8H14M9.5 12H14M8 1.5l-1 4 2 2-2 3 1 4',
  },
];

const SYSTEM: PageLink[] = [
  { path: '/resources', title: 'nav.resources', key: 'r', icon: 'M2 3h12v4H2zM2 9h12v4H2zM4.5 5h1M4.5 11h1' },
  {
    path: '/graph',
    title: 'nav.graph',
    key: 'a',
    icon: 'M4 4m-2 0a2 2 0 104 0 2 2 0 10-4 0M10 12a2 2 0 104 0 2 2 0 10-4 0M10 4a2 2 0 104 0 2 2 0 10-4 0M6 4h4M5.3 5.5l5.2 5.2',
  },
  {
    path: '/services',
    title: 'nav.services',
    key: 'v',
    icon: 'M1.5 8a2 2 0 104 0 2 2 0 10-4 0M10.5 3.5a2 2 0 104 0 2 2 0 10-4 0M10.5 12.5a2 2 0 104 0 2 2 0 10-4 0M5.4 7.2l4.2-2M8.6 4.6l1.2.5-.5 1.2M5.4 8.8l4.2 2M9.3 9.7l.5 1.2-1.2.5',
  },
  {
    path: '/scaling',
    title: 'nav.scaling',
    key: 'u',
    icon: 'M2 14V9h3v5M6.5 14V6h3v8M11 14V2.5h3V14',
  },
];

const RECORDS: PageLink[] = [
  { path: '/explore', title: 'nav.metrics', key: 'm', icon: 'M2 2v12h12M4.5 10l3-4 2.5 2.5L14 4' },
  { path: '/logs', title: 'nav.logs', key: 'l', icon: 'M2 3h12M2 6.3h9M2 9.6h12M2 13h6' },
  { path: '/facts', title: 'nav.facts', key: 'f', icon: 'M3 2h10v12H3zM5.5 5h5M5.5 8h5M5.5 11h3' },
  {
    path: '/sql',
    title: 'nav.sql',
    key: 'q',
    icon: 'M2 4c0-1.3 2.7-2 6-2s6 .7 6 2-2.7 2-6 2-6-.7-6-2zM2 4v8c0 1.3 2.7 2 6 2s6-.7 6-2V4M2 8c0 1.3 2.7 2 6 2s6-.7 6-2',
  },
];

const ACTING: PageLink[] = [
  {
    path: '/policies',
    title: 'nav.policies',
    key: 'p',
    icon: 'M8 1.5l5.5 2v4c0 3.5-2.4 5.8-5.5 7-3.1-1.2-5.5-3.5-5.5-7v-4zM5.5 8l2 2 3.2-3.6',
  },
  {
    path: '/plans',
    title: 'nav.plans',
    key: 'n',
    icon: 'M2 4l1.5 1.5L6 3M2 11l1.5 1.5L6 10M8.5 4.5H14M8.5 11.5H14',
  },
  {
    path: '/savings',
    title: 'nav.savings',
    key: 'y',
    icon: 'M8 1.5v13M11.5 4.5C11 3.3 9.8 2.8 8 2.8c-2 0-3.4.9-3.4 2.5 0 3.6 7 1.7 7 5.4 0 1.6-1.5 2.5-3.6 2.5-1.9 0-3.2-.6-3.7-2',
  },
  {
    path: '/calendar',
    title: 'nav.calendar',
    key: 'k',
    icon: 'M2 3.5h12v10.5H2zM2 6.5h12M5 2v3M11 2v3M4.5 9h4M7.5 11.5h4',
  },
  {
    path: '/accounts',
    title: 'nav.accounts',
    key: 't',
    icon: 'M6 7.5a2.5 2.5 0 100-5 2.5 2.5 0 100 5M1.5 14c0-2.7 2-4.5 4.5-4.5s4.5 1.8 4.5 4.5M11 3.2a2.3 2.3 0 010 4.1M12 9.8c1.6.5 2.5 2 2.5 4.2',
  },
];

const CAPSTAN: PageLink[] = [
  {
    path: '/settings',
    title: 'nav.settings',
    key: 's',
    icon: 'M2 4h7M13 4h1M2 12h1M7 12h7M9 4a2 2 0 104 0 2 2 0 10-4 0M3 12a2 2 0 104 0 2 2 0 10-4 0M2 8h12',
  },
];

export const PAGE_GROUPS: PageGroup[] = [
  { title: null, pages: HAPPENING },
  { title: 'nav.group.configuration', pages: CONFIGURATION },
  { title: 'nav.group.system', pages: SYSTEM },
  { title: 'nav.group.records', pages: RECORDS },
  { title: 'nav.group.acting', pages: ACTING },
  { title: null, pages: CAPSTAN },
];

export const PAGES: PageLink[] = PAGE_GROUPS.flatMap(({ pages }) => pages);
