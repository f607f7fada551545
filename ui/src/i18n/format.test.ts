import { describe, expect, it } from 'vitest';

import { format, parameterNames } from './format';

describe('format', () => {
  it('puts parameters in their places', () => {
    expect(format('Plan {id} by {who}', 'en', { id: 'plan-7', who: 'alice' })).toBe('Plan plan-7 by alice');
  });

  it('chooses the plural of the language, an exact number first', () => {
    const message = '{count, plural, =0 {none} one {# action} other {# actions}} left';
    expect(format(message, 'en', { count: 0 })).toBe('none left');
    expect(format(message, 'en', { count: 1 })).toBe('1 action left');
    expect(format(message, 'en', { count: 1200 })).toBe('1,200 actions left');
  });

  it('keeps parameters inside of branches', () => {
    expect(
      format('{n, plural, one {{name} has one} other {{name} has #}}', 'en', { n: 3, name: 'web1' }),
    ).toBe('web1 has 3');
  });

  it('selects by word', () => {
    expect(format('{kind, select, a {first} other {rest}}', 'en', { kind: 'b' })).toBe('rest');
  });

  it('names its parameters, nested ones too', () => {
    expect(parameterNames('{b} {n, plural, other {# of {a}}}')).toEqual(['a', 'b', 'n']);
  });

  it('says what is wrong with a broken message', () => {
    expect(() => format('{count, plural, one {# x}}', 'en', { count: 1 })).toThrow('no "other" branch');
    expect(() => format('{count', 'en')).toThrow('expected');
  });
});
