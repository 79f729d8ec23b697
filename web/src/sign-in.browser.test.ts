/** Signing in by a real identity provider, in a real browser: what works, and what each failure says to whoever is before it. */
import { decode, encode } from "next-auth/jwt";
import type { Browser, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../../infra/test/browser.ts";
import { type Stack, startStack } from "../../infra/test/stack.ts";
import { NARROW, Visitor } from "./browser/visitor.fixture.ts";
import { CLIENT, Idp, signInAt } from "./server/oidc/idp.fixture.ts";

let stack: Stack;
let browser: Browser;
/** Of the organization, set up on its page; and of the installation, by environment variables. */
let idp: Idp;
let above: Idp;
/** As infra/test/stack.ts gives it to the control plane. */
const SECRET = "5ea1".repeat(16);

beforeAll(async () => {
	[idp, above, browser] = await Promise.all([Idp.start(), Idp.start(), launchBrowser()]);
	const env = {
		TIDEGATE_OIDC_ISSUER: above.issuer,
		TIDEGATE_OIDC_CLIENT_ID: CLIENT.id,
		TIDEGATE_OIDC_CLIENT_SECRET: CLIENT.secret,
		TIDEGATE_OIDC_NAME: "Installation",
		TIDEGATE_OIDC_DOMAINS: "install.test",
		TIDEGATE_OIDC_ORGANIZATION: "Local",
		TIDEGATE_OIDC_ROLE: "viewer",
	};
	stack = await startStack({ agents: 0, env });
	// Its id tokens hold no address: that is asked for beside.
	above.serve([`${stack.url}/api/auth/callback/oidc`], true);
	for (const person of ["ada", "bea", "cyd", "dan", "eve", "fay", "gus"]) {
		idp.people.set(person, { email: `${person}@corp.test`, email_verified: true, name: `${person} of Corp` });
		above.people.set(person, { email: `${person}@install.test`, email_verified: true, name: `${person} of Install` });
	}
});
afterAll(async () => {
	await browser?.close();
	await stack?.stop();
	await Promise.all([idp?.stop(), above?.stop()]);
});

async function toProvider(visitor: Visitor, email: string): Promise<void> {
	await visitor.page.goto(`${stack.url}/sign-in`);
	await visitor.page.getByLabel("E-mail").fill(email);
	await visitor.page.getByRole("button", { name: "Continue" }).click();
}

async function signedIn(subject: string, domain = "corp.test"): Promise<Visitor> {
	const visitor = await Visitor.arrive(browser);
	await toProvider(visitor, `${subject}@${domain}`);
	await signInAt(visitor.page, subject);
	await visitor.page.waitForURL(`${stack.url}/flows`);
	return visitor;
}

/** What the page says went wrong, as its title. */
const trouble = (visitor: Visitor): Promise<string | null> => visitor.page.locator("[role=alert] h1").textContent();

const whoami = (visitor: Visitor): Promise<{ email: string; role: string; organization: { name: string } }> =>
	visitor.page.evaluate(async () => (await (await fetch("/trpc/whoami")).json()).result.data);

test("a cross-site token that another tab voids at the same moment costs a second try, and neither the link nor the provider's way", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page, context } = visitor;
	const tries = { link: 0, provider: 0 };
	// As another tab's first request does, whose cookie takes the place of this one's.
	const voidOnce = (what: keyof typeof tries) => async (route: Route) => {
		tries[what] += 1;
		if (tries[what] === 1) await context.clearCookies({ name: /csrf-token/ });
		await route.continue();
	};
	await page.route("**/api/auth/callback/link", voidOnce("link"));
	await page.route("**/api/auth/signin/oidc", voidOnce("provider"));
	await visitor.signIn(stack);
	expect(tries.link).toBe(2);
	await context.clearCookies();
	await toProvider(visitor, "gus@install.test");
	await signInAt(page, "gus");
	await page.waitForURL(`${stack.url}/flows`);
	expect(tries.provider).toBe(2);
	await visitor.leave();
});

test("an owner sets the provider up: mistakes are told next to their fields, a test shows what was found, the secret is not shown again", async () => {
	const owner = await Visitor.member(browser, stack, "/settings/sign-in");
	const redirect = (await owner.page.locator("pre").first().textContent()) as string;
	expect(redirect).toMatch(new RegExp(`^${stack.url}/api/auth/callback/[0-9a-f-]{36}$`));
	idp.serve([redirect]);
	const field = (label: string) => owner.page.getByLabel(label, { exact: true });
	const wrongAt = async (label: string) => {
		const ids = (await field(label).getAttribute("aria-describedby")) ?? "";
		return owner.page.locator(`[id="${ids.split(" ").at(-1)}"]`).textContent();
	};
	await owner.page.getByRole("button", { name: "Save" }).click();
	for (const label of ["Issuer", "Client id", "Client secret", "E-mail domains", "Name"])
		expect([label, await wrongAt(label)]).toEqual([label, "Is missing"]);
	await field("Issuer").fill("http://id.corp.test");
	await owner.page.getByRole("button", { name: "Test" }).click();
	await owner.page.getByText("must begin with https://").waitFor();
	await field("Issuer").fill(`${idp.issuer}/`);
	await owner.page.getByRole("button", { name: "Test" }).click();
	await owner.page.getByText(`calls itself ${idp.issuer}`).waitFor();
	expect(await wrongAt("Issuer")).toContain("to the last slash");
	await field("Issuer").fill(idp.issuer);
	await owner.page.getByRole("button", { name: "Test" }).click();
	await owner.page.getByText("The issuer answers, and can be used.").waitFor();
	await field("Client id").fill(CLIENT.id);
	await field("Client secret").fill(CLIENT.secret);
	await field("Name").fill("<b>Corp</b>");
	await field("Role of new people").selectOption("operator");
	for (const [domains, told] of [
		["gmail.com", "gives addresses to anybody"],
		["install.test", "signs in by the provider of this whole installation"],
		["not a domain!", "Must be a domain"],
	] as const) {
		await field("E-mail domains").fill(domains);
		await owner.page.getByRole("button", { name: "Save" }).click();
		await owner.page.getByText(told).waitFor();
	}
	await field("E-mail domains").fill("corp.test, CORP.example");
	expect(await owner.unaxed()).toEqual([]);
	await owner.page.getByRole("button", { name: "Save" }).click();
	await owner.page.getByText("Saved.").waitFor();
	await owner.page.reload();
	await field("Issuer").waitFor();
	expect([await field("E-mail domains").inputValue(), await field("Client secret").inputValue()]).toEqual(["corp.example, corp.test", ""]);
	expect(await owner.page.content()).not.toContain(CLIENT.secret);
	await owner.leave();
});

describe("a sign-in by the organization's provider", () => {
	test("makes the account in that organization the first time; signing out ends it; the second time it is the same", async () => {
		const ada = await signedIn("ada");
		expect(await whoami(ada)).toMatchObject({ email: "ada@corp.test", role: "operator", organization: { name: "Local" } });
		await ada.page.getByRole("button", { name: "Sign out" }).click();
		await ada.page.getByText("You are signed out").waitFor();
		await ada.page.goto(`${stack.url}/flows`);
		await ada.page.waitForURL(/\/sign-in\?back=/);
		await toProvider(ada, "ada@corp.test");
		// The provider remembers both the person and the consent.
		await ada.page.waitForURL(`${stack.url}/flows`);
		expect(await whoami(ada)).toMatchObject({ email: "ada@corp.test" });
		await ada.leave();
	});
	test("leads back to where the person was when the session ended", async () => {
		const bea = await signedIn("bea");
		const [cookie] = (await bea.context.cookies()).filter(({ name }) => name.endsWith("session-token"));
		const claims = await decode({ token: cookie?.value, secret: SECRET });
		expect(claims).toMatchObject({ email: "bea@corp.test" });
		const ended = await encode({ token: claims ?? {}, secret: SECRET, maxAge: -60 });
		await bea.context.addCookies([{ ...(cookie as NonNullable<typeof cookie>), value: ended }]);
		await bea.page.goto(`${stack.url}/settings/members`);
		await bea.page.getByText("your session has ended").waitFor();
		await bea.page.getByLabel("E-mail").fill("bea@corp.test");
		await bea.page.getByRole("button", { name: "Continue" }).click();
		await bea.page.waitForURL(`${stack.url}/settings/members`);
		await bea.leave();
	});
	test("that is declined says so", async () => {
		const visitor = await Visitor.arrive(browser, { viewport: NARROW });
		await toProvider(visitor, "cyd@corp.test");
		await visitor.page.getByRole("link", { name: /cancel/i }).click();
		await visitor.page.waitForURL(/\/sign-in\?error=oidc_denied/);
		expect(await trouble(visitor)).toBe("The sign-in was declined");
		expect([await visitor.unaxed(), await visitor.overhang()]).toEqual([[], 0]);
		await visitor.leave();
	});
	test("works once: its answer, opened again here or elsewhere or under a newer sign-in, opens nothing", async () => {
		const visitor = await Visitor.arrive(browser);
		const answers: string[] = [];
		visitor.page.on("request", (request) => {
			if (request.url().includes("/api/auth/callback/")) answers.push(request.url());
		});
		await toProvider(visitor, "cyd@corp.test");
		await signInAt(visitor.page, "cyd");
		await visitor.page.waitForURL(`${stack.url}/flows`);
		const other = await Visitor.arrive(browser);
		for (const each of [visitor, other]) {
			await each.page.goto(answers[0] as string);
			await each.page.waitForURL(/\/sign-in\?error=oidc_replayed/);
			expect(await trouble(each)).toBe("This sign-in is over");
		}
		// With a state of its own in the cookie, the old answer does not fit it.
		await toProvider(other, "dan@corp.test");
		await other.page.locator("input[name=login]").waitFor();
		await other.page.goto(answers[0] as string);
		await other.page.waitForURL(/\/sign-in\?error=oidc_replayed/);
		expect(await other.page.evaluate(async () => (await fetch("/trpc/whoami")).status)).toBe(401);
		await visitor.leave();
		await other.leave();
	});
	test("whose answer names another issuer is refused", async () => {
		const visitor = await Visitor.arrive(browser);
		idp.answerIssuer = "https://evil.test";
		await toProvider(visitor, "dan@corp.test");
		await signInAt(visitor.page, "dan");
		await visitor.page.waitForURL(/\/sign-in\?error=oidc_issuer/);
		expect(await trouble(visitor)).toBe("The answer came from another issuer");
		idp.answerIssuer = undefined;
		// So is one that calls itself otherwise before anybody is sent there.
		idp.documentIssuer = "https://evil.test";
		await toProvider(visitor, "dan@corp.test");
		await visitor.page.getByText("The answer came from another issuer").waitFor();
		idp.documentIssuer = undefined;
		await visitor.leave();
	});
	test("whose provider falls silent on the way, or is away from the start, says that it does not answer", async () => {
		const visitor = await Visitor.arrive(browser);
		idp.silent = true;
		await toProvider(visitor, "dan@corp.test");
		await signInAt(visitor.page, "dan");
		await visitor.page.waitForURL(/\/sign-in\?error=oidc_down/);
		expect(await trouble(visitor)).toBe("Your identity provider does not answer");
		idp.silent = false;
		idp.away = true;
		await toProvider(visitor, "dan@corp.test");
		await visitor.page.getByText("Your identity provider does not answer").waitFor();
		idp.away = false;
		// The page is as good as before: trying again works.
		await visitor.page.getByRole("button", { name: "Continue" }).click();
		await visitor.page.waitForURL(`${stack.url}/flows`);
		await visitor.leave();
	});
	test("with an address that is not verified, or of another domain, is refused in words", async () => {
		idp.people.set("unverified", { email: "unverified@corp.test", email_verified: false });
		idp.people.set("stranger", { email: "owner@localhost", email_verified: true });
		for (const [subject, title] of [
			["unverified", "Your address is not verified"],
			["stranger", "Your address is of another domain"],
		] as const) {
			const visitor = await Visitor.arrive(browser);
			await toProvider(visitor, "somebody@corp.test");
			await signInAt(visitor.page, subject);
			await visitor.page.waitForURL(/\/sign-in\?error=oidc_/);
			expect(await trouble(visitor)).toBe(title);
			await visitor.leave();
		}
	});
});

test("the installation's provider makes accounts in the organization that is set, by the address that it tells beside the id token", async () => {
	const visitor = await signedIn("ada", "install.test");
	expect(await whoami(visitor)).toMatchObject({ email: "ada@install.test", role: "viewer", organization: { name: "Local" } });
	// A viewer is told why, in place of what he may not do.
	await visitor.page.goto(`${stack.url}/settings/sign-in`);
	await visitor.page.getByText("decided by the owners").waitFor();
	await visitor.page.goto(`${stack.url}/settings/members`);
	expect(await visitor.page.getByRole("button", { name: "Invite", exact: true }).isDisabled()).toBe(true);
	await visitor.page.getByText("You are viewer here").waitFor();
	await visitor.leave();
});

test("an address of a domain that nobody signs in is told what else works, the same whether or not the person exists", async () => {
	const visitor = await Visitor.arrive(browser);
	const told: string[] = [];
	for (const email of ["owner@localhost", "nobody@localhost"]) {
		await toProvider(visitor, email);
		told.push((await visitor.page.getByText("No identity provider signs in").textContent()) as string);
	}
	expect(told[0]).toBe(told[1]);
	await toProvider(visitor, "no address");
	await visitor.page.getByText("Must be an e-mail address").waitFor();
	await visitor.leave();
});

describe("an invite", () => {
	/** @param owner who looks at the members @returns the link that is shown */
	async function invited(owner: Visitor, email: string, withKey = true): Promise<string> {
		await owner.page.getByRole("button", { name: "Invite", exact: true }).click();
		await owner.page.getByLabel("E-mail").fill(email);
		await owner.page.getByLabel("Role", { exact: true }).selectOption("admin");
		if (!withKey) await owner.page.getByRole("checkbox").uncheck();
		await owner.page.getByRole("button", { name: "Make the invite" }).click();
		return (await owner.page.locator("[role=dialog] pre").textContent()) as string;
	}

	test("by link alone makes the member and brings the workspace key, which the server never sees", async () => {
		const owner = await Visitor.member(browser, stack, "/settings/members");
		await owner.page.getByText(`unlocked ${stack.workspace.kid.slice(0, 8)}`).waitFor();
		const link = await invited(owner, "guest@outside.test");
		expect(link).toContain(`&key=${stack.workspace.workspaceKey}`);
		const guest = await Visitor.arrive(browser, { viewport: NARROW });
		const sent: string[] = [];
		guest.page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""} ${JSON.stringify(request.headers())}`));
		await guest.page.goto(link);
		await guest.page.getByText("it is kept in this browser").waitFor();
		expect(guest.page.url()).toBe(`${stack.url}/invite`);
		expect([await guest.unaxed(), await guest.overhang()]).toEqual([[], 0]);
		// A reload loses neither the invite nor the key.
		await guest.page.reload();
		await guest.page.getByRole("button", { name: "Accept" }).click();
		await guest.page.waitForURL(`${stack.url}/flows`);
		await guest.page.getByTitle(`Unlocked with workspace key ${stack.workspace.kid}`).waitFor({ state: "attached" });
		expect(await whoami(guest)).toMatchObject({ email: "guest@outside.test", role: "admin" });
		expect(sent.filter((text) => text.includes(stack.workspace.workspaceKey.slice(4)))).toEqual([]);
		const late = await Visitor.arrive(browser);
		await late.page.goto(link);
		await late.page.getByText("This invite was accepted before").waitFor();
		await late.leave();

		// Removed: the open page is cut off at its next question.
		await owner.page.goto(`${stack.url}/settings/members`);
		await owner.page.getByRole("button", { name: "Remove guest@outside.test" }).click();
		await owner.page.getByRole("button", { name: "Remove", exact: true }).click();
		// Not by its role: behind the dialog nothing has one.
		await owner.page.locator('[aria-label="Remove guest@outside.test"]').waitFor({ state: "detached" });
		expect(await guest.page.evaluate(async () => (await fetch("/trpc/flows.list?input={}")).status)).toBe(403);
		guest.forgive(/./);
		await guest.leave();
		await owner.leave();
	});

	test("to an address of the provider is accepted by signing in there, with that address and no other", async () => {
		const owner = await Visitor.member(browser, stack, "/settings/members");
		const link = await invited(owner, "eve@corp.test", false);
		expect(link).not.toContain("key=");
		const guest = await Visitor.arrive(browser);
		await guest.page.goto(link);
		await guest.page.getByText("you will need the workspace key as well").waitFor();
		// The name of a provider is text.
		await guest.page.getByRole("button", { name: "Continue with <b>Corp</b>" }).click();
		await signInAt(guest.page, "fay");
		await guest.page.waitForURL(/\/sign-in\?error=invite_email/);
		expect(await trouble(guest)).toBe("This invite is for another address");
		const right = await Visitor.arrive(browser);
		await right.page.goto(link);
		await right.page.getByRole("button", { name: "Continue with" }).click();
		await signInAt(right.page, "eve");
		await right.page.waitForURL(`${stack.url}/flows`);
		expect(await whoami(right)).toMatchObject({ email: "eve@corp.test", role: "admin" });
		await right.leave();
		await guest.leave();
		await owner.leave();
	});

	test("that was revoked, or that nobody made, says so", async () => {
		const owner = await Visitor.member(browser, stack, "/settings/members");
		const link = await invited(owner, "gone@outside.test");
		await owner.page.getByRole("button", { name: "Done" }).click();
		await owner.page.getByRole("button", { name: "Revoke the invite for gone@outside.test" }).click();
		await owner.page.locator('[aria-label="Revoke the invite for gone@outside.test"]').waitFor({ state: "detached" });
		const guest = await Visitor.arrive(browser);
		await guest.page.goto(link);
		await guest.page.getByText("This invite was revoked").waitFor();
		await guest.page.goto(`${stack.url}/flows`);
		await guest.page.waitForURL(/\/sign-in/);
		await guest.page.goto(`${stack.url}/invite#token=tgi_none`);
		await guest.page.getByText("This invite can't be accepted").waitFor();
		await guest.leave();
		await owner.leave();
	});
});

test("members and sign-in pages hold WCAG 2.2 AA in light and dark, and fit a narrow window", async () => {
	for (const colorScheme of ["light", "dark"] as const) {
		const owner = await Visitor.member(browser, stack, "/settings/members", { viewport: NARROW, colorScheme });
		await owner.page.getByText("Open invites").waitFor();
		expect([colorScheme, await owner.unaxed(), await owner.overhang()]).toEqual([colorScheme, [], 0]);
		await owner.page.getByRole("button", { name: "Invite", exact: true }).click();
		await owner.page.getByLabel("E-mail").waitFor();
		expect([colorScheme, await owner.unaxed()]).toEqual([colorScheme, []]);
		await owner.page.goto(`${stack.url}/settings/sign-in`);
		await owner.page.getByLabel("Issuer").waitFor();
		expect([colorScheme, await owner.unaxed(), await owner.overhang()]).toEqual([colorScheme, [], 0]);
		await owner.leave();
	}
});
