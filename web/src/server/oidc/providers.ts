/** Which identity provider signs whom in: that of the organization that holds the address's domain, else that of the installation. */
import { openAtRest } from "../atRest.ts";
import { type Sql, system } from "../db.ts";
import { server } from "../process.ts";
import type { Role } from "../roles.ts";

/** The id of the installation's provider in paths; others have a UUID. */
export const INSTALLATION = "oidc";
export const SECRET_OF_CLIENT = "client secret";

export interface Provider {
	id: string;
	/** The one organization that it may sign people in to; null: it is the installation's. */
	organizationId: string | null;
	name: string;
	issuer: string;
	clientId: string;
	/** Undefined: sealed under another TIDEGATE_SECRET. */
	clientSecret: string | undefined;
	/** Whose addresses it vouches for. Empty, of the installation's alone: all. */
	domains: string[];
	/** Of people who come for the first time. */
	role: Role;
}

export const domainOf = (email: string): string => email.slice(email.lastIndexOf("@") + 1).toLowerCase();

export function installationProvider(): Provider | undefined {
	const given = server().provider;
	return given && { ...given, id: INSTALLATION, organizationId: null };
}

export const vouchesFor = ({ domains }: Provider, email: string): boolean => domains.length === 0 || domains.includes(domainOf(email));

interface Row {
	id: string;
	organization_id: string;
	name: string;
	issuer: string;
	client_id: string;
	client_secret: Buffer;
	role: Role;
	domains: string[];
}

const READ = `SELECT p.*, ARRAY(SELECT d.domain FROM identity_domain d WHERE d.provider_id = p.id) AS domains FROM identity_provider p`;

function toProvider(row: Row | undefined): Provider | undefined {
	if (!row) return undefined;
	const { id, organization_id: organizationId, name, issuer, client_id: clientId, role, domains } = row;
	return { id, organizationId, name, issuer, clientId, role, domains, clientSecret: openAtRest(row.client_secret, SECRET_OF_CLIENT, id) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function providerById(id: string): Promise<Provider | undefined> {
	if (id === INSTALLATION) return installationProvider();
	if (!UUID.test(id)) return undefined;
	return toProvider((await system.query<Row>(`${READ} WHERE p.id = $1`, [id])).rows[0]);
}

/** By the domain alone: the answer is the same for persons who exist and for those who don't. */
export async function providerForEmail(email: string): Promise<Provider | undefined> {
	const installation = installationProvider();
	// Whoever runs the installation decides before its organizations.
	if (installation?.domains.includes(domainOf(email))) return installation;
	const { rows } = await system.query<Row>(`${READ} JOIN identity_domain own ON own.provider_id = p.id WHERE own.domain = $1`, [domainOf(email)]);
	return toProvider(rows[0]) ?? (installation && vouchesFor(installation, email) ? installation : undefined);
}

/** How a person of this address may prove to an organization who he is. @param tx where one is open: a second connection could be waited for by all. */
export async function waysInto(organizationId: string, email: string, tx: Sql = system): Promise<{ providers: Provider[]; link: boolean }> {
	const { rows } = await tx.query<Row>(`${READ} WHERE p.organization_id = $1`, [organizationId]);
	const own = toProvider(rows[0]);
	if (own && vouchesFor(own, email)) return { providers: [own], link: false };
	const installation = installationProvider();
	if (!installation || !vouchesFor(installation, email)) return { providers: [], link: true };
	// One that vouches for everybody need not know this person.
	return { providers: [installation], link: installation.domains.length === 0 };
}
