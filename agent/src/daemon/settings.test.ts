import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { MASK } from "../protocol/lines.ts";
import type { SettingPlace } from "../protocol/settings.ts";
import { setSecret } from "./secrets/settings.ts";
import { finished, World } from "./testing/world.ts";

/** Tells what it is given, and what it is told where there is nothing. */
const ASKING = `from tidegate import SecretError, VariableError, connection, flow, secret, variable

def asked(get):
    try:
        return get()
    except (SecretError, VariableError) as problem:
        return str(problem)

@flow
def flow():
    return {
        "secrets": {name: asked(lambda: list(secret(name))) for name in ("A", "B", "C", "D", "E")},
        "shown": asked(lambda: secret("A")),
        "variables": {name: asked(lambda: variable(name)) for name in ("RATE", "OWN", "NONE")},
        "url": asked(lambda: list(connection("DB").url)),
    }
`;
const place = (kind: SettingPlace["kind"], name: string, pool: string | null = null): SettingPlace => ({ kind, name, pool });

test("a flow gets what its workspace keeps: the agent's own before its pool's before the workspace's, fetched once for each change", async () => {
	await using world = await World.make();
	const { plane } = world;
	const { key, settings } = plane;
	await settings.set(key, place("secret", "A", "default"), "of the pool itself");
	await settings.set(key, place("secret", "A"), "of the workspace");
	await settings.set(key, place("secret", "B"), "of the workspace");
	await settings.set(key, place("secret", "C", "other"), "of another pool");
	await settings.set(key, place("variable", "RATE"), [0.5, null]);
	await settings.set(key, place("variable", "OWN"), "of the workspace");
	await settings.set(key, place("connection", "DB"), "postgresql://etl:{B}@db/sales");
	setSecret(world.home, "B", { value: "of the agent" });
	writeFileSync(join(world.home, "variables.json"), '{"format":1,"variables":{"OWN":{"of":"the agent"}}}');
	world.agent(4);
	const version = await plane.deploy({ "flow.py": ASKING });
	const run = await plane.trigger(version);
	await finished(run);
	const given = (await plane.result(run)) as Record<string, Record<string, unknown>>;
	expect(given.secrets).toMatchObject({ A: [..."of the pool itself"], B: [..."of the agent"], C: expect.stringContaining("no secret 'C'") });
	expect(given.shown).toBe(MASK);
	expect(given.variables).toEqual({ RATE: [0.5, null], OWN: { of: "the agent" }, NONE: expect.stringContaining("tidegate variable set NONE") });
	expect(given.url).toEqual([..."postgresql://etl:of%20the%20agent@db/sales"]);
	await finished(await plane.trigger(version));
	expect(settings.asked).toBe(1);
	await settings.set(key, place("variable", "RATE"), 1);
	const after = await plane.trigger(version);
	await finished(after);
	expect(settings.asked).toBe(2);
	expect(await plane.result(after)).toMatchObject({ variables: { RATE: 1 } });
	// Several that begin right after a change share what one of them fetches.
	await settings.set(key, place("variable", "RATE"), 2);
	const several = await Promise.all(Array.from({ length: 4 }, () => plane.trigger(version)));
	for (const each of several) await finished(each);
	expect(settings.asked).toBe(3);
	for (const each of several) expect(await plane.result(each)).toMatchObject({ variables: { RATE: 2 } });
});

test("a secret that the control plane gives out under another name, kind or pool, altered or from elsewhere, is refused by name, and the others are not", async () => {
	await using world = await World.make();
	const { plane } = world;
	const { key, settings } = plane;
	for (const name of ["A", "B", "C", "D"]) await settings.set(key, place("secret", name), `value of ${name}`);
	await settings.set(key, place("secret", "E", "other"), "value of E");
	await settings.set(key, place("variable", "RATE"), "value of RATE");
	const [a, b, c, d, e, rate] = settings.rows as [Kept, Kept, Kept, Kept, Kept, Kept];
	[a.sealed, b.sealed] = [b.sealed, a.sealed];
	c.sealed = c.sealed.map((byte, at) => (at === c.sealed.length - 1 ? byte ^ 1 : byte));
	// It gives out another pool's as if it were the whole workspace's, and a secret as a variable.
	e.place = { ...e.place, pool: null };
	rate.sealed = d.sealed;
	world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": ASKING }));
	await finished(run);
	const given = (await plane.result(run)) as { secrets: Record<string, unknown>; variables: Record<string, unknown> };
	for (const name of ["A", "B", "C", "E"])
		expect(given.secrets[name], name).toMatch(
			new RegExp(`'${name}' could not be had: the control plane gave out what is not what was set here: this setting was altered`),
		);
	expect(given.variables.RATE).toMatch(/'RATE' could not be had: .* was altered, or belongs to another place/);
	expect(given.secrets.D).toEqual([..."value of D"]);
});
type Kept = { place: SettingPlace; sealed: Uint8Array };

test("an agent of a workspace that keeps nothing asks for nothing", async () => {
	await using world = await World.make();
	world.agent();
	const run = await world.plane.trigger(await world.plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow(): return 1\n" }));
	await finished(run);
	expect(await world.plane.result(run)).toBe(1);
	expect(world.plane.settings.asked).toBe(0);
});

test("a variable of the agent's environment whose number would be another one is told to who asks for it, and no other is kept from it", async () => {
	vi.stubEnv("TIDEGATE_VARIABLE_NONE", "1152921504606846977");
	vi.stubEnv("TIDEGATE_VARIABLE_OWN", "7");
	onTestFinished(() => void vi.unstubAllEnvs());
	await using world = await World.make();
	world.agent(1);
	const run = await world.plane.trigger(await world.plane.deploy({ "flow.py": ASKING }));
	await finished(run);
	const { variables } = (await world.plane.result(run)) as Record<string, Record<string, unknown>>;
	expect(variables).toMatchObject({ NONE: expect.stringContaining("1152921504606846977 is larger than JSON numbers here hold"), OWN: 7 });
});
