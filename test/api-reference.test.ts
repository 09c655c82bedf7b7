import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Schema } from 'jsii-docgen';
import { apiReference, Assembly, chapters } from '../.projen/api-reference';
import * as api from '../src';

const idsIn = (page: string) => [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
const linksIn = (page: string) => [...page.matchAll(/href="#([^"]+)"|\]\(#([^)]+)\)/g)].map(([, html, markdown]) => html ?? markdown);
const types = (page: string) => [...page.matchAll(/^## (\w+)/gm)].map(([, name]) => name);

describe('API.md', () => {
  const page = readFileSync(join(__dirname, '../API.md'), 'utf8');

  test('it begins with the job and its props, and with what runs', () => {
    expect(types(page).slice(0, 3)).toEqual(['CotsBatchJob', 'CotsBatchJobProps', 'BatchCommand']);
  });

  test('it has everything that the package exports', () => {
    expect(Object.keys(api).filter((name) => !types(page).includes(name))).toEqual([]);
    expect(new Set(types(page)).size).toBe(types(page).length);
  });

  test('every link leads somewhere', () => {
    expect(linksIn(page).length).toBeGreaterThan(200);
    expect(linksIn(page).filter((id) => !idsIn(page).includes(id))).toEqual([]);
  });

  test('what every construct has is not in it', () => {
    expect(page).not.toMatch(/isConstruct|\bnode"|toString<|#+ `with`/);
  });
});

const ref = (name: string) => ({ type: { fqn: `lib.${name}` } });

/** A job that takes an option, and gives a handle; its props have a base that nobody hands over. */
const assembly: Assembly = {
  name: 'lib',
  types: {
    'lib.ABase': { properties: [{ name: 'inherited', optional: true }] },
    'lib.AHandle': { properties: [{ name: 'value' }] },
    'lib.CotsBatchJob': {
      base: 'constructs.Construct',
      initializer: { parameters: [{ name: 'props', ...ref('CotsBatchJobProps') }] },
      methods: [{ name: 'handle', ...{ returns: ref('AHandle') } }],
    },
    'lib.CotsBatchJobProps': {
      interfaces: ['lib.ABase'],
      properties: [{ name: 'a', optional: true, ...ref('Late') }, { name: 'z', ...ref('Soon') }],
    },
    'lib.Late': {},
    'lib.Soon': {},
  },
};

const named = (owner: string, displayName: string) => ({ id: `lib.${owner}.${displayName}`, displayName, fqn: `lib.${owner}.${displayName}` });
const member = (owner: string, name: string, optional = false) => ({
  ...named(owner, name), optional, docs: { summary: `What ${name} is.` }, type: { formattingPattern: 'string' },
});
const type = (name: string) => ({ id: `lib.${name}`, displayName: name, fqn: `lib.${name}`, docs: { summary: `What ${name} is.` } });
const method = (name: string) => ({ ...named('CotsBatchJob', name), docs: {}, usage: `public ${name}(): string`, parameters: [] });
const parameter = (name: string, optional: boolean, summary?: string) => ({ ...member('CotsBatchJob', name, optional), variadic: false, docs: { summary } });

const schema: Schema = {
  version: '0.1',
  language: 'typescript',
  metadata: { packageName: 'lib', packageVersion: '0.0.0' },
  apiReference: {
    constructs: [{
      ...type('CotsBatchJob'),
      interfaces: [],
      initializer: { ...named('CotsBatchJob', 'Initializer'), usage: 'new CotsBatchJob()', parameters: [parameter('props', true, 'what it is made of.')] },
      instanceMethods: [method('toString'), method('handle')],
      staticMethods: [method('isConstruct')],
      properties: [member('CotsBatchJob', 'node')],
      constants: [],
    }],
    classes: [],
    structs: [
      { ...type('ABase'), properties: [member('ABase', 'inherited', true)] },
      { ...type('AHandle'), properties: [member('AHandle', 'value')] },
      { ...type('CotsBatchJobProps'), properties: ['inherited', 'a'].map((name) => member('CotsBatchJobProps', name, true)).concat(member('CotsBatchJobProps', 'z')) },
      { ...type('Late'), properties: [] },
      { ...type('Soon'), properties: [] },
    ],
    interfaces: [],
    enums: [],
  },
};

describe('a reference', () => {
  const page = apiReference(assembly, schema);

  test('goes from the job to its props, to what they take, to what it gives, to what they inherit from', () => {
    expect(chapters(assembly).map(({ types: [...names] }) => names)).toEqual([
      ['lib.CotsBatchJob', 'lib.CotsBatchJobProps'], ['lib.Soon', 'lib.Late'], ['lib.AHandle'], ['lib.ABase'],
    ]);
    expect(types(page)).toEqual(['CotsBatchJob', 'CotsBatchJobProps', 'Soon', 'Late', 'AHandle', 'ABase']);
  });

  test('has the members that the package declares, and none that a construct inherits', () => {
    expect(page).toContain('id="lib.CotsBatchJob.handle"');
    expect(page).not.toMatch(/toString\(|isConstruct|CotsBatchJob\.node/);
  });

  test('has props that are required first, the others by name, inherited or not', () => {
    expect([...page.matchAll(/^#+ `(\w+)`.*CotsBatchJobProps/gm)].map(([, name]) => name)).toEqual(['z', 'a', 'inherited']);
  });

  test('says of a parameter what it is, in a line', () => {
    expect(page).toContain('- `props` (<code>string</code>, optional): what it is made of.\n');
  });

  test('shows the props of a base where they are used, and only there', () => {
    expect(page).not.toContain('id="lib.ABase.inherited"');
    expect(page).toContain('[CotsBatchJobProps](#lib.CotsBatchJobProps).\n');
  });

  test('every link leads somewhere', () => {
    expect(linksIn(page).filter((id) => !idsIn(page).includes(id))).toEqual([]);
  });

  test('is refused where jsii-docgen lacks a type', () => {
    expect(() => apiReference({ ...assembly, types: { ...assembly.types, 'lib.New': {} } }, schema))
      .toThrow('jsii-docgen must document every type of the assembly, it lacks lib.New');
  });
});
