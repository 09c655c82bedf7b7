/**
 * Writes API.md from the jsii assembly, in the order in which a reader needs it: the construct, its props, what one hands to it, what
 * one gets from it. jsii-docgen renders the members; it sorts types by kind and name, and repeats for each construct what every
 * construct has.
 *
 * Usage: ts-node api-reference.ts OUTPUT
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  AssemblyMetadataSchema, ClassSchema, defaultLinkFormatter, defaultTypeFormatter, Documentation, EnumMemberSchema, EnumSchema, InitializerSchema,
  InterfaceSchema, Language, MarkdownDocument, MarkdownRenderer, MethodSchema, ParameterSchema, PropertySchema, Schema, StructSchema,
} from 'jsii-docgen';

/** What is read of the jsii assembly here: who inherits what from whom. */
export interface Assembly {
  readonly name: string;
  readonly types: { readonly [fqn: string]: AssemblyType };
}

interface AssemblyType {
  readonly base?: string;
  readonly interfaces?: string[];
  readonly initializer?: object;
  readonly properties?: { readonly name: string; readonly optional?: boolean }[];
  readonly methods?: { readonly name: string }[];
}

/** A type with the kind that the contents show. */
type Documented =
  | { readonly kind: 'class'; readonly schema: ClassSchema }
  | { readonly kind: 'struct'; readonly schema: StructSchema }
  | { readonly kind: 'interface'; readonly schema: InterfaceSchema }
  | { readonly kind: 'enum'; readonly schema: EnumSchema };

interface Chapter {
  readonly title: string;
  readonly types: string[];
}

/** What comes first, and what all other types are ordered by. */
const MAIN = 'CotsBatchJob';

const HEAD = `Written from the source by \`npx projen post-compile\`. Left out is what every construct inherits from \`constructs\`, such as \`node\` and
\`toString\`.`;

const own = (assembly: Assembly, types: (string | undefined)[]) => types.filter((fqn): fqn is string => fqn !== undefined && fqn in assembly.types);

/** A type and those of this package that it inherits from. */
function withBases(assembly: Assembly, fqn: string): string[] {
  const { base, interfaces = [] } = assembly.types[fqn];
  return [fqn, ...own(assembly, [base, ...interfaces]).flatMap((parent) => withBases(assembly, parent))];
}

function fqnsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => (key === 'fqn' && typeof inner === 'string' ? [inner] : fqnsIn(inner)));
}

/** The types that the members of a type name, what is required first. */
function named(assembly: Assembly, fqn: string): string[] {
  const types = withBases(assembly, fqn).map((type) => assembly.types[type]);
  const properties = types.flatMap(({ properties: all = [] }) => all);
  const members = [
    ...types.map(({ initializer }) => initializer),
    ...properties.filter(({ optional }) => !optional),
    ...properties.filter(({ optional }) => optional),
    ...types.flatMap(({ methods = [] }) => methods),
  ];
  return own(assembly, members.flatMap(fqnsIn));
}

/** Every type of the package once, each after the one that names it. */
export function chapters(assembly: Assembly): Chapter[] {
  const placed = new Set<string>();
  const place = (fqn: string): string[] => {
    if (placed.has(fqn)) {
      return [];
    }
    placed.add(fqn);
    return [fqn, ...named(assembly, fqn).flatMap(place)];
  };
  const main = `${assembly.name}.${MAIN}`;
  const props = `${main}Props`;
  placed.add(main);
  placed.add(props);
  const handedIn = named(assembly, props).flatMap(place);
  const givenBack = named(assembly, main).flatMap(place);
  const rest = Object.keys(assembly.types).filter((fqn) => !placed.has(fqn)).sort();
  return [
    { title: 'The job', types: [main, props] },
    { title: 'What is handed to it', types: handedIn },
    { title: 'What it is used for, and what it returns', types: givenBack },
    { title: 'What several of them have in common', types: rest },
  ].filter(({ types }) => types.length > 0);
}

/** The members that a type of this package declares: the others are those of every construct. */
function declaredBy(assembly: Assembly, fqn: string): (member: { readonly id: string }) => boolean {
  const names = new Set(withBases(assembly, fqn).flatMap((type) => {
    const { properties = [], methods = [] } = assembly.types[type];
    return [...properties, ...methods].map(({ name }) => name);
  }));
  return ({ id }) => names.has(id.slice(id.lastIndexOf('.') + 1));
}

/** Else by name: a reader need not know what is inherited. */
function requiredFirst(one: PropertySchema, other: PropertySchema): number {
  return Number(one.optional ?? false) - Number(other.optional ?? false) || (one.displayName < other.displayName ? -1 : 1);
}

/** The contents of the page link to each type: no import is shown twice. */
const withoutImport = (usage: string | undefined) => usage?.replace(/^import .*\n\n/, '');

class Reference extends MarkdownRenderer {
  constructor(private readonly assembly: Assembly, private readonly from: AssemblyMetadataSchema) {
    super({ language: Language.TYPESCRIPT, ...from });
  }

  public visitType({ kind, schema }: Documented): MarkdownDocument {
    const declared = declaredBy(this.assembly, schema.id);
    switch (kind) {
      case 'class': return this.visitClass({
        ...schema,
        instanceMethods: schema.instanceMethods.filter(declared),
        staticMethods: schema.staticMethods.filter(declared),
        properties: schema.properties.filter(declared),
      });
      case 'struct': return this.visitStruct(schema);
      case 'interface': return this.visitInterface({
        ...schema, instanceMethods: schema.instanceMethods.filter(declared), properties: schema.properties.filter(declared),
      });
      case 'enum': return this.visitEnum(schema);
    }
  }

  public visitStruct(struct: StructSchema): MarkdownDocument {
    const md = new MarkdownDocument({ id: struct.id, header: { title: struct.displayName } });
    md.docs(struct.docs, Language.TYPESCRIPT);
    const heirs = this.heirsOfOneThatIsNeverHandedOver(struct.id);
    if (heirs.length > 0) {
      md.lines(`Its props stand with those that have them: ${heirs.join(', ')}.`, '');
    } else {
      md.section(this.visitProperties([...struct.properties].sort(requiredFirst)));
    }
    return md;
  }

  private heirsOfOneThatIsNeverHandedOver(fqn: string): string[] {
    if (Object.keys(this.assembly.types).some((type) => named(this.assembly, type).includes(fqn))) {
      return [];
    }
    const heirs = Object.keys(this.assembly.types).filter((type) => type !== fqn && withBases(this.assembly, type).includes(fqn)).sort();
    return heirs.map((heir) => `[${heir.slice(heir.lastIndexOf('.') + 1)}](#${heir})`);
  }

  /** Its type stands below: the line of code would say the same. */
  public visitProperty(property: PropertySchema): MarkdownDocument {
    return super.visitProperty({ ...property, usage: undefined });
  }

  public visitInitializer(initializer: InitializerSchema): MarkdownDocument {
    const md = new MarkdownDocument({ id: initializer.id, header: { title: 'Initializer' } });
    md.code('typescript', initializer.usage ?? '');
    this.parameters(md, initializer.parameters);
    return md;
  }

  public visitInstanceMethod(method: MethodSchema): MarkdownDocument {
    return this.method(method, method.usage);
  }

  public visitStaticFunction(method: MethodSchema): MarkdownDocument {
    return this.method(method, withoutImport(method.usage));
  }

  /** No table of them: their sections are as short. */
  public visitEnumMembers(members: EnumMemberSchema[]): MarkdownDocument {
    const md = new MarkdownDocument();
    members.forEach((member) => md.section(this.visitEnumMember(member)));
    return md;
  }

  private method({ id, displayName, docs, parameters }: MethodSchema, usage: string | undefined): MarkdownDocument {
    const md = new MarkdownDocument({ id, header: { title: displayName, pre: true, strike: docs.deprecated } });
    md.code('typescript', usage ?? '');
    this.parameters(md, parameters);
    md.docs(docs, Language.TYPESCRIPT);
    return md;
  }

  private parameters(md: MarkdownDocument, parameters: ParameterSchema[]): void {
    for (const { displayName, type, optional, docs } of parameters) {
      const text = [docs.summary, docs.remarks].filter((part) => part).join(' ').replace(/\s+/g, ' ');
      const typeText = defaultTypeFormatter(type, this.from, defaultLinkFormatter);
      md.bullet(`\`${displayName}\` (<code>${typeText}</code>${optional ? ', optional' : ''})${text && `: ${text}`}`);
    }
    md.lines('');
  }
}

/** The page. */
export function apiReference(assembly: Assembly, { apiReference: types, metadata }: Schema): string {
  const { constructs = [], classes = [], structs = [], interfaces = [], enums = [] } = types ?? {};
  const documented = new Map<string, Documented>([
    ...[...constructs, ...classes].map((schema): [string, Documented] => [schema.id, { kind: 'class', schema }]),
    ...structs.map((schema): [string, Documented] => [schema.id, { kind: 'struct', schema }]),
    ...interfaces.map((schema): [string, Documented] => [schema.id, { kind: 'interface', schema }]),
    ...enums.map((schema): [string, Documented] => [schema.id, { kind: 'enum', schema }]),
  ]);
  const find = (fqn: string): Documented => {
    const found = documented.get(fqn);
    if (!found) {
      throw new Error(`jsii-docgen must document every type of the assembly, it lacks ${fqn}`);
    }
    return found;
  };
  const all = chapters(assembly);
  const link = ({ schema }: Documented) => `[${schema.displayName}](#${schema.id})`;
  const contents = all.map((chapter) => `- **${chapter.title}**: ${chapter.types.map((fqn) => link(find(fqn))).join(', ')}`);
  const reference = new Reference(assembly, metadata);
  const sections = all.flatMap((chapter) => chapter.types).map((fqn) => reference.visitType(find(fqn)).render(2));
  return `${['# API Reference', HEAD, contents.join('\n'), ...sections].join('\n\n').replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

async function write(output: string): Promise<void> {
  const documentation = await Documentation.forProject(process.cwd());
  try {
    const schema = await documentation.toJson({ language: Language.TYPESCRIPT });
    writeFileSync(output, apiReference(JSON.parse(readFileSync('.jsii', 'utf8')) as Assembly, schema.content));
  } finally {
    await documentation.cleanup();
  }
}

if (require.main === module) {
  write(process.argv[2]).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
