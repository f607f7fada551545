import { describe, expect, it } from 'vitest';

import { hours, money, share } from './money';

describe('figures of savings', () => {
  it('keep the digit that tells 73.2 % from 73.0 %', () => {
    expect(share(123 / 168)).toBe('73.2 %');
    expect(share(0.73)).toBe('73.0 %');
    expect(share(null)).toBe('–');
  });
  it('show small amounts with digits that say something', () => {
    expect(money(0.0116, 'USD')).toMatch(/0\.012/);
    expect(money(1234.5, 'USD')).toMatch(/1,234\.50/);
    expect(money(-0.48, 'USD')).toMatch(/0\.48/);
  });
  it('show hours with one digit', () => {
    expect(hours(45)).toBe('45 h');
    expect(hours(0.25)).toBe('0.3 h');
  });
});
