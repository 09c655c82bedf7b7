import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { pageAt, ROOT } from './pages';

/** The props of an interface, each with what its docstring says after `@default`. */
function propsOf(file: string, name: string): Map<string, string> {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = source.statements.filter(ts.isInterfaceDeclaration).find((statement) => statement.name.text === name)!;
  return new Map(found.members.filter(ts.isPropertySignature).map((member) => {
    const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
    return [member.name.getText(), ts.getTextOfJSDocComment(tag?.comment) ?? ''];
  }));
}

const props = new Map([
  ...propsOf('src/cots-batch-job-props.ts', 'CotsBatchJobProps'),
  ...propsOf('src/workflow/workflow-options.ts', 'WorkflowOptions'),
]);
const [, section] = /^## All props$([^]*?)^## /m.exec(pageAt('README.md').text)!;
const rows = [...section.matchAll(/^\| `(\w+)` \| (.+) \| (.+) \|$/gm)].map(([, name, purpose, value]) => ({ name, purpose, value }));

test('the table of the README has every prop, each once', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual([...props.keys()].sort());
});

test('it knows all that a job is made of', () => {
  expect(propsOf('src/cots-batch-job-props.ts', 'CotsBatchJobProps').size).toBeGreaterThan(30);
  expect(readFileSync(join(ROOT, 'src/cots-batch-job-props.ts'), 'utf8')).toContain('export interface CotsBatchJobProps extends WorkflowOptions {');
});

test('defaults that the code names are in the table as the code has them', () => {
  const named = [...props].filter(([, value]) => /^[\w.()]+$/.test(value));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(([name, value]) => !rows.some((row) => row.name === name && row.value === `\`${value}\``))).toEqual([]);
});

test('props without a default are required, and no others', () => {
  const required = [...props].filter(([, value]) => value === '').map(([name]) => name);
  expect(rows.filter(({ value }) => value === 'required').map(({ name }) => name)).toEqual(required);
});

test('every group of props has a page', () => {
  expect([...section.matchAll(/^\| \*\*\[[^\]]+\]\(docs\/[\w/-]+\.md\)\*\* \| \| \|$/gm)]).toHaveLength(section.match(/^\| \*\*/gm)!.length);
});
