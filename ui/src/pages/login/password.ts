// The rules of a new password, as the page shows them while it is typed. The server holds the last word.
import type { MessageKey } from '../../i18n';

export const PASSWORD_LENGTH = 12;

export interface PasswordRule {
  text: MessageKey;
  kept: boolean;
}

export function passwordRules(password: string, user: string): PasswordRule[] {
  const plain = password.toLowerCase();
  return [
    { text: 'password.length', kept: password.length >= PASSWORD_LENGTH },
    { text: 'password.user', kept: password !== '' && (user === '' || !plain.includes(user.toLowerCase())) },
    { text: 'password.varied', kept: new Set(password).size >= 5 },
  ];
}
