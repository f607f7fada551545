// The catalogue is complete, every language fits it, and no component carries a text of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { format, parameterNames } from '../i18n/format';
import en from './en.json';

const SOURCE = join(__dirname, '..');
const english = en as Record<string, string>;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\./.test(entry.name) ? [path] : [];
  });
}

interface Use {
  /** Every string of the source: keys are passed on as data, too. */
  strings: Set<string>;
  /** Keys that t() is called with. */
  called: Set<string>;
  /** Beginnings of keys that are put together at run time: `state.${state}`. */
  prefixes: Set<string>;
  hardCoded: string[];
}

const SPOKEN_ATTRIBUTES = new Set([
  'title',
  'placeholder',
  'aria-label',
  'label',
  'alt',
  'confirm',
  'aria-description',
]);
/** Symbols and names that are the same in every language. */
const hasWords = (text: string) => /\p{L}{2,}/u.test(text);

function readSource(): Use {
  const use: Use = { strings: new Set(), called: new Set(), prefixes: new Set(), hardCoded: [] };
  for (const path of filesUnder(SOURCE)) {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    const found = (node: ts.Node, text: string) => {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      use.hardCoded.push(`${path.slice(SOURCE.length + 1)}:${line + 1}: ${text.trim()}`);
    };
    const visit = (node: ts.Node) => {
      if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) use.strings.add(node.text);
      if (ts.isCallExpression(node) && node.expression.getText() === 't' && node.arguments[0]) {
        const [key] = node.arguments;
        if (ts.isStringLiteral(key)) use.called.add(key.text);
      }
      if (ts.isTemplateExpression(node) && /^[a-z_.]+\.$/.test(node.head.text))
        use.prefixes.add(node.head.text);
      if (ts.isJsxText(node) && hasWords(node.text)) found(node, node.text);
      if (ts.isJsxAttribute(node) && SPOKEN_ATTRIBUTES.has(node.name.getText()) && node.initializer) {
        if (
          ts.isStringLiteral(node.initializer) &&
          hasWords(node.initializer.text) &&
          !(node.initializer.text in english)
        )
          found(node, node.initializer.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return use;
}

describe('the catalogue of messages', () => {
  const use = readSource();
  const isUsed = (key: string) =>
    use.strings.has(key) || [...use.prefixes].some((prefix) => key.startsWith(prefix));

  it('has no text in a component', () => {
    expect(use.hardCoded).toEqual([]);
  });

  it('has every key that t() is called with', () => {
    expect(use.called.size).toBeGreaterThan(200);
    expect([...use.called].filter((key) => !(key in english))).toEqual([]);
  });

  it('has no key that nothing uses', () => {
    expect(Object.keys(english).filter((key) => !isUsed(key))).toEqual([]);
  });

  it('formats every message', () => {
    for (const [key, message] of Object.entries(english)) {
      const parameters = Object.fromEntries(parameterNames(message).map((name) => [name, 2]));
      expect(() => format(message, 'en', parameters), key).not.toThrow();
    }
  });

  for (const name of readdirSync(__dirname).filter((file) => file.endsWith('.json') && file !== 'en.json')) {
    it(`${name} has the same keys with the same parameters`, () => {
      const other = JSON.parse(readFileSync(join(__dirname, name), 'utf8')) as Record<string, string>;
      expect(Object.keys(other).sort()).toEqual(Object.keys(english).sort());
      for (const [key, message] of Object.entries(english)) {
        expect(parameterNames(other[key] ?? ''), key).toEqual(parameterNames(message));
      }
    });
  }
});
