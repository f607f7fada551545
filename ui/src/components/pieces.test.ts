// Small decisions of components and pages that need no browser.
import { describe, expect, it } from 'vitest';

import type { Plan, Verb } from '../api/types';
import { levelOf } from '../pages/logs/level';
import { pace } from '../pages/overview/machine';
import { passwordRules } from '../pages/login/password';
import { toCsv } from '../pages/sql/csv';
import { dangerOf } from './danger';
import { shortNames } from './short_names';
import { factText, subjectPath } from './facts';

describe('factText', () => {
  it('prefers the sentence of a fact over its members', () => {
    expect(factText({ seq: 1, says: 'gone after 0.2 s', state: 'succeeded' })).toBe(
      'gone after 0.2 s · succeeded',
    );
    expect(factText({ pid: 1, user: 'eve' })).toBe('pid: 1, user: "eve"');
    expect(factText({ plan: { id: 'plan-7', title: 'Stop it' } })).toBe('Stop it');
    expect(factText({ changed: { nice: [0, 19], user: [null, 'eve'] } })).toBe(
      'nice: 0 → 19, user: null → eve',
    );
    expect(factText(null)).toBe('');
  });

  it('links subjects to where they are shown', () => {
    expect(subjectPath('incident.opened', 'inc-3')).toBe('/incidents/inc-3');
    expect(subjectPath('resource.gone', 'host_process/1')).toBe('/resource?id=host_process%2F1');
    expect(subjectPath('message.sent', 'slack:#ops')).toBeNull();
  });
});

describe('levelOf', () => {
  const level = (text: string, label?: string) =>
    levelOf({ at: '', text, labels: label ? { level: label } : {} });
  it('believes the label before the words', () => {
    expect(level('all is well', 'err')).toBe('error');
    expect(level('0 errors, error rate 0', 'info')).toBe('');
    expect(level('WARNING: disk')).toBe('warning');
    expect(level('terror')).toBe('');
  });
});

describe('pace', () => {
  it('asks for about 180 points and never more often than every 5 s', () => {
    expect(pace('5m')).toEqual({ step: 5, window: '60s', refreshMs: 5_000 });
    expect(pace('24h')).toEqual({ step: 480, window: '960s', refreshMs: 60_000 });
  });
});

describe('passwordRules', () => {
  it('are kept only by a long, varied password without the user name', () => {
    const kept = (password: string, user: string) => passwordRules(password, user).map((rule) => rule.kept);
    expect(kept('', 'alice')).toEqual([false, false, false]);
    expect(kept('xxALICExx-123', 'alice')).toEqual([true, false, true]);
    expect(kept('correct horse battery', 'alice')).toEqual([true, true, true]);
  });
});

describe('toCsv', () => {
  it('quotes what would break a row', () => {
    expect(toCsv(['a', 'b'], [['x,y', 'say "hi"']])).toBe('a,b\r\n"x,y","say ""hi"""\r\n');
  });

  it('lets no text be a formula', () => {
    const row = ['=HYPERLINK("x")', '+1+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '-', 'a=b'];
    expect(toCsv(['=x'], [row])).toBe(
      `'=x\r\n"'=HYPERLINK(""x"")",'+1+1,'-2+3,'@SUM(A1),'\t=1,"'\r=1",'-,a=b\r\n`,
    );
    expect(toCsv([], [['-2', '-0.5', '1e-7', '-1.5e+300']])).toBe('\r\n-2,-0.5,1e-7,-1.5e+300\r\n');
  });
});

describe('the danger of a plan', () => {
  it('is that of its worst action, and an unknown verb is destructive', () => {
    const verbs = [
      { name: 'a', danger: 'safe' },
      { name: 'b', danger: 'disruptive' },
    ] as Verb[];
    const plan = (...names: string[]) => ({ actions: names.map((verb) => ({ verb })) }) as Plan;
    expect(dangerOf(plan('a'), verbs)).toBe('safe');
    expect(dangerOf(plan('a', 'b'), verbs)).toBe('disruptive');
    expect(dangerOf(plan('a', 'who knows'), verbs)).toBe('destructive');
    expect(dangerOf(plan('a'), undefined)).toBe('destructive');
  });
});

describe('shortNames', () => {
  const process = (comm: string, pid: string) => ({
    comm,
    pid,
    process: `host_process/7a1a-${pid}`,
    job: 'host',
  });
  it('says the name people know and the shortest label that differs', () => {
    expect(shortNames([process('cc1plus', '41'), process('cc1plus', '42')])).toEqual([
      'cc1plus 41',
      'cc1plus 42',
    ]);
    expect(shortNames([{ mode: 'user' }, { mode: 'system' }])).toEqual(['user', 'system']);
  });
  it('says all labels of a series that stands alone', () => {
    expect(shortNames([{ __name__: 'up', job: 'host' }])).toEqual(['up{job="host"}']);
  });
});
