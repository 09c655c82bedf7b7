import { APP_NAMES, AppName, synthesize } from './apps';
import { removePermissions, removeRight, Right, rightsOf } from './rights';
import { play, SCENARIOS } from './scenarios';
import { nameOf, TABLE } from './table';
import { CloudAssembly } from '../../src/local/app/cloud-assembly';

/** The workflow tries for an hour to do what it has no right to. */
const PACE = { speed: 1000, patience: 12_000 };

interface App {
  readonly rights: Right[];
  /** What roles have that is in no policy of the template. */
  readonly elsewhere: unknown[];
}

const APPS = Object.fromEntries(APP_NAMES.map((name) => [name, read(name)])) as { [name in AppName]: App };

function read(name: AppName): App {
  const { cdkOut, remove } = synthesize(name);
  try {
    const roles = CloudAssembly.read(cdkOut).resources('AWS::IAM::Role');
    const elsewhere = roles.flatMap((role) => [role.property('ManagedPolicyArns') ?? [], role.property('Policies') ?? []].flat());
    return { rights: rightsOf(cdkOut), elsewhere };
  } finally {
    remove();
  }
}

test.each(APP_NAMES)('the roles of the job %s have the rights of the table, and no other', (name) => {
  const listed = TABLE.filter(({ apps }) => apps.includes(name)).map(nameOf);
  expect([...new Set(APPS[name].rights.map(nameOf))].sort()).toEqual([...listed].sort());
  expect(APPS[name].elsewhere).toEqual([]);
});

/** What a run proves, and what a page says. */
const proven = TABLE.flatMap((row) => row.why instanceof URL ? [] : [{ name: nameOf(row), action: row.action, why: row.why }]);
const documented = TABLE.flatMap((row) => row.why instanceof URL ? [{ action: row.action, page: row.why }] : []);

test.concurrent.each(proven)('is needed: $name', async ({ name, action, why }) => {
  const { seen, calls } = await play(why, PACE, (cdkOut) => {
    const rights = rightsOf(cdkOut).filter((right) => nameOf(right) === name);
    expect(rights.length).toBeGreaterThan(0);
    rights.forEach(() => removeRight(cdkOut, rightsOf(cdkOut).find((right) => nameOf(right) === name)!));
    // Nothing else is taken away.
    expect(rightsOf(cdkOut).map(nameOf).sort()).toEqual(
      APPS[SCENARIOS[why].app].rights.map(nameOf).filter((other) => other !== name).sort());
  });
  expect(calls.filter(({ allowed }) => !allowed).map((call) => call.action)).toContain(action);
  expect(seen).not.toEqual(SCENARIOS[why].expected);
});

test('is needed: the permission of the rule to invoke the handler that closes runs', async () => {
  const { seen } = await play('a run that is stopped', PACE, removePermissions);
  expect(seen).not.toEqual(SCENARIOS['a run that is stopped'].expected);
});

test('whatever no run can prove names the page on which AWS asks for it', () => {
  expect(documented.filter(({ page }) => page.host !== 'docs.aws.amazon.com')).toEqual([]);
  // What the handlers and the workflow do themselves is proven.
  expect(documented.map(({ action }) => action).filter((action) => /^(ssm|lambda|sns):/.test(action))).toEqual([]);
});
