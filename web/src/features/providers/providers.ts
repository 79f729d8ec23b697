/** How an organization's people sign in: its one identity provider, set up by its owners. */

import { sealAtRest } from "../../server/atRest.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { type Discovered, discover, IssuerTrouble } from "../../server/oidc/discovery.ts";
import { installationProvider, providerForEmail, SECRET_OF_CLIENT } from "../../server/oidc/providers.ts";
import { server } from "../../server/process.ts";

export interface ProviderItem {
	name: string;
	issuer: string;
	clientId: string;
	domains: string[];
	role: "admin" | "operator" | "viewer";
	updatedAt: string;
}

/** Anybody has an address there: whoever held one of these would be asked for the sign-in of strangers. */
const PUBLIC_MAIL =
	/^(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|me|mac|aol|gmx|web|proton|protonmail|mail|zoho|yandex|qq|163|126|t-online|orange|free|libero)\.[a-z.]+$/;

/** Named by the organization, so that it can be registered with the provider before anything is saved here. */
export const callbackOf = (organizationId: string): string => `${server().publicUrl}/api/auth/callback/${organizationId}`;

async function read(door: Sql, organizationId: string): Promise<ProviderItem | null> {
	const { rows } = await door.query<Omit<ProviderItem, "updatedAt"> & { updated: Date }>(
		`SELECT p.name, p.issuer, p.client_id AS "clientId", p.role, p.updated_at AS updated,
			ARRAY(SELECT d.domain FROM identity_domain d WHERE d.provider_id = p.id ORDER BY d.domain) AS domains
			FROM identity_provider p WHERE p.organization_id = $1`,
		[organizationId],
	);
	if (!rows[0]) return null;
	const { updated, ...item } = rows[0];
	return { ...item, updatedAt: updated.toISOString() };
}

export async function getProvider(
	door: Sql,
	organizationId: string,
): Promise<{ provider: ProviderItem | null; redirectUrl: string; installation: { name: string; domains: string[] } | null }> {
	const above = installationProvider();
	return {
		provider: await read(door, organizationId),
		redirectUrl: callbackOf(organizationId),
		installation: above ? { name: above.name, domains: above.domains } : null,
	};
}

/** @throws Refused issuer, in words for the field where it was entered. */
export async function testIssuer(issuer: string): Promise<Discovered> {
	return discover(issuer, true).catch((error) => {
		if (error instanceof IssuerTrouble) throw new Refused("issuer", error.message, error);
		throw error;
	});
}

export interface Wanted {
	name: string;
	issuer: string;
	clientId: string;
	/** Undefined: the one that is kept. */
	clientSecret?: string;
	domains: string[];
	role: "admin" | "operator" | "viewer";
}

function assertFree(domains: string[]): void {
	const common = domains.find((domain) => PUBLIC_MAIL.test(domain));
	if (common) throw new Refused("domain_taken", `${common} gives addresses to anybody: it can't be an organization's.`);
	const above = domains.find((domain) => installationProvider()?.domains.includes(domain));
	if (above) throw new Refused("domain_taken", `${above} signs in by the provider of this whole installation.`);
}

export async function saveProvider(door: TenantDoor, caller: Caller, wanted: Wanted): Promise<{ provider: ProviderItem }> {
	assertFree(wanted.domains);
	await testIssuer(wanted.issuer);
	const id = caller.organization.id;
	return door.transaction(async (tx) => {
		const before = await read(tx, id);
		const secret = wanted.clientSecret;
		// Else whoever may change the issuer could have the kept secret sent to himself.
		if (!secret && before?.issuer !== wanted.issuer) {
			throw new Refused("bad_request", before ? "clientSecret: is needed again with another issuer" : "clientSecret: is missing");
		}
		const sealed = secret ? sealAtRest(secret, SECRET_OF_CLIENT, id) : undefined;
		const row = [id, wanted.name, wanted.issuer, wanted.clientId, wanted.role];
		if (before) {
			await tx.query("UPDATE identity_provider SET name = $2, issuer = $3, client_id = $4, role = $5, updated_at = tg_now() WHERE id = $1", row);
			if (sealed) await tx.query("UPDATE identity_provider SET client_secret = $2 WHERE id = $1", [id, sealed]);
		} else {
			await tx.query(
				"INSERT INTO identity_provider (id, organization_id, name, issuer, client_id, role, client_secret) VALUES ($1, $1, $2, $3, $4, $5, $6)",
				[...row, sealed],
			);
		}
		await tx.query("DELETE FROM identity_domain WHERE provider_id = $1", [id]);
		for (const domain of wanted.domains) {
			// Another organization's row is invisible here, and stands in the way all the same.
			const made = await tx.query("INSERT INTO identity_domain (domain, organization_id, provider_id) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING", [
				domain,
				id,
			]);
			if (made.rowCount === 0) throw new Refused("domain_taken", `${domain} is used for sign-in by another organization here.`);
		}
		await audit(tx, caller, "provider.save", id, { issuer: wanted.issuer, domains: wanted.domains.join(" "), role: wanted.role });
		return { provider: (await read(tx, id)) as ProviderItem };
	});
}

export async function removeProvider(door: TenantDoor, caller: Caller): Promise<{ removed: boolean }> {
	return door.transaction(async (tx) => {
		const { id } = caller.organization;
		const gone = await tx.query("DELETE FROM identity_provider WHERE id = $1 RETURNING issuer", [id]);
		if (gone.rows[0]) await audit(tx, caller, "provider.remove", id, { issuer: String(gone.rows[0].issuer) });
		return { removed: gone.rows.length > 0 };
	});
}

/** By the address's domain alone, so that the answer tells nothing of persons. `at`: where sign-in must begin, so that its cookies come back. */
export async function findProvider(email: string): Promise<{ provider: { id: string; name: string } | null; at: string }> {
	const found = await providerForEmail(email);
	return { provider: found ? { id: found.id, name: found.name } : null, at: server().publicUrl };
}
