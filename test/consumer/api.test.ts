import { filesOfTar } from '../packed/archive';
import { packed } from '../packed/packed';

/** The parts of a jsii assembly that are looked at here. @see https://github.com/aws/jsii/blob/main/packages/@jsii/spec/src/assembly.ts */
interface Docs {
  readonly docs?: { readonly summary?: string; readonly default?: string; readonly stability?: string; readonly deprecated?: string };
}
interface TypeRef {
  readonly primitive?: string;
  readonly fqn?: string;
  readonly collection?: { readonly elementtype: TypeRef };
  readonly union?: unknown;
}
interface Value extends Docs {
  readonly name: string;
  readonly type: TypeRef;
  readonly optional?: boolean;
}
interface Callable extends Docs {
  readonly name?: string;
  readonly parameters?: Value[];
  readonly returns?: { readonly type: TypeRef };
}
interface Type extends Docs {
  readonly name: string;
  readonly kind: string;
  readonly datatype?: boolean;
  readonly initializer?: Callable;
  readonly properties?: Value[];
  readonly methods?: Callable[];
  readonly members?: (Docs & { readonly name: string })[];
}

/** Keywords that a name keeps its spelling in: jsii writes names of Go and C# in capitals, and constants everywhere. */
const JAVA = `abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally
  float for goto if implements import instanceof int interface long native new null package private protected public return short
  static strictfp super switch synchronized this throw throws transient true false try void volatile while`.split(/\s+/);
const PYTHON = `and as assert async await break class continue def del elif else except finally for from global if import in is lambda
  nonlocal not or pass raise return try while with yield None True False self`.split(/\s+/);
const GO_AND_CSHARP = `chan defer fallthrough func go interface map package range select struct type var base bool checked decimal delegate
  event explicit extern fixed foreach implicit internal is lock namespace object operator out override params readonly ref sbyte
  sealed sizeof stackalloc string uint ulong unchecked unsafe ushort using virtual`.split(/\s+/);
const KEYWORDS = new Set([...JAVA, ...PYTHON]);

let types: Type[];

beforeAll(() => {
  types = Object.values(JSON.parse(filesOfTar(packed('js', '.tgz')).get('package/.jsii')!.toString()).types);
}, 60_000);

const each = <T>(part: (type: Type) => [string, T][]) => types.flatMap((type) => part(type).map(([name, value]) => [`${type.name}${name}`, value] as const));
const properties = () => each(({ properties: all = [] }) => all.map((property) => [`.${property.name}`, property]));
const callables = () => each(({ methods = [], initializer }) => [
  ...methods.map((method): [string, Callable] => [`.${method.name}`, method]),
  ...initializer ? [[' (constructor)', initializer] as [string, Callable]] : [],
]);
const parameters = () => callables().flatMap(([name, { parameters: all = [] }]) => all.map((parameter) => [`${name}: ${parameter.name}`, parameter] as const));
const members = () => each(({ members: all = [] }) => all.map((member) => [`.${member.name}`, member]));
const documented = () => [...each((type) => [['', type as Docs]]), ...properties(), ...callables(), ...members()];

function names(found: (readonly [string, unknown])[]): string[] {
  return found.map(([name]) => name);
}

test('every type and every member is documented', () => {
  expect(documented().length).toBeGreaterThan(100);
  // The constructors of constructs are documented by their classes.
  const without = documented().filter(([, { docs }]) => !docs?.summary);
  expect(names(without)).toEqual(['BatchJobDashboard (constructor)', 'BatchJobHandlers (constructor)', 'CotsBatchJob (constructor)']);
});

test('every optional prop says what happens without it', () => {
  const optional = each(({ datatype, properties: all = [] }) => datatype ? all.filter((prop) => prop.optional).map((prop) => [`.${prop.name}`, prop]) : []);
  expect(optional.length).toBeGreaterThan(30);
  expect(names(optional.filter(([, { docs }]) => !docs?.default))).toEqual([]);
});

test('nothing has a type that other languages know only as an object', () => {
  const vague = (type: TypeRef): boolean => type.union !== undefined || type.primitive === 'any' || type.primitive === 'json'
    || type.collection !== undefined && vague(type.collection.elementtype);
  const values = [...properties(), ...parameters()].map(([name, { type }]) => [name, type] as const);
  const results = callables().flatMap(([name, { returns }]) => returns ? [[name, returns.type] as const] : []);
  expect(names([...values, ...results].filter(([, type]) => vague(type)))).toEqual([]);
});

test('nothing internal is public, and all is stable', () => {
  expect(names(documented()).filter((name) => /(^|\.)_/.test(name))).toEqual([]);
  const unstable = documented().filter(([, { docs }]) => docs?.deprecated !== undefined || (docs?.stability ?? 'stable') !== 'stable');
  expect(names(unstable)).toEqual([]);
});

test('no name is a keyword, which a language would have to change', () => {
  const lastPart = (name: string) => name.split(/[.: ]+/).pop()!;
  expect(names([...callables(), ...parameters()]).filter((name) => KEYWORDS.has(lastPart(name)))).toEqual([]);
  expect(names(parameters()).filter((name) => GO_AND_CSHARP.includes(lastPart(name)))).toEqual([]);
  // In Java it is called defaultValue, as the `default` of CDK's own CfnParameter is.
  expect(new Set(names(properties()).map(lastPart).filter((name) => KEYWORDS.has(name)))).toEqual(new Set(['default']));
});

test('no two names of a type are one in another language', () => {
  const spelled = (name: string) => name.replace(/[-_]/g, '').toLowerCase();
  const accessors = (name: string) => [spelled(name), spelled(`get${name}`)];
  const clashes = types.flatMap(({ name, properties: all = [], methods = [] }) => {
    const taken = [...all.flatMap((property) => accessors(property.name)), ...methods.map((method) => spelled(method.name!))];
    return taken.filter((one, index) => taken.indexOf(one) !== index).map((one) => `${name}.${one}`);
  });
  expect(clashes).toEqual([]);
});
